"""What a server is asked for by its client beside uploads and progress, one typed call each."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter

from agents.tuning import Scalar
from agents.types import ContentSegment, LayoutRegion, SilenceRegion, Slide, Transcript
from app.api.edits import Done, StepView
from app.api.files import LinkView
from app.api.models import ClipView, DownloadView, ExtraView, JobView, LectureView, ScoredSentence
from app.api.runs import ComparisonView, GridView, RunView
from app.api.search import HitView
from app.api.views import PlanTried, PresetView
from app.connection import ApiConnection, Refused

POLL_S = 1.0
Kept = TypeVar("Kept", bound=BaseModel)


class Calls:
    """Calls over an open connection; every one raises LectureError in one sentence."""

    connection: ApiConnection

    def _ask(self, kind: type[Kept], method: str, path: str, **options: Any) -> Kept:  # noqa: ANN401
        return kind.model_validate(self.connection.json(method, path, **options))

    def _list(self, kind: type[Kept], path: str, **query: Any) -> list[Kept]:  # noqa: ANN401
        return [kind.model_validate(row) for row in self.connection.json("GET", path, params=query)]

    # --- lectures -------------------------------------------------------------------------------

    def rename(self, lecture_id: str, title: str) -> LectureView:
        """Give a lecture another title."""
        return self._ask(LectureView, "PATCH", f"/lectures/{lecture_id}", json={"title": title})

    def delete(self, lecture_id: str) -> None:
        """Delete a lecture; `restore` brings it back."""
        self.connection.request("DELETE", f"/lectures/{lecture_id}", again=False)

    def restore(self, lecture_id: str) -> LectureView:
        """Bring a deleted lecture back."""
        return self._ask(LectureView, "POST", f"/lectures/{lecture_id}/restore")

    def search(self, words: str) -> list[HitView]:
        """Return where words were said; those in quotes belong together."""
        return self._list(HitView, "/search", q=words)

    # --- what was found -------------------------------------------------------------------------

    def transcript(self, job_id: str) -> Transcript:
        """Return what was said."""
        found = self.connection.json("GET", f"/jobs/{job_id}/transcript")
        return TypeAdapter(Transcript).validate_python(found)

    def silences(self, job_id: str) -> tuple[SilenceRegion, ...]:
        """Return the stretches without speech."""
        found = self.connection.json("GET", f"/jobs/{job_id}/silences")
        return TypeAdapter(tuple[SilenceRegion, ...]).validate_python(found)

    def layouts(self, job_id: str) -> tuple[LayoutRegion, ...]:
        """Return how screen and camera were arranged."""
        found = self.connection.json("GET", f"/jobs/{job_id}/layouts")
        return TypeAdapter(tuple[LayoutRegion, ...]).validate_python(found)

    def slides(self, job_id: str) -> tuple[Slide, ...]:
        """Return the slides; their stills stay on the server."""
        rows = self.connection.json("GET", f"/jobs/{job_id}/slides")
        found = [{**row, "still": None} for row in rows]
        return TypeAdapter(tuple[Slide, ...]).validate_python(found)

    def topics(self, job_id: str) -> tuple[ContentSegment, ...]:
        """Return the topics."""
        found = self.connection.json("GET", f"/jobs/{job_id}/topics")
        return TypeAdapter(tuple[ContentSegment, ...]).validate_python(found)

    def sentences(self, job_id: str) -> list[ScoredSentence]:
        """Return every sentence with its components and score."""
        return self._list(ScoredSentence, f"/jobs/{job_id}/sentences")

    # --- clips ----------------------------------------------------------------------------------

    def clips(self, job_id: str) -> list[ClipView]:
        """Return the clips, best first."""
        return self._list(ClipView, f"/jobs/{job_id}/clips")

    def clip(self, clip_id: str) -> ClipView:
        """Return a clip."""
        return self._ask(ClipView, "GET", f"/clips/{clip_id}")

    def edit(self, job_id: str, op: str, **fields: Any) -> Done:  # noqa: ANN401
        """Do one edit: `edit(job, "set_state", clip_id=clip.id, state="accepted")`."""
        body = {"op": op, **fields}
        return self._ask(Done, "POST", f"/jobs/{job_id}/edits", json=body, again=False)

    def edits(self, job_id: str) -> list[StepView]:
        """Return what people changed in a run, oldest first."""
        return self._list(StepView, f"/jobs/{job_id}/edits")

    def render(self, job_id: str) -> JobView:
        """Start a run with the clips as they stand; only changed ones are rendered."""
        return self._ask(JobView, "POST", f"/jobs/{job_id}/render", again=False)

    def link(self, clip_id: str, kind: str = "video", expires_s: int | None = None) -> LinkView:
        """Return an address that fetches one file of a clip for a while, without a key."""
        query = {"expires_s": expires_s} if expires_s else {}
        return self._ask(LinkView, "POST", f"/clips/{clip_id}/links/{kind}", params=query)

    # --- runs and tuning ------------------------------------------------------------------------

    def runs(self, lecture_id: str) -> list[RunView]:
        """Return the runs of a lecture, newest first."""
        return self._list(RunView, f"/lectures/{lecture_id}/runs")

    def compare(self, a: str, b: str) -> ComparisonView:
        """Return two runs of one lecture beside each other."""
        return self._ask(ComparisonView, "GET", f"/jobs/{a}/compare/{b}")

    def show(self, job_id: str) -> JobView:
        """Make a run the one that pages show."""
        return self._ask(JobView, "POST", f"/jobs/{job_id}/show")

    def try_plan(
        self, lecture_id: str, values: Mapping[str, Scalar], job_id: str | None = None
    ) -> PlanTried:
        """Return what settings by dotted names would choose; nothing is stored."""
        body = {"job": job_id, "values": dict(values)}
        return self._ask(PlanTried, "POST", f"/lectures/{lecture_id}/plan", json=body)

    def presets(self) -> list[PresetView]:
        """Return the presets by name."""
        return self._list(PresetView, "/presets")

    def save_preset(self, name: str, values: Mapping[str, Scalar]) -> PresetView:
        """Keep settings by dotted names under a name."""
        body = {"name": name, "values": dict(values)}
        return self._ask(PresetView, "POST", "/presets", json=body)

    def delete_preset(self, preset_id: str) -> None:
        """Remove a preset."""
        self.connection.request("DELETE", f"/presets/{preset_id}", again=False)

    def sweep(self, axes: Mapping[str, Sequence[Scalar]], lectures: Sequence[str] = ()) -> GridView:
        """Try one or two tunables over a grid: `sweep({"extract.max_clips": [4, 6]})`."""
        named = [{"name": name, "values": list(values)} for name, values in axes.items()]
        body = {"axes": named, "lectures": list(lectures)}
        return self._ask(GridView, "POST", "/sweeps", json=body, again=False)

    def grid(self, sweep_id: str) -> GridView:
        """Return a grid with its figures so far."""
        return self._ask(GridView, "GET", f"/sweeps/{sweep_id}")

    # --- files ----------------------------------------------------------------------------------

    def downloads(self, lecture_id: str) -> list[DownloadView]:
        """Return every file of a lecture that can be saved now."""
        return self._list(DownloadView, f"/lectures/{lecture_id}/downloads")

    def make_extra(
        self,
        lecture_id: str,
        kind: str,
        job_id: str | None = None,
        progress: Callable[[ExtraView], None] | None = None,
    ) -> ExtraView:
        """Have the `reel` or the `podcast` made and return it; Refused where that fails."""
        query = {"job": job_id} if job_id else {}
        path = f"/lectures/{lecture_id}/extras"
        state = self._ask(ExtraView, "POST", f"{path}/{kind}", params=query)
        while state.status not in ("ready", "failed", "cancelled", "nothing"):
            if progress is not None:
                progress(state)
            time.sleep(POLL_S)
            state = next(one for one in self._list(ExtraView, path, **query) if one.kind == kind)
        if progress is not None:
            progress(state)
        if state.status != "ready":
            raise Refused(state.message or f"The {kind} is {state.status}.", code="failed")
        return state
