"""The embedded broker: one per state folder, private, restarted, gone at the end."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from agents.errors import ServiceUnavailable
from jobs.broker import Broker, find_broker, socket_path
from jobs.queue import connect
from tests.jobs.places import wait_gone, wait_until

HOLD = """
import sys, time
from jobs.broker import Broker
with Broker(sys.argv[1]) as broker:
    print(broker.pid, flush=True)
    time.sleep(60)
"""


def test_nothing_is_left_after_it_was_stopped(tmp_path: Path):
    with Broker(tmp_path) as broker:
        pid, folder = broker.pid, socket_path(tmp_path).parent
        assert connect(broker.url).ping()
    assert pid
    wait_gone(pid, within_s=0.5)
    assert not folder.exists()


def test_empty_folders_of_killed_launchers_are_removed_and_no_others(tmp_path: Path):
    old, full, new = (socket_path(tmp_path / name).parent for name in ("old", "full", "new"))
    for folder in (old, full, new):
        folder.mkdir()
    (full / "s").touch()
    try:
        for folder in (old, full):
            os.utime(folder, (0, 0))
        with Broker(tmp_path / "state"):
            assert [folder.exists() for folder in (old, full, new)] == [False, True, True]
    finally:
        (full / "s").unlink()
        full.rmdir()
        new.rmdir()


def test_what_was_written_survives_a_restart(tmp_path: Path):
    with Broker(tmp_path) as broker:
        connect(broker.url).set("talk", "kept")
    with Broker(tmp_path) as broker:
        assert connect(broker.url).get("talk") == b"kept"


def test_a_server_that_dies_is_started_again_with_its_data(tmp_path: Path):
    with Broker(tmp_path) as broker:
        client = connect(broker.url)
        client.set("talk", "kept")
        client.config_set("appendfsync", "always")
        client.set("more", "kept")
        first = broker.pid
        assert first
        os.kill(first, signal.SIGKILL)

        def answers() -> bool:
            try:
                return client.get("more") == b"kept"
            except RedisError:
                return False

        wait_until(answers, within_s=5)
        assert broker.pid != first


def test_a_second_launcher_is_refused_with_the_process_id_of_the_first(tmp_path: Path):
    with Broker(tmp_path), pytest.raises(ServiceUnavailable, match=str(os.getpid())) as caught:
        Broker(tmp_path).__enter__()
    assert caught.value.code == "already_running"


def test_two_state_folders_have_two_brokers(tmp_path: Path):
    with Broker(tmp_path / "a") as one, Broker(tmp_path / "b") as other:
        connect(one.url).set("talk", "one")
        assert connect(other.url).get("talk") is None


def test_only_this_user_can_enter_its_folder_and_its_path_is_short(tmp_path: Path):
    deep = tmp_path / ("x" * 30) / ("y" * 200)
    with Broker(deep):
        folder = socket_path(deep).parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert len(os.fsencode(socket_path(deep))) < 104


def test_a_folder_that_others_can_enter_is_refused(tmp_path: Path):
    folder = socket_path(tmp_path).parent
    folder.mkdir()
    folder.chmod(0o755)
    try:
        with pytest.raises(ServiceUnavailable, match="open to others"):
            Broker(tmp_path).__enter__()
    finally:
        folder.rmdir()
    with Broker(tmp_path) as broker:  # the failed start holds no lock
        assert connect(broker.url).ping()


def test_an_outside_server_is_used_and_left_running(tmp_path: Path, shared_broker: Broker):
    with Broker(tmp_path, shared_broker.url) as broker:
        assert broker.url == shared_broker.url
        assert broker.pid is None
    assert connect(shared_broker.url).ping()
    assert not (tmp_path / "broker").exists()


def test_the_broker_of_a_state_folder_is_found_while_it_runs(tmp_path: Path):
    with Broker(tmp_path) as broker:
        assert find_broker(tmp_path) == broker.url
    with pytest.raises(ServiceUnavailable, match="lecture serve"):
        find_broker(tmp_path)


def test_an_outside_server_that_is_not_there_is_named_without_its_password(tmp_path: Path):
    with pytest.raises(ServiceUnavailable) as caught:
        find_broker(tmp_path, "redis://:secret@127.0.0.1:1/0")
    assert "secret" not in caught.value.message


@pytest.mark.skipif(
    sys.platform != "linux", reason="other kernels do not end it; its successor does"
)
def test_a_killed_launcher_takes_the_server_with_it():
    with tempfile.TemporaryDirectory() as state:
        launcher = subprocess.Popen([sys.executable, "-c", HOLD, state], stdout=subprocess.PIPE)
        assert launcher.stdout
        with launcher, launcher.stdout as said:
            server = int(said.readline())
            launcher.kill()
        wait_gone(server, within_s=2)
        with Broker(state) as broker:
            assert connect(broker.url).ping()
