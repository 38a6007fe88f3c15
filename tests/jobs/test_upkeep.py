"""What nobody needs any more goes; what a job or a person may still need stays."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from rq.serializers import JSONSerializer

from agents.errors import NotFound, ServiceUnavailable
from data.lectures import delete_lecture, get_lecture
from data.records import now
from jobs import worker
from jobs.queue import QUEUE
from jobs.retention import apply_rules
from jobs.upkeep import EVERY_S, LOCK, claim_upkeep
from tests.jobs.places import Place, add_lecture, completed, submitted, wait_until

YEAR_S = 365 * 86_400


def delete_long_ago(place: Place, lecture_id: str, days: int) -> None:
    with place.shop.store.write() as con:
        delete_lecture(con, lecture_id)
        moment = now() - timedelta(days=days)
        con.run("update lecture set deleted = $2 where id = $1", lecture_id, moment)


def make_old(*paths: Path) -> None:
    for path in paths:
        os.utime(path, (time.time() - YEAR_S,) * 2)


def exists(place: Place, lecture_id: str) -> bool:
    try:
        with place.shop.store.read() as con:
            get_lecture(con, lecture_id)
    except NotFound:
        return False
    return place.shop.media.path(lecture_id).is_file()


def folders(place: Place) -> set[Path]:
    return {path for path in place.shop.artifacts.root.iterdir() if path.is_dir()}


@pytest.mark.parametrize(("days", "stays"), [(29, True), (31, False)])
def test_a_deleted_lecture_can_be_brought_back_for_thirty_days(
    place: Place, days: int, stays: bool
):
    delete_long_ago(place, "lecture1", days)
    apply_rules(place.shop)
    assert exists(place, "lecture1") == stays


def test_a_job_keeps_its_results_however_old_they_are(busy: Place, redis, start_worker):
    start_worker(busy)
    completed(busy, submitted(busy, redis))
    before = folders(busy)
    with busy.shop.store.write() as con:
        con.run("update stage_result set created = $1", now() - timedelta(seconds=YEAR_S))
    make_old(*before, busy.shop.media.path("lecture1").parent)
    apply_rules(busy.shop)
    assert folders(busy) == before
    assert exists(busy, "lecture1")
    delete_long_ago(busy, "lecture1", 31)
    apply_rules(busy.shop)
    assert folders(busy) == set()


def test_an_upload_that_is_being_put_in_place_is_left_alone(place: Place):
    media = place.shop.media.path("lecture1").parents[1]
    for name in ("arriving", "forgotten"):
        (media / name).mkdir()
        (media / name / "upload").write_bytes(b"film")
    make_old(media / "forgotten", media / "lecture1")
    apply_rules(place.shop)
    assert sorted(path.name for path in media.iterdir()) == ["arriving", "lecture1"]


def test_one_worker_an_hour_clears_away(redis):
    assert [claim_upkeep(redis), claim_upkeep(redis)] == [True, False]
    assert EVERY_S - 5 <= redis.ttl(LOCK) <= EVERY_S


def test_a_worker_clears_away_by_itself(busy: Place, redis, start_worker):
    add_lecture(busy.shop, "lecture2")
    delete_long_ago(busy, "lecture2", 31)
    start_worker(busy)
    wait_until(lambda: not exists(busy, "lecture2"))


def test_a_store_that_cannot_be_used_does_not_end_the_worker(redis, monkeypatch, caplog):
    def unusable():
        raise ServiceUnavailable("the store is kept open by PID 7", code="storage")

    monkeypatch.setattr(worker, "the_workshop", unusable)
    idle = worker.LectureWorker([QUEUE], connection=redis, serializer=JSONSerializer)
    with caplog.at_level("WARNING"):
        idle.run_maintenance_tasks()
    assert [record.reason for record in caplog.records if record.name == "jobs.worker"] == [
        "the store is kept open by PID 7"
    ]
