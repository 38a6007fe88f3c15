"""Clips of a job: plans, what people change in them, and the rendered files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agents.errors import LectureError, NotFound
from agents.types import Clip, ClipPlan, Interval
from data.authors import author_now
from data.records import ClipRevision, ClipRow, make_record, now, parts_json, to_json
from data.store import Connection, Row

CHANGEABLE = {
    "parts", "title", "score", "contributions", "reason", "quote", "topic", "state", "locked",
    "rating", "template", "source", "media_key", "media", "subtitles", "poster",
}  # fmt: skip
COLUMNS = (
    "id", "job_id", "idx", "revision", "parts", "title", "score", "contributions", "reason",
    "quote", "topic", "source", "state", "locked", "template", "updated",
)  # fmt: skip


class StaleRevision(LectureError):
    """Somebody else changed the clip meanwhile."""

    code = "stale_revision"

    @classmethod
    def of_clip(cls) -> StaleRevision:
        """Return the sentence for a clip."""
        return cls(
            "This clip was changed in another window meanwhile; it is shown as it is now."
            " Do your change again if you still want it."
        )


def list_clips(con: Connection, job_id: str) -> list[ClipRow]:
    """Return the clips of a job, best first, without those that a person has deleted."""
    return [clip for clip in all_clips(con, job_id) if clip.state != "deleted"]


def all_clips(con: Connection, job_id: str) -> list[ClipRow]:
    """Return the clips of a job with the deleted ones, which an undo brings back."""
    rows = con.rows("select * from clip where job_id = $1 order by idx, id", job_id)
    return [_clip_row(row) for row in rows]


def clips_stamp(con: Connection, job_id: str) -> int:
    """Return a number that grows with every change of a job's clips, also with an undo."""
    row = con.row("select coalesce(sum(revision), 0) as n from clip where job_id = $1", job_id)
    return int(row["n"]) if row else 0


def list_judged(con: Connection) -> list[tuple[str, ClipRow]]:
    """Return (lecture id, clip) of all clips that people have judged, rated, made or changed.

    Those of deleted lectures are left out; what was changed last comes last.
    """
    rows = con.rows(
        "select clip.*, job.lecture_id from clip join job on job.id = clip.job_id"
        " join lecture on lecture.id = job.lecture_id where lecture.deleted is null"
        " and clip.state <> 'deleted'"
        " and (clip.state <> 'proposed' or clip.revision > 1 or clip.source = 'manual'"
        " or clip.rating is not null)"
        " order by clip.updated, clip.id"
    )
    return [(row["lecture_id"], _clip_row(row)) for row in rows]


def count_rendered(con: Connection, job_ids: Sequence[str]) -> dict[str, int]:
    """Return how many rendered clips each of the jobs has; jobs without any are left out."""
    rows = con.rows(
        "select job_id, count(*) as n from clip where media is not null and job_id = any($1)"
        " group by job_id",
        list(job_ids),
    )
    return {row["job_id"]: row["n"] for row in rows}


def get_clip(con: Connection, clip_id: str) -> ClipRow:
    """Return a clip or raise NotFound."""
    row = con.row("select * from clip where id = $1", clip_id)
    if row is None:
        raise NotFound(f"There is no clip {clip_id}.")
    return _clip_row(row)


def put_plans(
    con: Connection, job_id: str, plans: Sequence[ClipPlan], *, parent: str | None = None
) -> None:
    """Replace the clips of a job by `plans`; those that a person has changed stay.

    A clip that was kept from the `parent` job brings along what a person has said about it; those
    that were rejected there come along, so that they can be seen and taken back.
    """
    con.run("delete from clip where job_id = $1 and revision = 1 and source = 'auto'", job_id)
    kept = {row["id"] for row in con.rows("select id from clip where job_id = $1", job_id)}
    con.append(
        "clip",
        COLUMNS,
        [_plan_row(job_id, plan) for plan in plans if _id(job_id, plan) not in kept],
    )
    said = {clip.parts: clip for clip in list_clips(con, parent)} if parent else {}
    for plan in plans:
        before = said.get(plan.parts)
        if (plan.kept or before) and _id(job_id, plan) not in kept:
            _take_along(con, _id(job_id, plan), before, kept=plan.kept)
    spans = [part for plan in plans for part in plan.parts]
    gone = [
        clip
        for clip in said.values()
        if clip.state == "rejected"
        and not any(part.overlap(span) for part in clip.parts for span in spans)
    ]
    last = max((plan.rank for plan in plans), default=0)
    rows = [_rejected_row(job_id, clip, last + n) for n, clip in enumerate(gone, start=1)]
    con.append("clip", COLUMNS, [row for row in rows if row[0] not in kept])


def _take_along(con: Connection, clip_id: str, before: ClipRow | None, *, kept: bool) -> None:
    """Give a kept clip the state that it had; one that was named from outside is accepted.

    One that is kept because a person moved its edges or named it counts as made by hand from now.
    """
    moved = kept and before and before.state == "proposed" and not before.locked
    source = "manual" if moved else before and before.source
    con.run(
        "update clip set state = $2, locked = $3, rating = $4, template = $5, source = $6"
        " where id = $1",
        clip_id,
        *(before.state, before.locked, before.rating, before.template, source)
        if before
        else ("accepted", False, None, "", "auto"),
    )


def put_clips(con: Connection, job_id: str, clips: Sequence[Clip]) -> None:
    """Record the rendered files of a job's clips, found by the rank of their plans.

    A clip whose parts a person has moved meanwhile is not what was rendered.
    """
    known = {clip.id: clip.parts for clip in all_clips(con, job_id)}
    missing = [clip.plan for clip in clips if _id(job_id, clip.plan) not in known]
    con.append("clip", COLUMNS, [_plan_row(job_id, plan) for plan in missing])
    for clip in clips:
        if known.get(_id(job_id, clip.plan), clip.plan.parts) != clip.plan.parts:
            continue
        con.run(
            "update clip set media_key = $2, media = $3, subtitles = $4, poster = $5, width = $6,"
            " height = $7, duration = $8, size_bytes = $9, updated = $10 where id = $1",
            *(_id(job_id, clip.plan), clip.video.parent.name, clip.video.name, clip.srt.name),
            *(clip.poster.name, clip.width, clip.height, clip.duration, clip.size_bytes, now()),
        )


def insert_clip(con: Connection, clip_id: str, job_id: str, parts: Sequence[Interval]) -> ClipRow:
    """Add a clip made by hand after all others; it is there once it is no longer `deleted`."""
    last = con.row("select coalesce(max(idx), 0) as idx from clip where job_id = $1", job_id)
    row = (clip_id, job_id, (last or {"idx": 0})["idx"] + 1, 1, parts_json(tuple(parts)), "", 0.0)
    values = (*row, "{}", "", "", 0, "manual", "deleted", False, "", now())
    con.append("clip", COLUMNS, [values])
    return get_clip(con, clip_id)


def number_clips(con: Connection, job_id: str, clip_ids: Sequence[str]) -> None:
    """Number the clips of a run in this order; those that are not named come after, as they were.

    A number is not what a clip is: its revision stays.
    """
    known = {clip.id: clip.idx for clip in all_clips(con, job_id)}
    ordered = dict.fromkeys([*(id for id in clip_ids if id in known), *known])
    for number, id in enumerate(ordered, start=1):
        if known[id] != number:
            con.run("update clip set idx = $2 where id = $1", id, number)


def follow_order(con: Connection, job_id: str, parent: str) -> None:
    """Number the clips of a run as those of its parent are; what is rejected comes last."""
    before = {clip.parts: at for at, clip in enumerate(list_clips(con, parent))}
    clips = list_clips(con, job_id)
    clips.sort(key=lambda one: (one.state == "rejected", before.get(one.parts, len(before))))
    number_clips(con, job_id, [clip.id for clip in clips])


def update_clip(
    con: Connection,
    clip_id: str,
    *,
    expected_revision: int | None = None,
    author: str | None = None,
    **fields: Any,  # noqa: ANN401
) -> ClipRow:
    """Change a clip, keeping what it was as a revision; StaleRevision if another change came first.

    `parts` takes Intervals; other fields take the types of ClipRow.
    """
    unknown = set(fields) - CHANGEABLE
    if unknown:
        raise ValueError(f"{sorted(unknown)} cannot be changed in a clip")
    before = con.row("select * from clip where id = $1", clip_id)
    if before is None:
        raise NotFound(f"There is no clip {clip_id}.")
    if expected_revision not in (None, before["revision"]):
        raise StaleRevision.of_clip()
    columns = {name: _column(name, value) for name, value in fields.items()}
    columns["updated"] = now()
    changes = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, start=3))
    changed = con.row(
        f"update clip set revision = revision + 1, {changes}"
        f" where id = $1 and revision = $2 returning id",
        *(clip_id, before["revision"], *columns.values()),
    )
    if changed is None:
        raise StaleRevision.of_clip()
    body = {name: before[name] for name in sorted(CHANGEABLE)}
    con.run(
        "insert into clip_revision (clip_id, revision, body, author, ts)"
        " values ($1, $2, $3, $4, $5)",
        *(clip_id, before["revision"], to_json(body), author or author_now(), now()),
    )
    return get_clip(con, clip_id)


def list_revisions(con: Connection, clip_id: str) -> list[ClipRevision]:
    """Return what a clip was before each change, oldest first."""
    rows = con.rows("select * from clip_revision where clip_id = $1 order by revision", clip_id)
    return [make_record(ClipRevision, row) for row in rows]


def revised_parts(body: Mapping[str, Any]) -> tuple[Interval, ...]:
    """Return the parts that a revision's `body` tells of."""
    return _intervals(body["parts"])


def _id(job_id: str, plan: ClipPlan) -> str:
    return f"{job_id}-{plan.rank:02d}"


def _plan_row(job_id: str, plan: ClipPlan) -> tuple[object, ...]:
    return (
        *(_id(job_id, plan), job_id, plan.rank, 1, parts_json(plan.parts), plan.title, plan.score),
        *(to_json(dict(plan.contributions)), plan.reason, plan.quote, plan.topic),
        *("auto", "proposed", False, "", now()),
    )


def _rejected_row(job_id: str, clip: ClipRow, idx: int) -> tuple[object, ...]:
    """Return a clip that an earlier run's person did not want, as it is shown in the next."""
    return (
        *(f"{job_id}-r{clip.idx:02d}", job_id, idx, 1, parts_json(clip.parts), clip.title),
        *(clip.score, to_json(dict(clip.contributions)), clip.reason, clip.quote, clip.topic),
        *("auto", "rejected", False, "", now()),
    )


def _column(name: str, value: Any) -> object:  # noqa: ANN401
    if name == "parts":
        return parts_json(tuple(value))
    return to_json(dict(value)) if isinstance(value, Mapping) else value


def _intervals(pairs: Iterable[Sequence[float]]) -> tuple[Interval, ...]:
    return tuple(Interval(start, end) for start, end in pairs)


def _clip_row(row: Row) -> ClipRow:
    return make_record(ClipRow, {**row, "parts": _intervals(row["parts"])})
