"""The history of what people change: every step can be taken back, and done again.

A step is a list of changes, each with what was there before and after. Steps of a run form one
line: a new one takes the place of those that were taken back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agents.types import Interval
from data.authors import author_now
from data.clips import all_clips, get_clip, number_clips, update_clip
from data.overrides import delete_override, list_overrides, put_override
from data.records import ClipRow, Edit, make_record, now, to_json
from data.store import Connection

Change = dict[str, Any]


def change_clip(
    con: Connection,
    clip_id: str,
    *,
    revision: int | None = None,
    **fields: Any,  # noqa: ANN401
) -> Change:
    """Change a clip and return what was there before and after; StaleRevision as `update_clip`."""
    before = get_clip(con, clip_id)
    after = update_clip(con, clip_id, expected_revision=revision, **fields)
    return {"clip": clip_id, "before": _body(before, fields), "after": _body(after, fields)}


def change_caption(
    con: Connection, lecture_id: str, t0: float, t1: float, body: Mapping[str, Any] | None
) -> Change:
    """Set what is said from `t0` to `t1`, or take the correction back where `body` is None."""
    before = next(
        (
            dict(found.body)
            for found in list_overrides(con, lecture_id)
            if (found.kind, found.t0, found.t1) == ("caption", t0, t1)
        ),
        None,
    )
    if body is None:
        delete_override(con, lecture_id, "caption", t0, t1)
    else:
        put_override(con, lecture_id, "caption", t0, t1, body)
    return {"caption": [t0, t1], "before": before, "after": body and dict(body)}


def change_order(con: Connection, job_id: str, clip_ids: Sequence[str]) -> Change:
    """Put the clips of a run in this order and return the order before and after."""
    before = [clip.id for clip in all_clips(con, job_id)]
    number_clips(con, job_id, clip_ids)
    after = [clip.id for clip in all_clips(con, job_id)]
    return {"order": job_id, "before": before, "after": after}


def add_edit(
    con: Connection,
    job_id: str,
    lecture_id: str,
    label: str,
    changes: Sequence[Change],
    *,
    author: str | None = None,
) -> None:
    """Add a step to the history of a run; what was taken back before cannot be done again."""
    con.run("delete from edit where job_id = $1 and undone", job_id)
    last = con.row("select coalesce(max(idx), 0) as idx from edit where job_id = $1", job_id)
    con.run(
        "insert into edit (job_id, idx, lecture_id, label, changes, undone, author, ts)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8)",
        *(job_id, (last or {"idx": 0})["idx"] + 1, lecture_id, label, to_json(list(changes))),
        *(False, author or author_now(), now()),
    )


def list_edits(con: Connection, job_id: str) -> list[Edit]:
    """Return the steps of a run's history, oldest first."""
    rows = con.rows("select * from edit where job_id = $1 order by idx", job_id)
    return [make_record(Edit, row) for row in rows]


def undo_edit(con: Connection, edit: Edit) -> None:
    """Take a step back; it must be the last that is not."""
    for change in reversed(edit.changes):
        _set(con, edit.lecture_id, change, change["before"])
    _mark(con, edit, undone=True)


def redo_edit(con: Connection, edit: Edit) -> None:
    """Do a step again; it must be the first that was taken back."""
    for change in edit.changes:
        _set(con, edit.lecture_id, change, change["after"])
    _mark(con, edit, undone=False)


def _mark(con: Connection, edit: Edit, *, undone: bool) -> None:
    con.run(
        "update edit set undone = $3 where job_id = $1 and idx = $2", edit.job_id, edit.idx, undone
    )


def _set(con: Connection, lecture_id: str, change: Mapping[str, Any], body: Any) -> None:  # noqa: ANN401
    if "caption" in change:
        t0, t1 = change["caption"]
        change_caption(con, lecture_id, t0, t1, body)
    elif "order" in change:
        number_clips(con, change["order"], body)
    elif body is not None:
        fields = dict(body)
        if "parts" in fields:
            fields["parts"] = tuple(Interval(*pair) for pair in fields["parts"])
        update_clip(con, change["clip"], **fields)


def _body(clip: ClipRow, fields: Mapping[str, Any]) -> dict[str, Any]:
    body = {name: getattr(clip, name) for name in sorted(fields)}
    if "parts" in body:
        body["parts"] = [[part.start, part.end] for part in clip.parts]
    return body
