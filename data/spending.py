"""What each attempt at a stage spent on outside models."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from agents.types import Usage
from data.records import make_record, now
from data.store import Connection

COLUMNS = tuple(Usage.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Spending:
    """What one attempt at a stage of a job spent."""

    job_id: str
    stage: str
    attempt: int
    usage: Usage
    ts: datetime


def add_spending(con: Connection, job_id: str, stage: str, attempt: int, usage: Usage) -> None:
    """Record what an attempt spent."""
    names = ("job_id", "stage", "attempt", *COLUMNS, "ts")
    con.append("spending", names, [(job_id, stage, attempt, *asdict(usage).values(), now())])


def job_spending(con: Connection, job_id: str) -> list[Spending]:
    """Return what a job has spent itself, oldest first; results it took over cost it nothing."""
    rows = con.rows("select * from spending where job_id = $1 order by ts", job_id)
    return [make_record(Spending, {**row, "usage": make_record(Usage, row)}) for row in rows]
