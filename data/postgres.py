"""The store on PostgreSQL, for more than one machine."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import errors, sql
from psycopg.rows import dict_row

from agents.errors import ServiceUnavailable
from data.migrations import SCHEMA, apply_migrations
from data.store import Connection, Row, Store

MIGRATION_LOCK = 7_043_221
"""Any number will do, as long as every version of the program uses the same."""


class PostgresConnection(Connection):
    """One transaction on PostgreSQL."""

    engine = "postgres"

    def __init__(self, con: psycopg.Connection[Any]) -> None:
        self._con = con

    def rows(self, sql: str, *args: object) -> list[Row]:
        with psycopg.RawCursor(self._con, row_factory=dict_row) as cursor:
            cursor.execute(sql.encode(), _stored(args) or None)
            return cursor.fetchall() if cursor.description else []

    def run(self, sql: str, *args: object) -> None:
        with psycopg.RawCursor(self._con) as cursor:
            cursor.execute(sql.encode(), _stored(args) or None)

    def append(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        copy_in = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(table), names)
        with self._con.cursor() as cursor, cursor.copy(copy_in) as copy:
            for row in rows:
                copy.write_row(_stored(row))


class PostgresStore(Store):
    """A PostgreSQL database; a connection lives for one transaction, so a fork is safe."""

    def __init__(self, url: str, *, wait_s: float) -> None:
        self._url = url
        self._wait_s = wait_s

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self._transaction() as con:
            yield PostgresConnection(con)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._transaction() as con:
            # one view of the data for all queries of this reader, as with the file
            con.execute("set transaction isolation level repeatable read, read only")
            yield PostgresConnection(con)

    def version(self) -> Hashable:
        with self._transaction() as con:
            found = con.execute("select pg_current_snapshot()::text").fetchone()
        return found[0] if found else None

    def migrate(self, to: int | None = None, *, schema: Path = SCHEMA) -> int:
        with self._transaction() as con:
            con.execute("select pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
            return apply_migrations(PostgresConnection(con), to, schema)

    def copies(self) -> list[Path]:
        return []

    def rewrite(self) -> None:
        """Free the room of removed rows; what its log and its backups keep is the server's."""
        with self._failing(), psycopg.connect(self._url, autocommit=True) as con:
            con.execute("vacuum")

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Connection[Any]]:
        wait_ms = int(self._wait_s * 1000)
        with (
            self._failing(),
            psycopg.connect(self._url, connect_timeout=max(2, int(self._wait_s))) as con,
        ):
            con.execute(sql.SQL("set lock_timeout = {}").format(wait_ms))
            yield con

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except (errors.DiskFull, errors.OperationalError, errors.InternalError) as error:
            raise self._failure(error) from error

    def _failure(self, error: psycopg.Error) -> ServiceUnavailable:
        where = f"The database at {urlsplit(self._url).hostname or 'the local socket'}"
        if isinstance(error, errors.DiskFull):
            return ServiceUnavailable(f"{where} has no space left on its disk.", code="no_space")
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        return ServiceUnavailable(f"{where} cannot be used: {first}", code="storage")


def _stored(values: Iterable[object]) -> list[Any]:
    """Drop the NUL characters that PostgreSQL refuses in text."""
    return [
        value.replace("\0", "") if isinstance(value, str) and "\0" in value else value
        for value in values
    ]
