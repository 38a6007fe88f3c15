"""What a command prints about the clips it made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agents.types import ClipPlan, Interval, Notice
from app.api.models import ClipView
from data.records import ClipRow


@dataclass(frozen=True, slots=True)
class ClipLine:
    """A clip as a person reads it in a terminal."""

    rank: int
    title: str
    parts: Sequence[Interval]
    score: float
    reason: str

    @classmethod
    def of(cls, clip: ClipRow | ClipPlan | ClipView) -> ClipLine:
        """Return the line of a stored clip, of a plan, or of a server's clip."""
        rank = clip.idx if isinstance(clip, ClipRow) else clip.rank
        parts = [p if isinstance(p, Interval) else Interval(*p) for p in clip.parts]
        return cls(rank, clip.title, parts, clip.score, clip.reason)

    def __str__(self) -> str:
        length = sum(part.duration for part in self.parts)
        times = f"{clock(self.parts[0].start)} - {clock(self.parts[-1].end)}"
        head = f"{self.rank:2d}. {self.title}"
        return f"{head}\n    {times}, {length:.0f} s, score {self.score:.2f}\n    {self.reason}"


def clock(seconds: float) -> str:
    """Return h:mm:ss, or m:ss below an hour."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def print_clips(clips: Iterable[ClipRow | ClipPlan | ClipView]) -> None:
    """Print clips: title, times, length, score and the main reason."""
    for clip in clips:
        print(ClipLine.of(clip))


def print_reel(passages: Sequence[ClipPlan]) -> None:
    """Print the highlight reel: how long it is, and a line for each of its passages."""
    if not passages:
        return
    seconds = sum(passage.duration for passage in passages)
    print(f"Reel: {seconds:.0f} s, {len(passages)} passages")
    for passage in passages:
        print(f"    {clock(passage.start)} - {clock(passage.end)}  {passage.title}")


def print_notices(notices: Iterable[Notice | Mapping[str, str]]) -> None:
    """Print what a person should know, one line each."""
    for notice in notices:
        text = notice.message if isinstance(notice, Notice) else notice["message"]
        print(f"  note: {text}")
