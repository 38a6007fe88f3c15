"""Other processes for the store's tests: `python -m tests.data.children ROLE URL ARGUMENT...`.

Roles import what they need themselves: there are dozens of these processes.
"""

import os
import random
import resource
import signal
import sys
import time
from pathlib import Path
from threading import Event, Thread, Timer

from agents.errors import ServiceUnavailable
from data.store import open_store

LABEL = ("lecture_id", "t0", "t1", "value", "author", "ts")
TOGETHER = 3
"""Rows that one transaction of `writes` adds: all of them or none may be seen."""


ROLES = {}


def role(function):
    """Let `python -m tests.data.children` run the function by its name."""
    ROLES[function.__name__] = function
    return function


def tell(*values):
    sys.stdout.write("\n".join(str(value) for value in values) + "\n")
    sys.stdout.flush()


def write_one(store, author, number):
    with store.write() as con:
        row = (author, float(number), number + 1.0, "good", author, "2026-01-01 00:00:00")
        con.append("label", LABEL, [row] * TOGETHER)


@role
def writes(url, author, count):
    store = open_store(url)
    for number in range(int(count)):
        write_one(store, author, number)


@role
def reads(url, seconds):
    """Read without a pause; tell how often, and fail on half a transaction."""
    store, until, done = open_store(url), time.monotonic() + float(seconds), 0
    while time.monotonic() < until:
        with store.read() as con:
            row = con.row("select count(*) as n from label")
        assert row["n"] % TOGETHER == 0, row
        done += 1
    tell(done)


@role
def holds(path, seconds):
    """Keep the DuckDB file open as a stranger would."""
    import duckdb

    con = duckdb.connect(path)
    tell(os.getpid())
    time.sleep(float(seconds))
    con.close()


@role
def forks(path):
    """Fork after a read; tell how a child ended that reads, writes and leaves, and what is seen."""
    store = open_store(path)

    def count():
        with store.read() as con:
            return con.row("select count(*) as n from label")["n"]

    write_one(store, "parent", 0)
    count()
    child = os.fork()
    if child == 0:
        before = count()
        write_one(store, "child", 0)
        sys.exit(count() - before)
    tell(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), count())


@role
def forks_beside(path, way):
    """Fork while another thread is in the store; tell how the child ended and what is there."""
    store, inside, go_on = open_store(path), Event(), Event()

    def be_inside():
        with getattr(store, way)() as con:
            con.row("select count(*) as n from label")
            inside.set()
            go_on.wait()

    Thread(target=be_inside).start()
    inside.wait()
    Timer(0.3, go_on.set).start()
    child = os.fork()
    if child == 0:
        write_one(store, "child", 0)
        os._exit(7)
    tell(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    with store.read() as con:
        tell(con.row("select count(*) as n from label")["n"])


@role
def forks_inside(path):
    """Fork in the midst of a transaction; tell what the child is told when it asks the store."""
    with open_store(path).read():
        if child := os.fork():
            os.waitpid(child, 0)
            return
        try:
            with open_store(path).read():
                tell("read")
        except RuntimeError as error:
            tell(error)
        os._exit(0)


@role
def migrates(url):
    tell(open_store(url).migrate())


@role
def is_killed(url, rounds):
    """Kill a writing process again and again, and compare what it told with what is there."""
    store, told = open_store(url), 0
    chance = random.Random(7)
    for number in range(int(rounds)):
        said, say = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(said)
            for each in range(1000):
                write_one(store, f"{number}", each)
                os.write(say, b".")
        os.close(say)
        with os.fdopen(said, "rb") as pipe:
            told += len(pipe.read(1))
            time.sleep(chance.random() * 0.06)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            told += len(pipe.read())
        check_all_there(store, told, slack=number + 1)
    tell(told)


def check_all_there(store, told, *, slack):
    """Every told transaction is there, none is half there; each kill may hide one commit."""
    with store.read() as con:
        found = con.rows("select author, t0, count(*) as n from label group by author, t0")
    assert {row["n"] for row in found} <= {TOGETHER}, "half a transaction"
    assert told <= len(found) <= told + slack, (told, len(found))


@role
def fills_disk(path):
    """Let the file grow no further, see the sentence, lift the limit, see that all is well."""
    store = open_store(path)
    write_one(store, "before", 0)
    limit = Path(path).stat().st_size + 200_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    big = [
        (os.urandom(8).hex(), float(n), n + 1.0, "x" * 40, "", "2026-01-01") for n in range(60000)
    ]
    try:
        with store.write() as con:
            con.append("label", LABEL, big)
    except ServiceUnavailable as error:
        tell(error.code, error.message)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    write_one(store, "after", 0)
    with store.read() as con:
        tell([row["author"] for row in con.rows("select distinct author from label order by 1")])


@role
def begins(url, count):
    from data.jobs import begin_stage

    store = open_store(url)
    for _ in range(int(count)):
        with store.write() as con:
            attempt = begin_stage(con, "J", "intake", str(os.getpid()))
        tell(attempt)


@role
def makes_once(root, trail, seconds=0.5):
    """Make the folder `key` slowly, leaving a line in `trail` each time it is begun."""
    from data.artifacts import Artifacts

    def make(folder):
        with Path(trail).open("a") as file:
            file.write("made\n")
        (folder / "file").write_text("half")
        time.sleep(float(seconds))
        (folder / "file").write_text("whole")

    Artifacts(Path(root)).once("key", make)


@role
def may_not_write(path):
    """Migrate a store in a folder that belongs to somebody else, not being root."""
    store = open_store(path)
    if os.geteuid() == 0:
        os.seteuid(65534)
    try:
        store.migrate()
    except ServiceUnavailable as error:
        tell(error.code, error.message)


if __name__ == "__main__":
    ROLES[sys.argv[1]](*sys.argv[2:])
