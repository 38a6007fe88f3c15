-- Answers of outside models, by the hash of what was asked, and what each attempt at a stage spent.

-- up
create table answer (
    asked text primary key, body text not null, created timestamp not null
);
create table spending (
    job_id text not null, stage text not null, attempt integer not null,
    model text not null, prompt text not null, requests integer not null, reused integer not null,
    input_tokens bigint not null, cached_tokens bigint not null, output_tokens bigint not null,
    thinking_tokens bigint not null, usd double precision, priced text not null,
    ts timestamp not null
);
-- postgres: alter table spending add foreign key (job_id) references job on delete cascade;
-- postgres: create index on spending (job_id);

-- down
drop table spending;
drop table answer;
