"""The lock: readers together, writers alone, nobody left out."""

import os
import threading
import time
from contextlib import contextmanager

import pytest

from data.locking import TurnstileLock


@pytest.fixture
def lock(tmp_path):
    return TurnstileLock(tmp_path / "file")


def hold(lock, *, exclusive, wait_s=0.0):
    return lock.hold(exclusive=exclusive, deadline=time.monotonic() + wait_s)


@contextmanager
def waiting(lock, *, exclusive):
    """Let a thread wait for the lock; yield the event that says it has got it."""
    got = threading.Event()

    def wait():
        with hold(lock, exclusive=exclusive, wait_s=20):
            got.set()

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.1)
    try:
        yield got
    finally:
        thread.join()


def test_readers_hold_it_together(lock):
    with hold(lock, exclusive=False), hold(lock, exclusive=False), hold(lock, exclusive=False):
        pass


@pytest.mark.parametrize(("first", "second"), [(True, True), (True, False), (False, True)])
def test_a_writer_holds_it_alone(lock, first, second):
    with hold(lock, exclusive=first):
        started = time.monotonic()
        with pytest.raises(TimeoutError), hold(lock, exclusive=second, wait_s=0.2):
            pass
        assert 0.2 <= time.monotonic() - started < 2
    with hold(lock, exclusive=second):
        pass


def test_no_later_reader_slips_past_a_waiting_writer(lock):
    with waiting_writer_behind_a_reader(lock) as (got, let_go):
        with pytest.raises(TimeoutError), hold(lock, exclusive=False, wait_s=0.2):
            pass
        assert not got.is_set()
        let_go()
        assert got.wait(5)
    with hold(lock, exclusive=False, wait_s=5):
        pass


@contextmanager
def waiting_writer_behind_a_reader(lock):
    reader = hold(lock, exclusive=False)
    reader.__enter__()
    with waiting(lock, exclusive=True) as got:
        yield got, lambda: reader.__exit__(None, None, None)


def test_who_gives_up_waiting_leaves_the_way_free(lock):
    with hold(lock, exclusive=False):
        with pytest.raises(TimeoutError), hold(lock, exclusive=True, wait_s=0.1):
            pass
        with hold(lock, exclusive=False):
            pass


def test_a_child_forked_inside_does_not_keep_it(lock, tmp_path):
    """RQ forks: the child has the same open handles."""
    with hold(lock, exclusive=True):
        copies = [os.dup(int(handle)) for handle in handles_of(tmp_path / "file.lock")]
        assert copies
    try:
        with hold(lock, exclusive=True):
            pass
    finally:
        for handle in copies:
            os.close(handle)


def handles_of(path):
    """Return this process's open handles on a file."""
    inode = path.stat().st_ino
    for handle in range(256):
        try:
            if os.fstat(handle).st_ino == inode:
                yield handle
        except OSError:
            continue
