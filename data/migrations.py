"""Numbered SQL files with `-- up` and `-- down`, applied in one transaction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agents.errors import ServiceUnavailable

if TYPE_CHECKING:
    from data.store import Connection

SCHEMA = Path(__file__).parent / "schema"

VERSIONS = """create table if not exists schema_version (
    id integer primary key, name text not null, applied timestamp not null)"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file; `-- postgres:` lines are SQL on PostgreSQL and comments on DuckDB."""

    number: int
    name: str
    up: str
    down: str


def read_migrations(folder: Path = SCHEMA) -> list[Migration]:
    """Return the files of `folder` in order; numbers run from 1 without a gap."""
    found = [_read_file(path) for path in sorted(folder.glob("*.sql"))]
    numbers = [migration.number for migration in found]
    if numbers != list(range(1, len(found) + 1)):
        raise ValueError(f"numbers of {folder} are {numbers}; they must be 1, 2, 3, ...")
    return found


def _read_file(path: Path) -> Migration:
    parts = re.split(r"^-- (up|down)[ ]*$", path.read_text("utf-8"), flags=re.MULTILINE)
    if parts[1::2] != ["up", "down"]:
        raise ValueError(f"{path.name} must have the lines '-- up' and '-- down' once each")
    return Migration(int(path.name[:4]), path.stem, up=parts[2], down=parts[4])


def current_version(con: Connection) -> int:
    """Return the number of the newest migration that the store has had, 0 for an empty one."""
    there = con.row(
        "select 1 as one from information_schema.tables"
        " where table_name = 'schema_version' and table_schema = current_schema()"
    )
    if there is None:
        return 0
    newest = con.row("select coalesce(max(id), 0) as id from schema_version")
    return newest["id"] if newest else 0


def check_known(current: int, migrations: list[Migration]) -> None:
    """Refuse a store that a newer version of the program has migrated."""
    if current > len(migrations):
        raise ServiceUnavailable(
            f"The store has schema {current}, this program knows {len(migrations)}:"
            " a newer version of the program made it.",
            code="storage",
        )


def apply_migrations(con: Connection, to: int | None, folder: Path) -> int:
    """Move the schema up or down to number `to`, or the newest, and return where it was."""
    migrations = read_migrations(folder)
    current = current_version(con)
    check_known(current, migrations)
    target = len(migrations) if to is None else to
    con.run(VERSIONS)
    for migration in migrations[current:target]:
        _run(con, migration, migration.up)
        con.run(
            "insert into schema_version (id, name, applied) values ($1, $2, $3)",
            migration.number,
            migration.name,
            datetime.now(UTC).replace(tzinfo=None),
        )
    for migration in reversed(migrations[target:current]):
        _run(con, migration, migration.down)
        con.run("delete from schema_version where id = $1", migration.number)
    return current


def _run(con: Connection, migration: Migration, sql: str) -> None:
    if con.engine == "postgres":
        sql = sql.replace("-- postgres:", "")
    try:
        con.run(sql)
    except Exception as error:
        first = str(error).splitlines()[0]
        raise ServiceUnavailable(
            f"Migration {migration.name} failed and nothing was changed: {first}", code="storage"
        ) from error
