"""Grids of parameters, and what each of their cells gave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agents.errors import NotFound
from data.records import Sweep, SweepCell, make_record, now, to_json
from data.store import Connection

UNFINISHED = "('queued', 'running')"


def create_sweep(
    con: Connection,
    *,
    id: str,
    axes: Sequence[Mapping[str, Any]],
    runs: Iterable[tuple[str, str]],
    owner: str = "local",
) -> Sweep:
    """Add a grid over `axes` for runs, given as (lecture id, job id)."""
    con.run(
        "insert into sweep (id, owner, axes, status, created, updated)"
        " values ($1, $2, $3, 'queued', $4, $4)",
        *(id, owner, to_json([dict(axis) for axis in axes]), now()),
    )
    rows = [(id, idx, lecture_id, job_id) for idx, (lecture_id, job_id) in enumerate(runs)]
    con.append("sweep_lecture", ("sweep_id", "idx", "lecture_id", "job_id"), rows)
    return get_sweep(con, id)


def get_sweep(con: Connection, id: str) -> Sweep:
    """Return a sweep or raise NotFound."""
    row = con.row("select * from sweep where id = $1", id)
    if row is None:
        raise NotFound(f"There is no sweep {id[:40]}.")
    return make_record(Sweep, row)


def list_sweeps(con: Connection, lecture_id: str) -> list[Sweep]:
    """Return the sweeps that a lecture is part of, newest first."""
    rows = con.rows(
        "select * from sweep where id in (select sweep_id from sweep_lecture where lecture_id = $1)"
        " order by created desc, id",
        lecture_id,
    )
    return [make_record(Sweep, row) for row in rows]


def unfinished_sweeps(con: Connection) -> list[Sweep]:
    """Return the sweeps that still have cells to try, oldest first."""
    rows = con.rows(f"select * from sweep where status in {UNFINISHED} order by created, id")
    return [make_record(Sweep, row) for row in rows]


def sweep_runs(con: Connection, id: str) -> list[tuple[str, str]]:
    """Return (lecture id, job id) of the runs that a sweep tries its cells on."""
    rows = con.rows(
        "select lecture_id, job_id from sweep_lecture where sweep_id = $1 order by idx", id
    )
    return [(row["lecture_id"], row["job_id"]) for row in rows]


def add_cells(con: Connection, cells: Sequence[SweepCell]) -> None:
    """Keep what cells gave."""
    columns = ("sweep_id", "idx", "lecture_id", "figures")
    rows = [(c.sweep_id, c.idx, c.lecture_id, to_json(dict(c.figures))) for c in cells]
    con.append("sweep_cell", columns, rows)


def list_cells(con: Connection, id: str) -> list[SweepCell]:
    """Return the cells of a sweep that have been tried, in order."""
    rows = con.rows("select * from sweep_cell where sweep_id = $1 order by idx, lecture_id", id)
    return [make_record(SweepCell, row) for row in rows]


def set_sweep(con: Connection, id: str, status: str, error: str | None = None) -> bool:
    """Say how an unfinished sweep stands, and whether it was unfinished."""
    row = con.row(
        f"update sweep set status = $2, error = $3, updated = $4 where id = $1"
        f" and status in {UNFINISHED} returning id",
        *(id, status, error, now()),
    )
    return row is not None
