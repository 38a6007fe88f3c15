"""One store, two engines: transactions, types and many processes."""

import contextlib
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from agents.errors import ServiceUnavailable
from data.records import now, to_json
from data.store import open_store
from tests.data.children import LABEL, TOGETHER, write_one
from tests.data.others import ROOT, finish_all, start


def count(store):
    with store.read() as con:
        return con.row("select count(*) as n from label")["n"]


def test_what_is_written_is_read_by_another_handle(store, store_url):
    write_one(store, "a", 1)
    with open_store(store_url).read() as con:
        assert con.row("select lecture_id, t0, value from label") == {
            "lecture_id": "a",
            "t0": 1.0,
            "value": "good",
        }


def test_an_exception_takes_back_everything_of_its_transaction(store):
    write_one(store, "kept", 0)
    with contextlib.suppress(RuntimeError), store.write() as con:
        con.run("delete from label")
        con.append("label", LABEL, [("x", 0.0, 1.0, "v", "a", now())])
        raise RuntimeError("thought better of it")
    assert count(store) == TOGETHER


def test_json_comes_back_as_the_value_that_went_in(con):
    value = {"a": [1, 2.5, None, "ü\"'\\\n"], "empty": {}}
    con.run(
        "insert into preset (id, owner, name, params, shared) values ($1, $2, $3, $4, $5)",
        *("p", "o", "it's $1", to_json(value), True),
    )
    assert con.row("select params, name, shared from preset") == {
        "params": value,
        "name": "it's $1",
        "shared": True,
    }


def test_times_come_back_without_a_zone(con):
    at = now()
    con.append("label", LABEL, [("l", 0.0, 1.0, "v", "a", at)])
    assert con.row("select ts from label")["ts"] == at


def test_bulk_rows_keep_text_that_looks_like_the_wire_format(con):
    texts = ["tab\there", "line\nbreak", "\\N", "\\.", "", "'", '"', "null", "ü 漢 🎓"]
    con.append(
        "label", LABEL, [("l", float(n), n + 1.0, t, "a", now()) for n, t in enumerate(texts)]
    )
    assert [row["value"] for row in con.rows("select value from label order by t0")] == texts


def test_a_nul_in_a_text_does_not_fail_the_transaction(con):
    con.append("label", LABEL, [("l", 0.0, 1.0, "a\0b", "a", now())])
    assert con.row("select value from label")["value"].replace("\0", "") == "ab"


def test_a_reader_cannot_write(store):
    with pytest.raises(Exception, match="read-only"), store.read() as con:
        con.run("delete from label")


def test_the_version_changes_with_a_commit_and_only_then(store):
    before = store.version()
    count(store)
    assert store.version() == before
    write_one(store, "a", 0)
    assert store.version() != before


def test_reading_the_version_costs_no_transaction(duck):
    started = time.process_time()
    for _ in range(100):
        duck.version()
    assert time.process_time() - started < 0.05


@pytest.mark.parametrize("place", ["missing/lecture.duckdb", "postgresql://127.0.0.1:1/none"])
def test_a_store_that_is_not_there_is_said_in_one_sentence(place, tmp_path):
    url = place if "://" in place else str(tmp_path / place)
    with pytest.raises(ServiceUnavailable) as refused, open_store(url, wait_s=2).read():
        pass
    assert refused.value.code == "storage"
    assert "\n" not in refused.value.message


def test_the_folder_of_the_store_is_made(tmp_path):
    path = tmp_path / "a" / "b" / "lecture.duckdb"
    open_store(path).migrate()
    assert path.exists()


def test_four_writers_beside_tight_readers_lose_nothing(store, store_url):
    writers = [start("writes", store_url, name, 8) for name in "abcd"]
    readers = [start("reads", store_url, 2) for _ in range(2)]
    finish_all(writers)
    assert all(int(out) > 0 for out in finish_all(readers))
    with store.read() as con:
        found = con.rows("select author, count(distinct t0) as n from label group by 1 order by 1")
    assert found == [{"author": name, "n": 8} for name in "abcd"]
    assert count(store) == 4 * 8 * TOGETHER


def test_threads_of_one_process_take_turns(store):
    with ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(write_one, store, "t", n) for n in range(9)]
        jobs += [pool.submit(count, store) for _ in range(9)]
        for job in jobs:
            job.result()
    assert count(store) == 9 * TOGETHER


def test_nothing_in_the_product_inserts_row_by_row():
    slow = re.compile(r"\bexecutemany\b")
    sources = [
        p
        for folder in ("agents", "data", "jobs", "app", "pages")
        for p in ROOT.glob(f"{folder}/**/*.py")
    ]
    assert len(sources) > 20
    assert not [str(path) for path in sources if slow.search(path.read_text("utf-8"))]
    assert slow.search('con.executemany("insert")')
