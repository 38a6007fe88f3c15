"""The DuckDB file: strangers that hold it, killed writers, full disks, notebooks, growth."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agents.errors import ServiceUnavailable
from data.store import notebook, open_store
from tests.data.children import LABEL, TOGETHER, check_all_there, write_one
from tests.data.others import finish, start


def test_a_stranger_who_lets_go_in_time_only_delays(duck, duck_path):
    stranger = start("holds", duck_path, 0.7)
    stranger.stdout.readline()
    write_one(duck, "a", 0)
    finish(stranger)
    with duck.read() as con:
        assert con.row("select count(*) as n from label")["n"] == TOGETHER


@pytest.mark.parametrize("way", ["write", "read"])
def test_a_stranger_who_stays_is_named_by_pid(duck, duck_path, way):
    stranger = start("holds", duck_path, 30)
    pid = int(stranger.stdout.readline())
    started = time.monotonic()
    try:
        impatient = open_store(duck_path, wait_s=0.5)
        with pytest.raises(ServiceUnavailable) as refused, getattr(impatient, way)():
            pass
    finally:
        stranger.kill()
        stranger.communicate()
    assert 0.4 < time.monotonic() - started < 5
    assert refused.value.code == "storage"
    assert f"PID {pid}" in refused.value.message
    write_one(duck, "a", 0)


def test_a_read_inside_a_read_shares_its_transaction_and_a_write_there_is_a_mistake(duck):
    with duck.read() as outer:
        with duck.read() as inner:
            assert inner is outer
        assert outer.row("select 1 as n") == {"n": 1}
        with pytest.raises(RuntimeError, match="wait for itself"), duck.write():
            pass
    with duck.write() as con:
        assert con.row("select 2 as n") == {"n": 2}


def test_waiting_behind_a_waiting_writer_ends_too(duck, duck_path):
    impatient = open_store(duck_path, wait_s=0.2)
    refusal = pytest.raises(ServiceUnavailable, match="kept open by")
    with duck.write(), refusal as refused, impatient.read():
        pass
    assert refused.value.code == "storage"


def test_fifty_kills_inside_writes_lose_nothing_that_was_told(duck, duck_path):
    told = int(finish(start("is_killed", duck_path, 50), timeout=240))
    assert told >= 20
    check_all_there(duck, told, slack=50)
    write_one(duck, "after", 0)


def test_a_full_disk_is_one_sentence_and_the_store_lives_on(duck, duck_path):
    code, message, authors = finish(start("fills_disk", duck_path)).splitlines()
    assert code == "no_space"
    assert str(duck_path) in message
    assert authors == "['after', 'before']"


def test_a_folder_that_may_not_be_written_is_one_sentence(tmp_path):
    tmp_path.chmod(0o500)
    path = tmp_path / "lecture.duckdb"
    code, message = finish(start("may_not_write", path)).splitlines()
    assert code == "storage"
    assert message == f"{path} cannot be used: Permission denied."


def test_a_file_that_is_no_database_is_one_sentence(tmp_path):
    path = tmp_path / "lecture.duckdb"
    path.write_bytes(b"this is not a database" * 1000)
    with pytest.raises(ServiceUnavailable) as refused:
        open_store(path).migrate()
    assert refused.value.code == "storage"
    assert str(path) in refused.value.message


def test_statements_cannot_reach_other_files(duck, tmp_path):
    with pytest.raises(Exception, match="disabled by configuration"), duck.write() as con:
        con.run(f"copy label to '{tmp_path / 'out.csv'}'")
    with pytest.raises(Exception, match="locked"), duck.write() as con:
        con.run("set enable_external_access = true")


def test_what_reads_cannot_reach_other_files_either(duck, tmp_path):
    (tmp_path / "secret.csv").write_text("a,b")
    for statement in (
        f"select * from read_csv('{tmp_path / 'secret.csv'}')",
        f"copy (select 1) to '{tmp_path / 'out.csv'}'",
        f"attach '{tmp_path / 'other.duckdb'}' as other",
        "set enable_external_access = true",
    ):
        with pytest.raises(Exception, match=r"by configuration|locked"), duck.read() as con:
            con.run(statement)


def test_readers_of_many_threads_share_the_file_and_let_it_go(duck, duck_path):
    """Between reads the file is closed: a stranger may open it, and a writer need not wait."""
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda n: _count(duck) if n % 4 else _add(duck, n), range(60)))
    assert [n for n in seen if n is not None and n % TOGETHER] == []
    assert _count(duck) == 15 * TOGETHER
    stranger = start("holds", duck_path, 0)
    assert stranger.stdout.readline(), stranger.communicate()
    finish(stranger)


def _count(store):
    with store.read() as con:
        return con.row("select count(*) as n from label")["n"]


def _add(store, number):
    write_one(store, f"w{number}", number)


def test_an_outer_and_a_later_reader_see_one_state_each(duck):
    write_one(duck, "a", 0)
    with duck.read() as con:
        assert con.row("select count(*) as n from label")["n"] == TOGETHER
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(_count, duck).result(30) == TOGETHER
        assert con.row("select count(*) as n from label")["n"] == TOGETHER
    write_one(duck, "b", 0)
    assert _count(duck) == 2 * TOGETHER


def test_a_forked_child_reads_and_writes_with_an_engine_of_its_own(duck, duck_path):
    assert finish(start("forks", duck_path)).split() == [f"{TOGETHER}", f"{2 * TOGETHER}"]


@pytest.mark.parametrize("way", ["read", "write"])
def test_a_fork_waits_for_the_transactions_of_other_threads(duck, duck_path, way):
    assert finish(start("forks_beside", duck_path, way)).split() == ["7", f"{TOGETHER}"]


def test_a_child_forked_inside_a_transaction_is_refused_the_store(duck, duck_path):
    assert "midst of a transaction" in finish(start("forks_inside", duck_path))


def test_a_notebook_reads_live_beside_a_writer(duck, duck_path):
    write_one(duck, "first", 0)
    book = notebook(duck_path)
    writer = start("writes", duck_path, "w", 12)
    seen = []
    while writer.poll() is None:
        seen.append(book.sql("select count(*) from label").fetchall()[0][0])
    finish(writer)
    seen.append(book.execute("select count(*) from label").fetchall()[0][0])
    assert seen == sorted(seen)
    assert all(number % TOGETHER == 0 for number in seen)
    assert seen[-1] == 13 * TOGETHER
    found = book.sql("select lecture_id from label where t0 = $1 limit 1", [5.0]).fetchall()
    assert found == [("w",)]
    book.close()


def test_a_notebook_keeps_nobody_waiting_with_rows_it_has_not_looked_at(duck, duck_path):
    with duck.write() as con:
        rows = [(f"{n}", float(n), n + 1.0, "v", "a", "2026-01-01") for n in range(20_000)]
        con.append("label", LABEL, rows)
    book = notebook(duck_path)
    found = book.sql("select * from label")
    finish(start("writes", duck_path, "w", 1))
    assert len(found.fetchall()) == 20_000
    book.close()


def test_a_notebook_shows_every_table_and_changes_none(duck, duck_path):
    book = notebook(duck_path)
    views = {row[0] for row in book.sql("select view_name from duckdb_views()").fetchall()}
    assert {"job", "transcript", "silence_region", "clip", "processing_log"} <= views
    with pytest.raises(Exception, match="Can only delete from base table"):
        book.sql("delete from label")
    book.close()


TRANSCRIPT = (
    "key", "idx", "t0", "t1", "txt", "speaker", "logprob", "no_speech", "engine", "language",
    "words",
)  # fmt: skip


def written_bytes():
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("wchar"))


@pytest.mark.skipif(sys.platform != "linux", reason="counts bytes in /proc")
def test_a_transaction_writes_no_more_after_sixty_lectures(duck, duck_path):
    def one_lecture(number):
        before = written_bytes()
        with duck.write() as con:
            rows = [
                (f"k{number}", n, float(n), n + 1.0, f"sentence {n} {number}") for n in range(150)
            ]
            con.append(
                "transcript",
                TRANSCRIPT,
                [(*row, "", 0.0, 0.0, "e", "en", f'[[0,1,"{"word " * 20}",1]]') for row in rows],
            )
        return written_bytes() - before

    written = [one_lecture(number) for number in range(60)]
    assert sorted(written[-10:])[5] < 2 * sorted(written[:10])[5] + 100_000
    assert duck_path.stat().st_size < 10_000_000
