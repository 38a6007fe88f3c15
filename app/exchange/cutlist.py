"""What every format says: which frames of the recording follow one another, and in which clip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from agents.subtitles import one_line
from agents.types import Interval, Media

EDITING_RATES = tuple(
    Fraction(*rate)
    for rate in (
        *((fps, 1) for fps in (10, 12, 15, 24, 25, 30, 48, 50, 60)),
        *((fps * 1000, 1001) for fps in (24, 30, 60)),
    )
)
"""Pictures a second that editors have timelines for."""
USUAL_RATE = Fraction(30)
"""For a recording whose rate is none of them: cuts are then within 17 ms of the plan."""
RATE_ERROR = 0.005


@dataclass(frozen=True, slots=True)
class Source:
    """The recording as an editor finds it."""

    name: str
    """File name."""
    url: str
    """Where an editor looks first; a bare name is looked for beside the cut list."""
    fps: float
    duration: float
    """Seconds."""
    width: int
    height: int
    has_audio: bool
    audio_channel: int = 0
    """Channel that carries the speech, from 0."""

    @classmethod
    def of(cls, media: Media, name: str, url: str) -> Source:
        """Return a recording that intake has read, under the name by which editors find it."""
        return cls(
            name=one_line(name),
            url=url,
            fps=media.fps,
            duration=media.duration,
            width=media.width,
            height=media.height,
            has_audio=media.has_audio,
            audio_channel=media.audio_channel,
        )


@dataclass(frozen=True, slots=True)
class Cut:
    """A kept stretch in frames of the timeline's rate: [first, last) of the source, put `at`."""

    title: str
    note: str
    first: int
    last: int
    at: int
    opens: bool
    """Whether a clip begins with it."""

    @property
    def frames(self) -> int:
        """Return the length in frames."""
        return self.last - self.first


@dataclass(frozen=True, slots=True)
class Cutlist:
    """All clips in the order of the lecture, one after another on one timeline."""

    source: Source
    rate: Fraction
    """Frames a second of the timeline."""
    cuts: tuple[Cut, ...]

    @property
    def frames(self) -> int:
        """Return the length of the timeline in frames."""
        return sum(cut.frames for cut in self.cuts)

    @property
    def source_frames(self) -> int:
        """Return the length of the recording in frames, no shorter than what is kept of it."""
        whole = round(self.source.duration * self.rate)
        return max([whole, *(cut.last for cut in self.cuts)])


def editing_rate(fps: float) -> Fraction:
    """Return the rate of the timeline that a recording is edited on."""
    return next((rate for rate in EDITING_RATES if abs(rate - fps) < RATE_ERROR), USUAL_RATE)


def make_cutlist(source: Source, clips: Iterable[tuple[str, str, Sequence[Interval]]]) -> Cutlist:
    """Return the cut list of clips, each (title, reason, kept stretches), in order of time."""
    rate = editing_rate(source.fps)
    cuts: list[Cut] = []
    at = 0
    for name, reason, parts in sorted(clips, key=lambda clip: clip[2][0].start):
        for number, part in enumerate(parts):
            first = round(part.start * rate)
            last = max(first + 1, round(part.end * rate))
            cuts.append(Cut(one_line(name), one_line(reason), first, last, at, number == 0))
            at += last - first
    return Cutlist(source, rate, tuple(cuts))


def timeline_name(title: str) -> str:
    """Return what a timeline of a lecture's clips is called."""
    return one_line(title) or "Highlights"
