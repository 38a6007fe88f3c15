"""Search in what was said: sentences of the runs that people see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.lectures import EVERYTHING, Visible
from data.records import make_record
from data.store import Connection


@dataclass(frozen=True, slots=True)
class SaidRow:
    """A sentence in which every wanted word occurs."""

    lecture_id: str
    title: str
    job_id: str
    t0: float
    txt: str
    found: int
    """Sentences of this lecture in which they all occur."""


def search_said(
    con: Connection,
    words: Sequence[str],
    *,
    per_lecture: int,
    limit: int,
    visible: Visible | None = None,
) -> list[SaidRow]:
    """Return sentences that hold all the words, those of the newest lectures first.

    Of each lecture its newest completed run is searched, else its newest, as pages show it.
    """
    wanted = " and ".join(f"t.txt ilike ${n} escape '!'" for n in range(5, 5 + len(words)))
    rows = con.rows(
        f"""
        with runs as (
            select j.id as job_id, j.lecture_id, l.title, l.created, s.key,
                row_number() over (
                    partition by j.lecture_id
                    order by case when j.status = 'completed' then 0 else 1 end,
                        j.created desc, j.id
                ) as nth
            from job j join lecture l on l.id = j.lecture_id
                join stage s on s.job_id = j.id and s.name = 'transcript'
            where l.deleted is null
                and (cast($3 as text) is null or l.owner = $3 or l.id = any($4))
        ), hits as (
            select r.lecture_id, r.title, r.job_id, r.created, t.t0, t.txt,
                row_number() over (partition by r.lecture_id order by t.t0) as nth,
                count(*) over (partition by r.lecture_id) as found
            from runs r join transcript t on t.key = r.key
            where r.nth = 1 and {wanted}
        )
        select * from hits where nth <= $1 order by created desc, lecture_id, t0 limit $2
        """,
        *(per_lecture, limit, *(visible or EVERYTHING), *(f"%{_escaped(word)}%" for word in words)),
    )
    return [make_record(SaidRow, row) for row in rows]


def _escaped(word: str) -> str:
    """Return a word whose signs mean themselves in a pattern."""
    return "".join(f"!{sign}" if sign in "!%_" else sign for sign in word)
