-- What an administrator allows one person in place of the settings: null leaves the setting, 0 is
-- no limit.

-- up
create table quota (
    person text primary key, size_bytes bigint, at_once integer, a_day integer, jobs integer,
    author text not null, updated timestamp not null
);
-- postgres: create index on job (status);

-- down
-- postgres: drop index job_status_idx;
drop table quota;
