-- The run that people went back to, and grids of parameters with the figures of each lecture.

-- up
create table restored_run (
    lecture_id text primary key, job_id text not null, ts timestamp not null
);
create table sweep (
    id text primary key, owner text not null, axes json not null,
    status text not null, error text, created timestamp not null, updated timestamp not null
);
create table sweep_lecture (
    sweep_id text not null, idx integer not null, lecture_id text not null, job_id text not null
);
create table sweep_cell (
    sweep_id text not null, idx integer not null, lecture_id text not null, figures json not null
);
-- postgres: alter table restored_run add foreign key (lecture_id) references lecture on delete cascade;
-- postgres: alter table sweep_lecture add foreign key (lecture_id) references lecture on delete cascade;
-- postgres: alter table sweep_cell add foreign key (lecture_id) references lecture on delete cascade;
-- postgres: create index on sweep_lecture (lecture_id);
-- postgres: create index on sweep_cell (sweep_id, idx);

-- down
drop table sweep_cell;
drop table sweep_lecture;
drop table sweep;
drop table restored_run;
