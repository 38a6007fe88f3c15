"""Presets: named sets of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.errors import NotFound
from data.records import Preset, make_record, to_json
from data.store import Connection


def put_preset(
    con: Connection,
    *,
    id: str,
    name: str,
    params: Mapping[str, Any],
    owner: str = "local",
    shared: bool = False,
) -> Preset:
    """Add a preset, or replace the one with this id."""
    con.run(
        "insert into preset (id, owner, name, params, shared) values ($1, $2, $3, $4, $5)"
        " on conflict (id) do update set name = excluded.name, params = excluded.params,"
        " shared = excluded.shared",
        *(id, owner, name, to_json(params), shared),
    )
    return get_preset(con, id)


def get_preset(con: Connection, id: str) -> Preset:
    """Return a preset or raise NotFound."""
    row = con.row("select * from preset where id = $1", id)
    if row is None:
        raise NotFound(f"There is no preset {id}.")
    return make_record(Preset, row)


def list_presets(con: Connection, owner: str = "local") -> list[Preset]:
    """Return the presets that `owner` may use, by name."""
    rows = con.rows("select * from preset where owner = $1 or shared order by name, id", owner)
    return [make_record(Preset, row) for row in rows]


def delete_preset(con: Connection, id: str) -> None:
    """Remove a preset; one that is gone stays gone."""
    con.run("delete from preset where id = $1", id)
