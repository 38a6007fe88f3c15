"""What people change in clips and captions; every change is a step that can be taken back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError, validate_call

from agents.errors import NotFound, TuningError
from agents.subtitles import fix_segments, one_line
from agents.types import ClipPlan, KeptClip, TranscriptSegment
from app.recent import Recent
from app.services import cutting
from app.services.core import Core
from app.services.cutting import Parts
from app.services.live import LivePlans
from data.clips import StaleRevision, clips_stamp, get_clip, insert_clip, list_clips
from data.decisions import caption_fixes
from data.edits import (
    Change,
    add_edit,
    change_caption,
    change_clip,
    change_order,
    list_edits,
    redo_edit,
    undo_edit,
)
from data.jobs import get_job
from data.lectures import get_lecture
from data.records import ClipRow, ClipState, Edit
from data.store import Connection

OPERATIONS = {
    "set_state", "rename", "lock", "rate", "resize", "move", "cut", "fill", "split", "merge",
    "delete", "create", "caption", "reorder", "undo", "redo",
}  # fmt: skip
"""What a page may ask for by name."""
OF_RUN = {"create", "caption", "reorder", "undo", "redo"}
"""Those that concern a run, not one of its clips."""
STATE_LABELS = {"accepted": "Accepted", "rejected": "Rejected", "proposed": "Took back the word on"}
UNRENDERED = dict.fromkeys(("media_key", "media", "subtitles", "poster"))
"""A clip with other parts has no files until it is compiled again."""
LONGEST_TITLE = 200
LONGEST_LINE = 500

KEPT_LENGTHS = 512
"""Lengths of recordings that stay in memory, by run."""


@dataclass(frozen=True, slots=True)
class History:
    """Which steps of a run can be taken back and done again, and how many were made."""

    undo: Edit | None
    redo: Edit | None
    made: int
    stamp: int = 0
    """Grows with every change of the run's clips."""

    @property
    def at(self) -> int:
        """Return the number of the last step that was not taken back, 0 for none."""
        return self.undo.idx if self.undo else 0


class Clips:
    """The clips of jobs, as people judge, cut and make them."""

    def __init__(self, core: Core, live: LivePlans) -> None:
        self.core = core
        self.live = live
        self._lengths = Recent(KEPT_LENGTHS)

    def list(self, job_id: str) -> list[ClipRow]:
        """Return the clips of a job, best first; read anew after a change."""
        return [*self.core.kept(f"clips {job_id}", lambda con: list_clips(con, job_id))]

    def get(self, clip_id: str) -> ClipRow:
        """Return a clip, or raise NotFound."""
        return self.core.kept(f"clip {clip_id}", lambda con: get_clip(con, clip_id))

    def _check_of_run(self, clip_id: str, job_id: str) -> None:
        """Raise NotFound for a clip of another run as for one that is not there."""
        with suppress(NotFound):
            if self.get(clip_id).job_id == job_id:
                return
        raise NotFound("There is no such clip in this run; reload the page.")

    def edit(self, job_id: str, order: Mapping[str, Any]) -> str:
        """Do what a page asks for by name, and return in words what was done."""
        fields = dict(order)
        name = fields.pop("op", None)
        if name not in OPERATIONS:
            raise TuningError(f"There is no edit {str(name)[:40]!r}.")
        if name in OF_RUN:
            fields["job_id"] = job_id
        else:
            self._check_of_run(str(fields.get("clip_id")), job_id)
        try:
            done = validate_call(getattr(self, name))(**fields)
        except ValidationError as error:
            wrong = error.errors(include_url=False)[0]
            where = ".".join(map(str, wrong["loc"]))
            raise TuningError(f"{name} {where}: {wrong['msg']}.") from error
        if name in ("undo", "redo"):
            self._read_again(job_id)
            return f"{'Taken back' if name == 'undo' else 'Done again'}: {done.label}"
        step = self._read_again(job_id).undo
        return step.label if step else ""

    # --- what a person says about a clip ----------------------------------------------------------

    def set_state(self, clip_id: str, state: ClipState, *, revision: int | None = None) -> ClipRow:
        """Accept or reject a clip, or make it a proposal again."""
        if state not in STATE_LABELS:
            raise TuningError("A clip is accepted, rejected or proposed.")
        clip = self.get(clip_id)
        if clip.state == "rejected" and state != "rejected":
            self._check(clip.job_id, clip.parts, but=(clip_id,))
        return self._change(clip_id, STATE_LABELS[state], revision, state=state)

    def rename(self, clip_id: str, title: str, *, revision: int | None = None) -> ClipRow:
        """Give a clip another title."""
        title = " ".join(title.split())
        if not 0 < len(title) <= LONGEST_TITLE:
            raise TuningError(f"A title has 1 to {LONGEST_TITLE} characters, not {len(title)}.")
        return self._change(clip_id, "Renamed", revision, title=title)

    def lock(self, clip_id: str, locked: bool, *, revision: int | None = None) -> ClipRow:
        """Keep a clip as it is, here and when the lecture is scored again."""
        return self._change(clip_id, "Locked" if locked else "Unlocked", revision, locked=locked)

    def rate(self, clip_id: str, rating: int | None, *, revision: int | None = None) -> ClipRow:
        """Give a clip 1 to 5 stars, or none."""
        if rating is not None and not 1 <= rating <= 5:
            raise TuningError(f"rating={rating} must lie in 1 to 5.")
        return self._change(clip_id, "Rated", revision, rating=rating)

    # --- what a clip keeps ------------------------------------------------------------------------

    def resize(
        self, clip_id: str, start: float, end: float, *, revision: int | None = None
    ) -> ClipRow:
        """Move the edges of a clip."""
        clip = self._open(clip_id, revision)
        return self._reshape(clip, "Moved the edges of", cutting.resize(clip.parts, start, end))

    def move(self, clip_id: str, start: float, *, revision: int | None = None) -> ClipRow:
        """Move a clip as it is."""
        clip = self._open(clip_id, revision)
        return self._reshape(clip, "Moved", cutting.shift(clip.parts, start))

    def cut(
        self, clip_id: str, start: float, end: float, *, revision: int | None = None
    ) -> ClipRow:
        """Leave a stretch out of a clip."""
        clip = self._open(clip_id, revision)
        parts = cutting.cut(clip.parts, start, end)
        if parts == clip.parts:
            raise TuningError("Nothing of this stretch lies in the clip; select words inside it.")
        return self._reshape(clip, f"Cut {end - start:.1f} s out of", parts)

    def fill(
        self, clip_id: str, start: float, end: float, *, revision: int | None = None
    ) -> ClipRow:
        """Put a stretch back that was left out of a clip."""
        clip = self._open(clip_id, revision)
        parts = cutting.fill(clip.parts, start, end)
        if parts == clip.parts:
            raise TuningError("Nothing was cut out there; select words that are struck through.")
        return self._reshape(clip, "Put a stretch back into", parts)

    def split(self, clip_id: str, at: float, *, revision: int | None = None) -> ClipRow:
        """Make two clips of one; return the second, which is judged as the first is."""
        clip = self._open(clip_id, revision)
        left, right = cutting.split(clip.parts, at)
        shaped, new = self._shaped(clip.job_id, left), self._shaped(clip.job_id, right)
        if new["title"] == clip.title:
            new["title"] = f"{clip.title[: LONGEST_TITLE - 4]} (2)"
        del shaped["title"]
        with self.core.store.write() as con:
            change = change_clip(con, clip.id, revision=clip.revision, **shaped)
            added = self._insert(con, clip.job_id, **new, state=clip.state)
            self._record(con, clip.job_id, f"Split clip {clip.idx}", change, added)
            return get_clip(con, added["clip"])

    def merge(self, clip_id: str, other_id: str, *, revision: int | None = None) -> ClipRow:
        """Make one clip of two neighbours; what lies between them stays left out if it is long."""
        clip, other = self._open(clip_id, revision), self._open(other_id, None)
        if other.job_id != clip.job_id or other.id == clip.id:
            raise TuningError("Only two clips of one run can be merged.")
        parts = cutting.join(clip.parts, other.parts)
        self._check(clip.job_id, parts, but=(clip.id, other.id))
        shaped = self._shaped(clip.job_id, parts)
        del shaped["title"]
        with self.core.store.write() as con:
            gone = change_clip(con, other.id, revision=other.revision, state="deleted")
            change = change_clip(con, clip.id, revision=clip.revision, **shaped)
            label = f"Merged clips {clip.idx} and {other.idx}"
            self._record(con, clip.job_id, label, gone, change)
            return get_clip(con, clip.id)

    def delete(self, clip_id: str, *, revision: int | None = None) -> None:
        """Take a clip away; what was proposed is not proposed again."""
        clip = self._open(clip_id, revision)
        with self.core.store.write() as con:
            change = change_clip(con, clip.id, revision=clip.revision, state="deleted")
            self._record(con, clip.job_id, f"Deleted clip {clip.idx}", change)

    def create(self, job_id: str, start: float, end: float) -> ClipRow:
        """Make a clip of a stretch of the lecture."""
        if not 0 <= start < end:
            raise TuningError(f"start={start:g} must lie in [0, end={end:g}).")
        parts = cutting.tidy([(start, end)])
        self._check(job_id, parts)
        fields = self._shaped(job_id, parts)
        with self.core.store.write() as con:
            added = self._insert(con, job_id, **fields, state="proposed")
            clip = get_clip(con, added["clip"])
            self._record(con, job_id, f"Made clip {clip.idx}", added)
            return clip

    def reorder(self, job_id: str, order: Sequence[str], at: int | None = None) -> None:
        """Put the clips of a run in this order of their ids; those not named come after."""
        with self.core.store.write() as con:
            _check_at(_history(con, job_id), at)
            known = [clip.id for clip in list_clips(con, job_id)]
            if not set(order) <= set(known):
                raise NotFound("A clip of this order is not in the run any more; reload the page.")
            if len(set(order)) != len(order):
                raise TuningError("A clip stands twice in this order.")
            change = change_order(con, job_id, order)
            if change["before"] != change["after"]:
                self._record(con, job_id, "Put the clips in another order", change)

    # --- captions ---------------------------------------------------------------------------------

    def caption(self, job_id: str, start: float, text: str, was: str) -> None:
        """Correct the sentence that begins at `start`; `was` is what the person saw there."""
        text = one_line(text)
        if not 0 < len(text) <= LONGEST_LINE:
            raise TuningError(f"A line has 1 to {LONGEST_LINE} characters, not {len(text)}.")
        segment = self._segment(job_id, start)
        with self.core.store.write() as con:
            lecture_id = get_job(con, job_id).lecture_id
            (shown,) = fix_segments([segment], caption_fixes(con, lecture_id))
            if one_line(shown.text) != one_line(was):
                raise StaleRevision(
                    "This line was changed in another window meanwhile; it is shown as it is now."
                )
            if text == one_line(shown.text):
                return
            body = None if text == one_line(segment.text) else {"text": text}
            change = change_caption(con, lecture_id, segment.start, segment.end, body)
            add_edit(con, job_id, lecture_id, "Corrected a line", [change])

    def _segment(self, job_id: str, start: float) -> TranscriptSegment:
        for segment in self.live.segments(job_id):
            if abs(segment.start - start) < 0.01:
                return segment
        raise NotFound("This line is not in the transcript any more; reload the page.")

    # --- history ----------------------------------------------------------------------------------

    def history(self, job_id: str) -> History:
        """Return what can be taken back and done again in a run; read anew after a change."""
        return self.core.kept(f"history {job_id}", lambda con: _history(con, job_id))

    def _read_again(self, job_id: str) -> History:
        """Read by one opening what the answer to an edit and the next edit ask for."""
        with self.core.store.read():
            self.live.prepare(job_id)
            for clip in self.list(job_id):
                self.get(clip.id)
            return self.history(job_id)

    def steps(self, job_id: str) -> Sequence[Edit]:
        """Return what was changed in a run, oldest first, with what was taken back."""
        with self.core.store.read() as con:
            return list_edits(con, job_id)

    def undo(self, job_id: str, at: int | None = None) -> Edit:
        """Take the last step back; `at` is the number of that which the person means."""
        with self.core.store.write() as con:
            found = _history(con, job_id)
            if found.undo is None:
                raise TuningError("There is nothing to take back.")
            _check_at(found, at)
            undo_edit(con, found.undo)
            return found.undo

    def redo(self, job_id: str, at: int | None = None) -> Edit:
        """Do the step again that was taken back last."""
        with self.core.store.write() as con:
            found = _history(con, job_id)
            if found.redo is None:
                raise TuningError("There is nothing to do again.")
            _check_at(found, at)
            redo_edit(con, found.redo)
            return found.redo

    # --- how it is done ---------------------------------------------------------------------------

    def _change(
        self,
        clip_id: str,
        label: str,
        revision: int | None,
        **fields: Any,  # noqa: ANN401
    ) -> ClipRow:
        with self.core.store.write() as con:
            clip = get_clip(con, clip_id)
            change = change_clip(con, clip_id, revision=revision, **fields)
            if change["before"] != change["after"]:
                self._record(con, clip.job_id, f"{label} clip {clip.idx}", change)
            return get_clip(con, clip_id)

    def _open(self, clip_id: str, revision: int | None) -> ClipRow:
        """Return a clip whose parts may be changed."""
        clip = self.get(clip_id)
        if revision not in (None, clip.revision):
            raise StaleRevision.of_clip()
        if clip.state == "deleted":
            raise NotFound("This clip was deleted meanwhile; undo brings it back.")
        if clip.locked:
            raise TuningError(f"Clip {clip.idx} is locked; unlock it first.")
        return clip

    def _reshape(self, clip: ClipRow, label: str, parts: Parts) -> ClipRow:
        if parts == clip.parts:
            return clip
        if clip.state != "rejected":
            self._check(clip.job_id, parts, but=(clip.id,))
        fields = self._shaped(clip.job_id, parts)
        del fields["title"]
        return self._change(clip.id, label, clip.revision, **fields)

    def _check(self, job_id: str, parts: Parts, but: Sequence[str] = ()) -> None:
        others = [clip for clip in self.list(job_id) if clip.id not in but]
        cutting.check_parts(parts, others, self._duration(job_id))

    def _duration(self, job_id: str) -> float | None:
        """Return the length of a run's recording, which does not change once it is known."""
        known = self._lengths.get(job_id)
        if known is not None:
            return known
        with self.core.store.read() as con:
            duration = get_lecture(con, get_job(con, job_id).lecture_id).duration
        return duration and self._lengths.keep(job_id, duration)

    def _shaped(self, job_id: str, parts: Parts) -> dict[str, Any]:
        """Return all that changes with the parts of a clip: what is said of it, and no files."""
        plan = self.live.describe(job_id, KeptClip(parts))
        return {"parts": parts, **UNRENDERED, **_said(plan)}

    def _insert(self, con: Connection, job_id: str, **fields: Any) -> Change:  # noqa: ANN401
        clip = insert_clip(con, f"{job_id}-x{secrets.token_hex(4)}", job_id, fields["parts"])
        return change_clip(con, clip.id, **fields)

    def _record(self, con: Connection, job_id: str, label: str, *changes: Change) -> None:
        add_edit(con, job_id, get_job(con, job_id).lecture_id, label, changes)


def _said(plan: ClipPlan) -> dict[str, Any]:
    names = ("title", "score", "contributions", "reason", "quote", "topic")
    return {name: getattr(plan, name) for name in names}


def _history(con: Connection, job_id: str) -> History:
    edits = list_edits(con, job_id)
    made = [edit for edit in edits if not edit.undone]
    undone = [edit for edit in edits if edit.undone]
    last, first = (made[-1] if made else None), (undone[0] if undone else None)
    return History(last, first, len(made), clips_stamp(con, job_id))


def _check_at(found: History, at: int | None) -> None:
    if at not in (None, found.at):
        raise StaleRevision(
            "Something was changed in another window meanwhile; look at it before you go back."
        )
