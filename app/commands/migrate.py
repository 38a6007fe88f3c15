"""`lecture migrate`: the schema of the store."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from app.commands.options import State, settings_with


def migrate(
    *,
    to: Annotated[
        int | None, Parameter(help="Number of the schema; without it the newest.")
    ] = None,
    state: State = None,
) -> int:
    """Bring the store to the newest schema, or to an older one."""
    from data.migrations import read_migrations
    from data.store import open_store

    settings = settings_with(state=state)
    settings.state.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.store_location)
    before = store.migrate(to)
    newest = max((migration.number for migration in read_migrations()), default=0)
    after = newest if to is None else to
    print(f"schema {before} -> {after}" if before != after else f"schema {after}, nothing to do")
    return 0
