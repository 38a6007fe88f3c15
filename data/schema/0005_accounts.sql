-- People and what lets them in. Of every secret only its sha256 is kept, of passwords an Argon2id
-- hash. `audit` is only ever added to, until its time to be kept is over.

-- up
create table app_user (
    id text primary key, name text not null, shown text not null, role text not null,
    password text, totp text, subject text,
    created timestamp not null, updated timestamp not null, disabled timestamp
);
create table session (
    id text primary key, kind text not null, person text not null, family text not null,
    share text, agent text not null, ip text not null,
    created timestamp not null, seen timestamp not null, expires timestamp not null,
    ended timestamp
);
create table api_key (
    id text primary key, person text not null, name text not null, hash text not null,
    scopes json not null, created timestamp not null, seen timestamp, expires timestamp,
    ended timestamp
);
create table invitation (
    id text primary key, kind text not null, person text, role text not null,
    author text not null, created timestamp not null, expires timestamp not null, used timestamp
);
create table share (
    id text primary key, lecture_id text not null, person text, hash text, may text not null,
    author text not null, created timestamp not null, expires timestamp, ended timestamp
);
create table lockout (
    subject text primary key, failures integer not null, last timestamp not null,
    until timestamp not null
);
create table audit (
    ts timestamp not null, person text not null, action text not null, object text not null,
    result text not null, ip text not null, request text not null
);
-- postgres: create unique index on app_user (name);
-- postgres: create index on session (person);
-- postgres: create unique index on api_key (hash);
-- postgres: create index on api_key (person);
-- postgres: create index on share (lecture_id);
-- postgres: create index on audit (ts);
-- postgres: create index on lecture (owner);
-- postgres: alter table share add foreign key (lecture_id) references lecture on delete cascade;

-- down
-- postgres: drop index lecture_owner_idx;
drop table audit;
drop table lockout;
drop table share;
drop table invitation;
drop table api_key;
drop table session;
drop table app_user;
