"""Sound beside picture and words in a rendered clip: `uv run python -m benchmarks.sync`.

A recording is made with speech whose words are known, and with a flash and a beep of 12 kHz every
5 s. Its pauses are cut out, and the clip is rendered as any other. In the file that comes out, the
first white frame of each flash is compared with the beginning of its beep, and the edges of each
cue with where its words are heard, found by correlation with the recording's own sound.
"""

from __future__ import annotations

import platform
import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from agents.compile import CompileParams, render_clip
from agents.compile.clip_file import hear_clip
from agents.subtitles import make_cues
from agents.types import Cue, Interval, Word
from tests.colour_lecture import FLASH_S, RATE, make_colour_lecture, onsets
from tests.hearing import RATE as SPEECH_RATE
from tests.hearing import spoken

REPORT = Path(__file__).with_suffix(".md")
SENTENCES = (3, 8, 13, 16, 20, 26)
FIRST_S, EVERY_S = 2.4, 5.0
"""Whole frames at every rate, so that picture and sound begin together in the recording."""
BEEP_HZ = 12_000.0
LONGEST_PAUSE_S, KEPT_PAUSE_S = 0.6, 0.3
SEARCH_S = 0.25
MAX_OFFSET_S, MAX_CUE_S = 0.040, 0.080
SMALL = CompileParams(size="360p", preset="ultrafast", captions=False, camera_crop="whole")


@dataclass(frozen=True)
class Found:
    """What was measured in one clip, in seconds; positive where the sound or the cue is late."""

    fps: int
    cuts: int
    offsets: np.ndarray
    """Beep after flash, per flash."""
    begins: np.ndarray
    """Cue after its first word, per cue."""
    ends: np.ndarray
    """Cue after its last word, per cue; it may stay on for reading."""

    @property
    def fine(self) -> bool:
        """Return whether the figures of the issue hold."""
        cues = np.concatenate([np.abs(self.begins), np.maximum(-self.ends, 0)])
        return bool(np.abs(self.offsets).max() <= MAX_OFFSET_S and cues.max() <= MAX_CUE_S)


def main() -> None:
    """Measure at usual frame rates, and keep the report."""
    rows = []
    for fps in (25, 30):
        with tempfile.TemporaryDirectory() as folder:
            rows.append(row(measure(Path(folder), fps)))
    text = "\n".join([HEAD.format(version=platform.python_version()), *rows, ""])
    print(text, end="")
    REPORT.write_text(text)


HEAD = """# Sound, picture and cues in step

`uv run python -m benchmarks.sync`, Python {version}: flash and beep every 5 s, pauses cut out.
Asked for: beep within 40 ms of its flash, cue edges within 80 ms of their words. In ms, median and
largest; late is positive. A cue may stay on after its last word, so that it can be read.

| frames a second | cuts | flashes | beep after flash | cues | begin after first word | earliest end after last word |
|---|---|---|---|---|---|---|"""  # noqa: E501


def row(found: Found) -> str:
    """Return the figures as a line of the report."""

    def spread(values: np.ndarray) -> str:
        largest = values[np.abs(values).argmax()]
        return f"{1000 * np.median(values):.0f}, {1000 * largest:.0f}"

    return (
        f"| {found.fps} | {found.cuts} | {len(found.offsets)} | {spread(found.offsets)}"
        f" | {len(found.begins)} | {spread(found.begins)} | {1000 * found.ends.min():.0f} |"
    )


def measure(folder: Path, fps: int) -> Found:
    """Make, cut, render and measure a recording."""
    speech, said = spoken(SENTENCES, pause_s=1.4)
    seconds = len(speech) / SPEECH_RATE
    flashes = tuple(np.arange(FIRST_S, seconds - FLASH_S, EVERY_S).tolist())
    track = with_beeps(upsampled(speech), flashes)
    recording = make_colour_lecture(
        folder / "made.mp4", seconds=seconds, fps=fps, flashes=flashes, sound=track
    )
    words = [Word(at + w["t0"], at + w["t1"], w["text"]) for at, _, e in said for w in e["words"]]
    parts = cut_pauses(words, seconds)
    cues = make_cues(words, parts)
    plan = recording.plan(
        *((part.start, part.end) for part in parts),
        cues=[(cue.start, cue.end, cue.text) for cue in cues],
    )
    clip = render_clip(
        recording.intake, plan, params=SMALL, folder=folder, progress=lambda percent: None
    )
    heard = hear_clip(clip.video)
    begins, ends = cue_errors(cues, words, parts, track, heard)
    return Found(fps, len(parts) - 1, av_offsets(clip.video, heard, fps), begins, ends)


def upsampled(speech: np.ndarray) -> np.ndarray:
    """Return 16 kHz samples at 48 kHz, without anything above 8 kHz."""
    spectrum = np.fft.rfft(speech)
    return 3 * np.fft.irfft(np.pad(spectrum, (0, len(speech))), 3 * len(speech))


def with_beeps(track: np.ndarray, flashes: tuple[float, ...]) -> np.ndarray:
    """Return the sound with a beep at each flash, far above all speech."""
    time = np.arange(len(track)) / RATE
    for flash in flashes:
        on = (time >= flash) & (time < flash + FLASH_S)
        track[on] += 0.2 * np.sin(2 * np.pi * BEEP_HZ * (time[on] - flash))
    return track.astype(np.float32)


def cut_pauses(words: list[Word], seconds: float) -> list[Interval]:
    """Return what is kept when every longer pause is cut down, as the planner does."""
    parts, start = [], 0.0
    for one, other in pairwise(words):
        if other.start - one.end > LONGEST_PAUSE_S:
            parts.append(Interval(start, one.end + KEPT_PAUSE_S / 2))
            start = other.start - KEPT_PAUSE_S / 2
    return [*parts, Interval(start, min(seconds, words[-1].end + KEPT_PAUSE_S))]


def av_offsets(video: Path, heard: np.ndarray, fps: int) -> np.ndarray:
    """Return by how much each beep comes after its flash.

    A flash of which a cut has taken the beginning is left out: its edge is the cut's.
    """
    import av

    with av.open(video) as container:
        shown = (frame.to_ndarray(format="gray") for frame in container.decode(video=0))
        light = np.array([frame[60:140, 500:600].min() for frame in shown])
    seen = onsets(light > 160, fps)
    time = np.arange(len(heard)) / RATE
    size = RATE // 200
    tone = np.convolve(heard * np.exp(-2j * np.pi * BEEP_HZ * time), np.ones(size) / size, "same")
    beeps = onsets(np.abs(tone) > 0.5 * np.abs(tone).max(), RATE)
    # a beep wavers at its end: only what comes long after another begins one
    beeps = beeps[np.diff(beeps, prepend=-1.0) > EVERY_S / 10]
    assert len(seen) == len(beeps) > 0, (seen, beeps)
    return beeps - seen


def cue_errors(
    cues: tuple[Cue, ...],
    words: list[Word],
    parts: list[Interval],
    track: np.ndarray,
    heard: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return by how much cues begin after their first word, and end after their last one."""
    begins, ends, at = [], [], 0
    for cue in cues:
        first, left = words[at], len("".join(cue.text.split()))
        while left > 0:
            left -= len(words[at].text)
            at += 1
        last = words[at - 1]
        begins.append(cue.start - heard_at(first.start, parts, track, heard))
        ends.append(cue.end - heard_at(last.end, parts, track, heard))
    return np.array(begins), np.array(ends)


def heard_at(time: float, parts: list[Interval], track: np.ndarray, heard: np.ndarray) -> float:
    """Return when in the clip the moment `time` of the recording is heard."""
    earlier = 0.0
    for part in parts:
        if time <= part.end + 1e-6:
            break
        earlier += part.duration
    expected = earlier + time - part.start
    half, search = round(0.12 * RATE), round(SEARCH_S * RATE)
    middle, place = round(time * RATE), round(expected * RATE)
    piece = track[max(0, middle - half) : middle + half].astype(float)
    begin = max(0, place - half - search)
    around = heard[begin : place + half + search].astype(float)
    likeness = np.correlate(around, piece, "valid")
    norm = np.sqrt(np.convolve(around**2, np.ones(len(piece)), "valid")) + 1e-9
    found = begin + int((likeness / norm).argmax()) + min(half, middle)
    return found / RATE


if __name__ == "__main__":
    main()
