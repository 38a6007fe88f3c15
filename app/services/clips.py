"""What people change in clips; every change is a revision that can be taken back."""

from __future__ import annotations

from typing import Any

from agents.errors import TuningError
from app.services.core import Core
from data.clips import get_clip, list_clips, list_revisions, restore_clip, update_clip
from data.records import ClipRow, ClipState


class Clips:
    """The clips of jobs, as people accept, reject and rename them."""

    def __init__(self, core: Core) -> None:
        self.core = core

    def list(self, job_id: str) -> list[ClipRow]:
        """Return the clips of a job, best first."""
        with self.core.store.read() as con:
            return list_clips(con, job_id)

    def get(self, clip_id: str) -> ClipRow:
        """Return a clip, or raise NotFound."""
        with self.core.store.read() as con:
            return get_clip(con, clip_id)

    def set_state(self, clip_id: str, state: ClipState, *, revision: int | None = None) -> ClipRow:
        """Accept or reject a clip, or make it a proposal again."""
        return self._change(clip_id, revision, state=state)

    def rename(self, clip_id: str, title: str, *, revision: int | None = None) -> ClipRow:
        """Give a clip another title."""
        title = " ".join(title.split())
        if not 0 < len(title) <= 200:
            raise TuningError(f"A title has 1 to 200 characters, not {len(title)}.")
        return self._change(clip_id, revision, title=title)

    def lock(self, clip_id: str, locked: bool, *, revision: int | None = None) -> ClipRow:
        """Keep a clip as it is when the lecture is scored again."""
        return self._change(clip_id, revision, locked=locked)

    def rate(self, clip_id: str, rating: int | None, *, revision: int | None = None) -> ClipRow:
        """Give a clip 1 to 5 stars, or none."""
        if rating is not None and not 1 <= rating <= 5:
            raise TuningError(f"rating={rating} must lie in 1 to 5.")
        return self._change(clip_id, revision, rating=rating)

    def undo(self, clip_id: str) -> ClipRow:
        """Give a clip the content that it had before its last change."""
        with self.core.store.write() as con:
            before = list_revisions(con, clip_id)
            return (
                restore_clip(con, clip_id, before[-1].revision)
                if before
                else get_clip(con, clip_id)
            )

    def _change(self, clip_id: str, revision: int | None, **fields: Any) -> ClipRow:  # noqa: ANN401
        with self.core.store.write() as con:
            return update_clip(con, clip_id, expected_revision=revision, **fields)
