"""CMX 3600 edit decision lists: one event per cut, a locator where a clip begins."""

from __future__ import annotations

from fractions import Fraction

from app.exchange.cutlist import Cutlist, timeline_name

HOUR = 3600
"""Timelines begin at one hour, as tapes did: editors expect it."""


def to_edl(cutlist: Cutlist, title: str) -> str:
    """Return an EDL; 29.97 and 59.94 pictures a second are counted in drop-frame timecode.

    Names stand in comments, where no reader takes them for an event.
    """
    rate = cutlist.rate
    lines = [
        f"TITLE: {timeline_name(title)}",
        f"FCM: {'DROP' if drops(rate) else 'NON-DROP'} FRAME",
        "",
    ]
    hour = _frames_of_hour(rate)
    for number, cut in enumerate(cutlist.cuts, start=1):
        times = (cut.first, cut.last, hour + cut.at, hour + cut.at + cut.frames)
        codes = " ".join(timecode(frame, rate) for frame in times)
        channels = "B" if cutlist.source.has_audio else "V"
        lines.append(f"{number:03d}  AX       {channels:<6}C        {codes}")
        lines.append(f"* FROM CLIP NAME: {cutlist.source.name}")
        if cut.opens:
            # locators are written with colons alone, whatever the count
            place = timecode(hour + cut.at, rate).replace(";", ":")
            lines.append(f"* LOC: {place} GREEN   {cut.title}")
    return "\n".join([*lines, ""])


def nominal(rate: Fraction) -> int:
    """Return how many frames timecode counts in a second: 30 for 29.97."""
    return round(rate)


def drops(rate: Fraction) -> bool:
    """Return whether frame numbers are left out so that timecode keeps to the clock (SMPTE 12M)."""
    return rate.denominator == 1001 and nominal(rate) % 30 == 0


def _frames_of_hour(rate: Fraction) -> int:
    """Return how many frames an hour of timecode has; 54 of its minutes drop numbers."""
    dropped = 54 * _dropped(rate) if drops(rate) else 0
    return HOUR * nominal(rate) - dropped


def _dropped(rate: Fraction) -> int:
    """Return how many numbers a minute drops: two, and four at 59.94."""
    return 2 * nominal(rate) // 30


def timecode(frame: int, rate: Fraction) -> str:
    """Return HH:MM:SS:FF, with a semicolon before the frames where numbers are dropped."""
    fps = nominal(rate)
    if drops(rate):
        # at the start of each minute but every tenth
        lost = _dropped(rate)
        tens, rest = divmod(frame, 600 * fps - 9 * lost)
        frame += 9 * lost * tens
        if rest >= 60 * fps:
            frame += lost * (1 + (rest - 60 * fps) // (60 * fps - lost))
    seconds, frames = divmod(frame, fps)
    minutes, second = divmod(seconds, 60)
    mark = ";" if drops(rate) else ":"
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}{mark}{frames:02d}"
