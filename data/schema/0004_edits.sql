-- What people changed in the clips of a run and in the captions of its lecture, step by step, so
-- that each step can be taken back and done again. `changes` says what was before and after.

-- up
create table edit (
    job_id text not null, idx integer not null, lecture_id text not null, label text not null,
    changes json not null, undone boolean not null, author text not null, ts timestamp not null
);
-- postgres: alter table edit add foreign key (job_id) references job on delete cascade;
-- postgres: create index on edit (job_id, idx);

-- down
drop table edit;
