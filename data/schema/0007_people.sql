-- Where people get mail; whose data is being erased; and files whose rows are gone: they are
-- written down in the transaction that takes the rows, so that a kill leaves none behind.

-- up
alter table app_user add column email text;
alter table invitation add column email text;
alter table answer add column lecture_id text;
create table erasure (
    person text primary key, pseudonym text not null, heir text, started timestamp not null
);
create table leftover (
    kind text not null, name text not null, ts timestamp not null
);

-- down
drop table leftover;
drop table erasure;
alter table answer drop column lecture_id;
alter table invitation drop column email;
alter table app_user drop column email;
