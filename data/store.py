"""The store: one locked transaction at a time on a DuckDB file, or on PostgreSQL by URL.

Both engines take the same SQL with `$1` placeholders. Nobody keeps the DuckDB file open: it is
opened for a transaction and closed again, so that every process may write.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.migrations import SCHEMA

if TYPE_CHECKING:
    from data.notebook import Notebook

WAIT_S = 60.0
"""How long a transaction waits for its turn before it gives up."""

Row = dict[str, Any]


class Connection(ABC):
    """One open transaction; json columns come back parsed, timestamps are naive UTC."""

    engine: str

    @abstractmethod
    def rows(self, sql: str, *args: object) -> list[Row]:
        """Return every row of a query."""

    @abstractmethod
    def run(self, sql: str, *args: object) -> None:
        """Run a statement, or several when there are no arguments."""

    @abstractmethod
    def append(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Add many rows by the engine's bulk path; json columns take text."""

    def row(self, sql: str, *args: object) -> Row | None:
        """Return the first row of a query, None when there is none."""
        found = self.rows(sql, *args)
        return found[0] if found else None


class Store(ABC):
    """Where rows are kept; safe to share between threads and across a fork."""

    @abstractmethod
    def write(self) -> AbstractContextManager[Connection]:
        """Yield one transaction that commits on leaving and rolls back on an exception."""

    @abstractmethod
    def read(self) -> AbstractContextManager[Connection]:
        """Yield a consistent view for reading."""

    @abstractmethod
    def version(self) -> Hashable:
        """Return what changes with every commit, to key caches by, without reading any row."""

    @abstractmethod
    def migrate(self, to: int | None = None, *, schema: Path = SCHEMA) -> int:
        """Bring the schema to number `to`, or the newest, and return the number it had."""

    @abstractmethod
    def copies(self) -> list[Path]:
        """Return the copies that were kept before a migration."""

    @abstractmethod
    def rewrite(self) -> None:
        """Leave nothing of removed rows in the files, nor in copies of an earlier schema."""


def open_store(url: str | Path, *, wait_s: float = WAIT_S) -> Store:
    """Return the store at a DuckDB path or a postgresql:// URL; nothing is opened yet."""
    if str(url).startswith(("postgresql://", "postgres://")):
        from data.postgres import PostgresStore

        return PostgresStore(str(url), wait_s=wait_s)
    from data.duck import DuckStore

    return DuckStore(Path(url), wait_s=wait_s)


def notebook(path: str | Path, *, wait_s: float = WAIT_S) -> Notebook:
    """Return an in-memory DuckDB with one view per table of the store file, read live."""
    from data.notebook import open_notebook

    return open_notebook(Path(path), wait_s=wait_s)
