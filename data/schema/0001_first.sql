-- No foreign keys and no secondary indexes on DuckDB: they break updates there, and zone maps serve
-- the reads. Many narrow rows, never arrays: each checkpoint rewrites whole row groups.
-- Times t0, t1, ts within a lecture are seconds; created, updated, ts of events are UTC.

-- up
create table lecture (
    id text primary key, owner text not null, title text not null,
    media text not null, sha256 text not null, size_bytes bigint not null,
    captions text, captions_name text not null,
    duration double precision, width integer, height integer, fps double precision, language text,
    created timestamp not null, updated timestamp not null, deleted timestamp
);
create table job (
    id text primary key, lecture_id text not null, parent text, params json not null,
    status text not null, error_code text, error text,
    created timestamp not null, updated timestamp not null, completed timestamp
);
create table stage (
    job_id text not null, name text not null, idx integer not null, key text not null,
    status text not null, attempt integer not null, tries integer not null,
    worker text not null, seconds double precision, error_code text, error text,
    started timestamp, updated timestamp not null,
    primary key (job_id, name)
);
create table processing_log (
    job_id text not null, stage text, attempt integer, event text not null, key text,
    message text not null, ms integer, worker text not null, ts timestamp not null
);
create table stage_result (
    key text primary key, name text not null, agent_version integer not null,
    params json not null, inputs json not null, value json not null,
    seconds double precision not null, created timestamp not null
);
create table transcript (
    key text not null, idx integer not null, t0 double precision not null,
    t1 double precision not null, txt text not null, speaker text not null,
    logprob double precision not null, no_speech double precision not null,
    engine text not null, language text not null, words json not null
);
create table silence_region (
    key text not null, idx integer not null, t0 double precision not null,
    t1 double precision not null, db double precision not null, silence_type text not null
);
create table layout_analysis (
    key text not null, idx integer not null, t0 double precision not null,
    t1 double precision not null, kind text not null, screen json, camera json,
    confidence double precision not null
);
create table slide_change (
    key text not null, idx integer not null, ts double precision not null,
    t1 double precision not null, still text, title text not null
);
create table content_segment (
    key text not null, idx integer not null, t0 double precision not null,
    t1 double precision not null, topic integer not null, title text not null,
    summary text not null, keywords json not null, components json not null
);
create table feature (
    key text not null, idx integer not null, t double precision not null,
    t1 double precision not null, sentence integer not null, txt text not null,
    topic integer not null,
    topic_centrality double precision, lecture_centrality double precision,
    information double precision, cue_phrase double precision, novelty double precision,
    question double precision, emphasis double precision, slide_dwell double precision,
    slide_change double precision, slide_words double precision, completeness double precision,
    position double precision, judgement double precision, extra json
);
create table clip (
    id text primary key, job_id text not null, idx integer not null, revision integer not null,
    parts json not null, title text not null, score double precision not null,
    contributions json not null, reason text not null, quote text not null, topic integer not null,
    source text not null, state text not null, locked boolean not null, rating integer,
    template text not null, media_key text, media text, subtitles text, poster text,
    width integer, height integer, duration double precision, size_bytes bigint,
    updated timestamp not null
);
create table clip_revision (
    clip_id text not null, revision integer not null, body json not null, author text not null,
    ts timestamp not null
);
create table override (
    lecture_id text not null, kind text not null, t0 double precision not null,
    t1 double precision not null, body json not null, author text not null, ts timestamp not null
);
create table label (
    lecture_id text not null, t0 double precision not null, t1 double precision not null,
    value text not null, author text not null, ts timestamp not null
);
create table preset (
    id text primary key, owner text not null, name text not null, params json not null,
    shared boolean not null
);
-- postgres: alter table job add foreign key (lecture_id) references lecture on delete cascade;
-- postgres: alter table stage add foreign key (job_id) references job on delete cascade;
-- postgres: alter table clip add foreign key (job_id) references job on delete cascade;
-- postgres: create index on job (lecture_id);
-- postgres: create index on stage (key);
-- postgres: create index on processing_log (job_id, ts);
-- postgres: create index on transcript (key, idx);
-- postgres: create index on silence_region (key, idx);
-- postgres: create index on layout_analysis (key, idx);
-- postgres: create index on slide_change (key, idx);
-- postgres: create index on content_segment (key, idx);
-- postgres: create index on feature (key, idx);
-- postgres: create index on clip (job_id, idx);
-- postgres: create index on clip_revision (clip_id, revision);
-- postgres: create index on override (lecture_id);
-- postgres: create index on label (lecture_id);

-- down
drop table preset;
drop table label;
drop table override;
drop table clip_revision;
drop table clip;
drop table feature;
drop table content_segment;
drop table slide_change;
drop table layout_analysis;
drop table silence_region;
drop table transcript;
drop table stage_result;
drop table processing_log;
drop table stage;
drop table job;
drop table lecture;
