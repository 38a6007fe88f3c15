"""Reading the store from a notebook, beside a running job."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from agents.errors import ServiceUnavailable
from data.locking import TurnstileLock
from data.store import open_store


class Notebook:
    """An in-memory DuckDB with one view per table; each query takes its turn with the writers.

    Anything that is not below is the DuckDB connection's own, for example `register` or `close`.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, path: Path, *, wait_s: float) -> None:
        self._con = con
        self._path = path
        self._lock = TurnstileLock(path)
        self._wait_s = wait_s

    def sql(self, query: str, params: Sequence[object] | None = None) -> Any:  # noqa: ANN401
        """Return the rows of `query` as a relation kept in memory: `.df()`, `.fetchall()`, ..."""
        deadline = time.monotonic() + self._wait_s
        try:
            with self._lock.hold(exclusive=False, deadline=deadline):
                found = self._con.sql(query, params=params)
                # the file stays locked until the last row is fetched: fetch them now
                return None if found is None else found.materialize()
        except TimeoutError as error:
            raise ServiceUnavailable(
                f"{self._path} was written to for {self._wait_s:g} s on end.", code="storage"
            ) from error

    execute = sql

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._con, name)


def open_notebook(path: Path, *, wait_s: float) -> Notebook:
    """Open `path` for reading only, whatever writes to it meanwhile."""
    path = path.absolute()
    with open_store(path, wait_s=wait_s).read() as con:
        tables = [row["name"] for row in con.rows(TABLES)]
    book = Notebook(duckdb.connect(), path, wait_s=wait_s)
    for table in tables:  # each opens the file, so each takes its turn as a query does
        book.sql(f"create view {table} as from read_duckdb({_quoted(path)}, table_name='{table}')")
    return book


TABLES = "select table_name as name from information_schema.tables where table_schema = 'main'"


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
