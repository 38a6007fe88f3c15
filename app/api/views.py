"""What pages and components are given as a whole: described here, made by the services.

These bodies grow with the pages, so more fields than these may come.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from agents.tuning import Scalar
from agents.types import LayoutRegion, Notice
from app.api.models import ClipView, ScoredSentence

Span = tuple[float, float]
"""Start and end in seconds."""


class Told(BaseModel):
    """A body that is given as it is made."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)


class BundleLecture(Told):
    """The lecture that a bundle is of; sizes are null until it has been read."""

    id: str
    title: str
    duration: float | None
    width: int | None
    height: int | None
    fps: float | None
    created: str | None


class BundleJob(Told):
    """The run that a bundle is of."""

    id: str
    status: str
    params: Mapping[str, Any]
    created: str | None
    error_code: str | None
    error: str | None


class BundleSilence(Told):
    """A stretch without speech."""

    start: float
    end: float
    db: float
    type: str


class BundleSlide(Told):
    """A slide; `still` is the address of its picture."""

    start: float
    end: float
    title: str | None
    still: str | None


class BundleTopic(Told):
    """A topic."""

    start: float
    end: float
    topic: int
    title: str
    summary: str
    keywords: list[str]


class Passage(Told):
    """A passage of the highlight reel."""

    start: float
    end: float
    parts: list[Span]
    duration: float
    title: str
    score: float
    contributions: Mapping[str, float]
    reason: str
    quote: str
    topic: int


class Bundle(Told):
    """Everything that was found in a lecture, as far as it is known."""

    lecture: BundleLecture
    job: BundleJob
    stages: list[str]
    """Those that are done."""
    media: Mapping[str, str | None]
    transcripts: Mapping[str, str]
    """Address of each file, by suffix."""
    chapters: Mapping[str, str]
    chapter_notices: list[Notice]
    engine: str | None
    language: str | None
    analyzer: str | None
    notices: list[Notice]
    topics: list[BundleTopic]
    silences: list[BundleSilence]
    slides: list[BundleSlide]
    layouts: list[LayoutRegion]
    sentences: list[ScoredSentence]
    cues: list[tuple[float, float, str]]
    clips: list[ClipView]
    reel: list[Passage]


class Peaks(Told):
    """The waveform of a stretch."""

    start: Annotated[float, Field(alias="from")]
    end: Annotated[float, Field(alias="to")]
    peaks: list[tuple[int, int]]


class LiveSilence(Told):
    """What tunables would call silence, and the levels that they tell apart."""

    counts: list[int]
    """Hops of 10 ms per level."""
    edges: list[float]
    """dB below full scale."""
    threshold_db: float | None
    quieter: float
    """Share 0-1 of the recording below the threshold."""
    count: int
    total_s: float
    longest_s: float
    silences: list[BundleSilence]


class TabClip(Told):
    """A clip that would be rendered anew."""

    rank: int
    title: str


class LayoutTab(Told):
    """What is seen, as it is now; `mine` marks the stretches that a person set."""

    job: str
    duration: float
    width: int
    height: int
    fps: float
    version: str
    """To be sent with corrections made from this."""
    regions: list[dict[str, Any]]
    clips: list[TabClip]


class Composed(Told):
    """Where a clip shows the parts of the frame."""

    width: int
    height: int
    panels: list[dict[str, Any]]


class Fitted(Told):
    """Weights that judgements propose beside the defaults, and what they promise."""

    judgements: int
    accepted: int
    rejected: int
    changed: int
    marked: int
    rated: int
    lectures: list[str]
    default: Mapping[str, float]
    proposed: Mapping[str, float]
    gain: Mapping[str, Any] | None
    notices: list[Notice]


class Notebook(Told):
    """The cells of a run: parameters, what they cost, and what was found."""

    job: str
    status: str
    cells: list[dict[str, Any]]
    needs: Mapping[str, list[str]]
    costs: Mapping[str, float]
    """Seconds per stage."""
    done: list[str]
    words: list[tuple[str, str]]
    content: Mapping[str, Any] | None


class PlanClip(Told):
    """A clip that settings would choose."""

    rank: int
    parts: list[Span]
    title: str
    score: float
    change: str
    """`kept`, `moved` or `new` against the run as it stands."""
    was: Span | None


class LostClip(Told):
    """A clip of the run that settings would not choose."""

    rank: int
    parts: list[Span]
    title: str
    score: float


class PlanTried(Told):
    """What settings would choose."""

    scores: list[float]
    """Per sentence."""
    threshold: float
    clips: list[PlanClip]
    lost: list[LostClip]
    total_s: float
    before_s: float
    figures: Mapping[str, Mapping[str, float | None]]


class PresetView(Told):
    """Settings under a name, by dotted names; what is not set is as by default."""

    id: str
    name: str
    values: Mapping[str, Scalar]
