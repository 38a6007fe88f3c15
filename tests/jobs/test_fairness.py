"""Whose turn it is, with a real Redis and a real worker."""

from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from data.lectures import update_lecture
from jobs import fairness
from jobs.fairness import FairQueue, turn_of
from jobs.queue import delivery_id, open_queue, submit
from tests.jobs.places import Place, add_lecture, completed, wait_until

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC).replace(tzinfo=None)


def put(redis, name, owner, *, rank=1, minute=0):
    """Let an entry wait in the queue."""
    meta = dict(turn_of(owner, rank, NOON + timedelta(minutes=minute))) if owner else None
    open_queue(redis).enqueue_call("jobs.worker.perform", args=("x",), job_id=name, meta=meta)


def take(redis: Redis, *, ends=True):
    """Take the next entry as a worker does; with `ends` it is at work no more."""
    queue = open_queue(redis)
    taken = FairQueue.lmove(redis, queue.key, None)
    if taken is None:
        return None
    name = taken[1].decode()
    assert name.encode() in redis.lrange(queue.intermediate_queue_key, 0, -1)
    assert name not in queue.get_job_ids()
    if ends:
        redis.lrem(queue.intermediate_queue_key, 1, name)
    return name


def taken(redis, **options):
    return list(iter(lambda: take(redis, **options), None))


def test_owners_take_turns_however_much_one_has(redis):
    for n in range(20):
        put(redis, f"a{n:02d}", "ada", minute=n)
    assert [take(redis), take(redis)] == ["a00", "a01"]
    for n in range(3):
        put(redis, f"b{n}", "bob", minute=100 + n)
    put(redis, "c0", "cleo", minute=200)
    assert [take(redis) for _ in range(7)] == ["b0", "c0", "a02", "b1", "a03", "b2", "a04"]
    assert len(taken(redis)) == 15


def test_who_has_least_at_work_goes_next(redis):
    for n in range(4):
        put(redis, f"a{n}", "ada", minute=n)
        put(redis, f"b{n}", "bob", minute=n)
    assert [take(redis), take(redis, ends=False), take(redis)] == ["a0", "b0", "a1"]
    assert [take(redis), take(redis)] == ["a2", "a3"], "bob has one at work already"
    assert taken(redis) == ["b1", "b2", "b3"]


def test_of_one_person_what_somebody_waits_for_comes_first(redis):
    put(redis, "sweep", "ada", rank=2, minute=0)
    put(redis, "new-intake", "ada", minute=9)
    put(redis, "old-content", "ada", minute=1)
    put(redis, "recompile", "ada", rank=0, minute=30)
    assert taken(redis) == ["recompile", "old-content", "new-intake", "sweep"]


def test_entries_that_nobody_owns_are_taken_as_they_came(redis):
    put(redis, "x", None)
    put(redis, "y", None)
    redis.hset("rq:job:y", "meta", b"\xffno json")
    redis.rpush(open_queue(redis).key, "gone")
    assert taken(redis) == ["x", "y", "gone"]
    assert redis.hgetall(f"{open_queue(redis).key}:served") == {}


def test_only_the_first_entries_are_looked_at(redis, monkeypatch):
    monkeypatch.setattr(fairness, "LOOKED_AT", 3)
    for n in range(4):
        put(redis, f"a{n}", "ada", minute=n)
    put(redis, "b0", "bob", minute=5)
    assert taken(redis) == ["a0", "a1", "b0", "a2", "a3"], "b0 is third by then"


@pytest.fixture
def crowd(busy: Place):
    """Four lectures of Ada and one of Bob."""
    owners = {f"ada{n}": "ada" for n in range(4)} | {"bob0": "bob"}
    for n, (id, owner) in enumerate(owners.items()):
        add_lecture(busy.shop, id, sha256=f"{n}" * 64)
        with busy.shop.store.write() as con:
            update_lecture(con, id, owner=owner)
    return owners


def test_the_first_job_of_another_starts_next(busy: Place, redis, start_worker, crowd):
    busy.order(intake="hold\n")
    jobs = {}
    for id, owner in crowd.items():
        job, rows = busy.new_run(id)
        jobs[id] = job.id
        submit(redis, job, rows, owner=owner, table=busy.shop.table)
        if id == "ada0":
            start_worker(busy)
            busy.pid("intake")
    busy.go()
    wait_until(lambda: busy.stages(jobs["bob0"])["intake"].status == "done")
    began = {id: busy.stages(job)["intake"].started for id, job in jobs.items()}
    assert sorted((at, id) for id, at in began.items() if at)[1][1] == "bob0"
    completed(busy, jobs["bob0"])
    done = [id for id in jobs if busy.job(jobs[id]).status == "completed"]
    assert set(done) <= {"ada0", "bob0"}, "Bob waited for none of Ada's later lectures"
    assert busy.stages(jobs["ada3"])["intake"].status == "pending"


def test_after_redis_was_emptied_turns_are_known_again(busy: Place, redis, start_worker, crowd):
    busy.order(intake="hold\n")
    job, rows = busy.new_run("bob0")
    submit(redis, job, rows, owner="bob", table=busy.shop.table)
    redis.flushall()
    start_worker(busy)
    busy.pid("intake")
    meta = redis.hget(f"rq:job:{delivery_id(job.id, 'content')}", "meta")
    assert meta is not None
    assert b'"owner":"bob"' in meta.replace(b" ", b"")
    busy.go()
    completed(busy, job.id)
