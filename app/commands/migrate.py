"""`lecture migrate`: the schema of the store."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Annotated

from cyclopts import Parameter

from agents.errors import TuningError
from app.commands.options import State, settings_with


def migrate(
    *,
    to: Annotated[
        int | None,
        Parameter(help="Number of the schema, without it the newest; 0 empties the store."),
    ] = None,
    state: State = None,
) -> int:
    """Bring the store to the newest schema, or to an older one."""
    from data.migrations import read_migrations
    from data.store import open_store
    from jobs.broker import hold_state

    settings = settings_with(state=state)
    settings.state.mkdir(parents=True, exist_ok=True)
    newest = max((migration.number for migration in read_migrations()), default=0)
    after = newest if to is None else to
    if not 0 <= after <= newest:
        raise TuningError(f"--to {after}: there is no such schema; the newest is {newest}.")
    store = open_store(settings.store_location)
    # an older schema lacks what a running app reads
    with hold_state(settings.state) if after < newest else nullcontext():
        before = store.migrate(to)
    print(f"schema {before} -> {after}" if before != after else f"schema {after}, nothing to do")
    return 0
