"""The store in one DuckDB file, opened for one transaction at a time."""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from agents.errors import ServiceUnavailable
from data.disk import atomic_file, disk_errors, fsync_folder
from data.duck_forks import forks
from data.duck_reading import ReadingEngine, quoted
from data.locking import TurnstileLock
from data.migrations import SCHEMA, apply_migrations, check_known, current_version, read_migrations
from data.store import Connection, Row, Store

CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 2,
    "memory_limit": "512MB",
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "lock_configuration": "true",
}
WHILE_READING = {
    name: CONFIG[name] for name in ("threads", "memory_limit", "autoinstall_known_extensions")
}
"""What the engine that stays in memory is made with; it shuts its other doors itself."""
RETRY_S = 0.02


class DuckConnection(Connection):
    """One transaction on an open DuckDB file."""

    engine = "duckdb"

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con

    def rows(self, sql: str, *args: object) -> list[Row]:
        self._con.execute(sql, list(args))
        columns = self._con.description or []
        names = [column[0] for column in columns]
        found = [dict(zip(names, values, strict=True)) for values in self._con.fetchall()]
        for name in [column[0] for column in columns if str(column[1]) == "JSON"]:
            for row in found:
                row[name] = None if row[name] is None else json.loads(row[name])
        return found

    def run(self, sql: str, *args: object) -> None:
        self._con.execute(sql, list(args))

    def append(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        with self._con.appender(table, columns=list(columns)) as appender:
            appender.append_rows(rows)


class DuckStore(Store):
    """A DuckDB file, shared by processes through an inter-process lock."""

    def __init__(self, path: Path, *, wait_s: float) -> None:
        self.path = path.absolute()
        self._wait_s = wait_s
        self._lock = TurnstileLock(self.path)
        self._reading = threading.local()
        self._engine = ReadingEngine(self.path, WHILE_READING)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        if self._open_read is not None:
            raise RuntimeError("a write inside a read of the same thread would wait for itself")
        with self._held(exclusive=True) as deadline, self._transaction(deadline) as con:
            yield con

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a transaction; a read inside another of the same thread shares it."""
        if self._open_read is not None:
            yield self._open_read
            return
        if not self.path.exists():
            raise ServiceUnavailable(f"There is no store at {self.path}.", code="storage")
        with (
            self._held(exclusive=False) as deadline,
            self._attached(deadline) as attached,
            self._begun(attached) as con,
        ):
            self._reading.con = con
            try:
                yield con
            finally:
                self._reading.con = None

    @property
    def _open_read(self) -> Connection | None:
        return getattr(self._reading, "con", None)

    def version(self) -> Hashable:
        return tuple(_stamp(path) for path in (self.path, self._wal))

    def migrate(self, to: int | None = None, *, schema: Path = SCHEMA) -> int:
        with self._held(exclusive=True) as deadline:
            if self.path.exists():
                self._keep_copy(deadline, read_migrations(schema), to)
            with self._transaction(deadline) as con:
                return apply_migrations(con, to, schema)

    def rewrite(self) -> None:
        """Copy what is there into a new file: a file keeps the bytes of rows that were removed."""
        part = self.path.with_name(f"{self.path.name}.rewritten")
        with self._held(exclusive=True) as deadline, disk_errors(self.path):
            with self._transaction(deadline):
                pass  # nobody else has it open, and closing it has emptied its log
            part.unlink(missing_ok=True)
            with self._engine_errors(), duckdb.connect(config=self._outside_config()) as con:
                con.execute(f"attach {quoted(self.path)} as old (read_only)")
                con.execute(f"attach {quoted(part)} as new")
                con.execute("copy from database old to new")
            with part.open("rb") as file:
                os.fsync(file.fileno())
            part.replace(self.path)
            fsync_folder(self.path.parent)
            for copy in (*self.copies(), *self.path.parent.glob(f".{self.path.name}.v*.part")):
                copy.unlink(missing_ok=True)

    def _outside_config(self) -> dict[str, str | bool | int | float | list[str]]:
        """Return how an engine is opened that may read files: those two and no others are named."""
        return {
            "threads": 2,
            "memory_limit": str(CONFIG["memory_limit"]),
            "temp_directory": f"{self.path}.tmp",
        }

    def copies(self) -> list[Path]:
        return sorted(self.path.parent.glob(f"{self.path.name}.v*"))

    @property
    def _wal(self) -> Path:
        return self.path.with_name(self.path.name + ".wal")

    def _keep_copy(self, deadline: float, migrations: list[Any], to: int | None) -> None:
        """Copy the file before an up, as lecture.duckdb.v1; closing it has emptied its log."""
        with self._transaction(deadline) as con:
            current = current_version(con)
        check_known(current, migrations)
        if 0 < current < (len(migrations) if to is None else to):
            target = self.path.with_name(f"{self.path.name}.v{current}")
            with atomic_file(target) as copy, self.path.open("rb") as source:
                shutil.copyfileobj(source, copy)

    @contextmanager
    def _held(self, *, exclusive: bool) -> Iterator[float]:
        deadline = time.monotonic() + self._wait_s
        with disk_errors(self.path):
            if exclusive:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            hold = self._lock.hold(exclusive=exclusive, deadline=deadline)
            try:
                hold.__enter__()
            except TimeoutError as error:
                raise self._busy(self._holder()) from error
        try:
            with forks.held_off():
                yield deadline
        finally:
            hold.__exit__(None, None, None)

    @contextmanager
    def _transaction(self, deadline: float) -> Iterator[Connection]:
        con = self._patiently(deadline, lambda: duckdb.connect(self.path, config=CONFIG))
        try:
            with self._begun(con) as begun:
                yield begun
        finally:
            con.close()

    @contextmanager
    def _attached(self, deadline: float) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a connection of the engine that stays in memory, with the file attached to it."""
        con = self._patiently(deadline, self._engine.enter)
        try:
            yield con
        finally:
            self._engine.leave(con)

    @contextmanager
    def _begun(self, con: duckdb.DuckDBPyConnection) -> Iterator[Connection]:
        with self._engine_errors():
            con.begin()
        try:
            with self._engine_errors():
                yield DuckConnection(con)
                con.commit()
        except BaseException:
            _roll_back(con)
            raise

    def _patiently(
        self, deadline: float, connect: Callable[[], duckdb.DuckDBPyConnection]
    ) -> duckdb.DuckDBPyConnection:
        """Return what `connect` gives once no stranger has the file open."""
        while True:
            try:
                return connect()
            except duckdb.Error as error:
                if not _is_conflict(error):
                    raise self._failure(error) from error
                if time.monotonic() >= deadline:
                    raise self._busy(str(error)) from error
            time.sleep(RETRY_S)

    def _holder(self) -> str:
        """Return the engine's words about who has the file open, "" when nobody has."""
        try:
            duckdb.connect(self.path, read_only=True, config=CONFIG).close()
        except duckdb.Error as error:
            return str(error)
        return ""

    def _busy(self, engine_text: str) -> ServiceUnavailable:
        pid = re.search(r"\(PID (\d+)\)", engine_text)
        who = f"the process with PID {pid[1]}" if pid else "another process"
        return ServiceUnavailable(
            f"{self.path} is kept open by {who}; waited {self._wait_s:g} s for it to be closed.",
            code="storage",
        )

    @contextmanager
    def _engine_errors(self) -> Iterator[None]:
        try:
            yield
        except (duckdb.IOException, duckdb.FatalException, duckdb.TransactionException) as error:
            raise self._failure(error) from error

    def _failure(self, error: duckdb.Error) -> ServiceUnavailable:
        text = str(error)
        if re.search(r"No space left|File too large|quota exceeded", text, re.IGNORECASE):
            return ServiceUnavailable(
                f"No space is left on the disk of {self.path}.", code="no_space"
            )
        return ServiceUnavailable(
            f"The store {self.path} cannot be used: {text.splitlines()[0]}", code="storage"
        )


def _is_conflict(error: duckdb.Error) -> bool:
    text = str(error)
    return any(
        sign in text
        for sign in ("Could not set lock", "different configuration", "file handle conflict")
    )


def _roll_back(con: duckdb.DuckDBPyConnection) -> None:
    try:
        con.rollback()
    except duckdb.Error:
        # the commit failed or the engine is down: closing drops the transaction just as well
        return


def _stamp(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return (stat.st_mtime_ns, stat.st_size)
