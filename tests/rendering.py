"""Render lectures with exact ground truth: slides, a lecturer's camera, speech and pauses.

`render_lecture` writes NAME.mp4 and NAME.truth.json = {duration, speech: [[t0, t1]],
silence: [[t0, t1]] (>= 0.3 s), slides: [t], topics: [t], sentences: [{t0, t1, text, topic, key}],
words: [{t0, t1, text}], layouts: [{t0, t1, type, screen, camera}]} in seconds and source pixels.
Tests and benchmarks use the same format.
"""

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import imageio_ffmpeg
import numpy as np
import soundfile

from agents.types import Box, LayoutKind
from tests.drawing import BACKDROP, draw_camera, draw_slide

SPEECH = Path(__file__).parent / "speech"
RATE = 16_000
LEAD_S = 1.2
SILENCE_S = 0.3


@dataclass(frozen=True)
class Scene:
    """One slide and what is said over it; `sentences` are indices into speech.json."""

    title: str
    lines: tuple[str, ...]
    sentences: tuple[int, ...]
    layout: LayoutKind = "picture_in_picture"
    topic: int = 0
    pause_s: float = 0.7
    """Silence after each sentence."""
    end_pause_s: float = 1.6
    """Silence after the last sentence, in the middle of which the slide changes."""
    builds: bool = False
    """Whether the lines appear one after another, each a slide change."""


@dataclass(frozen=True)
class Look:
    """How the recording is made."""

    size: tuple[int, int] = (640, 360)
    fps: int = 12
    gop_s: float = 8.0
    noise_db: float | None = -60.0
    """Level of the room noise in dBFS (RMS), None for digital silence."""
    pointer: bool = False
    encoding: tuple[str, ...] = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "26")
    audio: tuple[str, ...] = ("-c:a", "aac", "-b:a", "64k")
    constant_bitrate: str = ""
    """Such as "1M": filler keeps every second at this rate."""


def speech_entries() -> list[dict]:
    """Return the spoken sentences: file, text, topic, key, duration, words."""
    return json.loads((SPEECH / "speech.json").read_text())


def spoken_scenes() -> tuple[Scene, ...]:
    """Return a lecture of all sentences: five topics, eight slides, every kind of layout."""
    return (
        Scene(
            "Searching",
            ("How programs look things up", "Three ways compared"),
            (0, 1, 2),
            "camera_only",
        ),
        Scene(
            "Three ways to search",
            ("Linear search", "Binary search", "Hash table"),
            (3, 4),
            topic=0,
            end_pause_s=2.4,
        ),
        Scene(
            "Linear search",
            ("Look at every item in turn", "Needs no order"),
            (5, 6, 7),
            topic=1,
        ),
        Scene(
            "Cost of a linear search",
            ("n items: n / 2 steps on average", "1,000,000 items: 500,000 steps", "Short lists"),
            (8, 9, 10, 11, 12),
            topic=1,
            end_pause_s=2.6,
        ),
        Scene(
            "Binary search",
            ("Open the list in the middle", "Keep the half that matters", "Repeat"),
            (13, 14, 15, 16, 17),
            "side_by_side",
            topic=2,
        ),
        Scene(
            "Cost of a binary search",
            ("Steps = log2(n)", "1,000,000 items: 20 steps", "The list must be sorted"),
            (18, 19, 20, 21, 22),
            "side_by_side",
            topic=2,
            end_pause_s=2.5,
        ),
        Scene(
            "Hash table",
            ("key -> hash function -> place", "One step", "Collisions: keep it half empty"),
            (23, 24, 25, 26, 27, 28, 29),
            "screen_only",
            topic=3,
            end_pause_s=2.4,
        ),
        Scene(
            "Summary",
            ("Linear: simple", "Binary: fast, needs order", "Hash table: one step"),
            (30, 31, 32, 33),
            topic=4,
        ),
    )


def render_lecture(path: Path, scenes: Sequence[Scene], look: Look | None = None) -> dict:
    """Write the recording and its truth beside it; return the truth."""
    look = look or Look()
    sound, timeline = speak(scenes)
    truth = describe(sound, timeline, look)
    if look.noise_db is not None:
        noise = np.random.default_rng(7).standard_normal(len(sound)).astype(np.float32)
        sound = sound + noise * 10 ** (look.noise_db / 20)
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "sound.wav"
        soundfile.write(wav, np.clip(sound, -1, 1), RATE, subtype="PCM_16")
        encode(path, wav, _frames(timeline, truth["duration"], look), look)
    path.with_suffix(".truth.json").write_text(json.dumps(truth, indent=1) + "\n")
    return truth


def boxes(kind: LayoutKind, size: tuple[int, int]) -> tuple[Box | None, Box | None]:
    """Return where screen and camera lie for a kind of layout, even pixels."""
    width, height = size

    def box(x: float, y: float, w: float, h: float) -> Box:
        left, top = round(x * width / 2) * 2, round(y * height / 2) * 2
        return Box(left, top, round(w * width / 2) * 2, round(h * height / 2) * 2)

    full = Box(0, 0, width, height)
    if kind == "screen_only":
        return full, None
    if kind == "camera_only":
        return None, full
    if kind == "picture_in_picture":
        return full, box(0.745, 0.7, 0.235, 0.27)
    return box(0.015, 0.17, 0.66, 0.66), box(0.69, 0.3, 0.295, 0.4)


# --- sound ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spoken:
    """A scene on the timeline."""

    scene: Scene
    start: float
    end: float
    said: tuple[tuple[float, dict], ...]


def speak(scenes: Sequence[Scene]) -> tuple[np.ndarray, list[Spoken]]:
    """Return 16 kHz samples of the scenes one after another, and when each is shown."""
    entries = speech_entries()
    blocks = [np.zeros(round(LEAD_S * RATE), np.float32)]
    at, start = LEAD_S, 0.0
    timeline: list[Spoken] = []
    for scene in scenes:
        said = []
        for index in scene.sentences:
            samples, _ = soundfile.read(SPEECH / entries[index]["file"], dtype="float32")
            last = index == scene.sentences[-1]
            pause = scene.end_pause_s if last else scene.pause_s
            said.append((at, {**entries[index], "topic": scene.topic}))
            blocks += [samples, np.zeros(round(pause * RATE), np.float32)]
            at += (len(samples) + len(blocks[-1])) / RATE
        end = at - scene.end_pause_s / 2
        timeline.append(Spoken(scene, start, end, tuple(said)))
        start = end
    timeline[-1] = replace(timeline[-1], end=at)
    return np.concatenate(blocks), timeline


def _stretches(loud: np.ndarray) -> list[list[float]]:
    """Return where the 10 ms flags are set, gaps under 0.3 s closed: [[t0, t1]]."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], loud.astype(np.int8), [0]))))
    found: list[list[float]] = []
    for a, b in edges.reshape(-1, 2) / 100:
        if found and a - found[-1][1] < SILENCE_S:
            found[-1][1] = float(b)
        else:
            found.append([float(a), float(b)])
    return found


def describe(sound: np.ndarray, timeline: list[Spoken], look: Look) -> dict:
    """Return the truth of a lecture whose pictures are as `look` says."""
    duration = len(sound) / RATE
    hop = RATE // 100
    peaks = np.abs(sound[: len(sound) // hop * hop].reshape(-1, hop)).max(axis=1)
    speech = _stretches(peaks > 0.5 * 10 ** (-45 / 20))
    edges = [0.0, *(t for stretch in speech for t in stretch), duration]
    gaps = [[a, b] for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= SILENCE_S]
    said = [pair for spoken in timeline for pair in spoken.said]
    topics = [
        spoken.start
        for spoken, before in zip(timeline[1:], timeline, strict=False)
        if spoken.scene.topic != before.scene.topic
    ]
    return {
        "duration": duration,
        "speech": speech,
        "silence": gaps,
        "slides": [t for t, _ in _changes(timeline)][1:],
        "topics": topics,
        "sentences": [
            {
                "t0": round(at, 3),
                "t1": round(at + entry["duration"], 3),
                **{name: entry[name] for name in ("text", "topic", "key")},
            }
            for at, entry in said
        ],
        "words": [
            {"t0": round(at + w["t0"], 3), "t1": round(at + w["t1"], 3), "text": w["text"]}
            for at, entry in said
            for w in entry["words"]
        ],
        "layouts": _layouts(timeline, look),
    }


def _layouts(timeline: list[Spoken], look: Look) -> list[dict]:
    found: list[dict] = []
    for spoken in timeline:
        if found and found[-1]["type"] == spoken.scene.layout:
            found[-1]["t1"] = spoken.end
            continue
        screen, camera = boxes(spoken.scene.layout, look.size)
        found.append(
            {
                "t0": spoken.start,
                "t1": spoken.end,
                "type": spoken.scene.layout,
                "screen": screen and list(screen),
                "camera": camera and list(camera),
            }
        )
    return found


# --- picture --------------------------------------------------------------------------------------


def _changes(timeline: list[Spoken]) -> list[tuple[float, tuple[Scene, int]]]:
    """Return when which slide with how many lines is shown; a camera alone is one slide."""
    found: list[tuple[float, tuple[Scene, int]]] = []
    for spoken in timeline:
        lines = len(spoken.scene.lines)
        if not spoken.scene.builds:
            found.append((spoken.start, (spoken.scene, lines)))
            continue
        step = (spoken.end - spoken.start) / (lines + 1)
        found += [(spoken.start + n * step, (spoken.scene, n)) for n in range(lines + 1)]
    return found


def _frames(timeline: list[Spoken], duration: float, look: Look) -> Iterator[np.ndarray]:
    changes = _changes(timeline)
    shown: tuple[Scene, int] | None = None
    base, camera, moving = np.zeros(0), None, []
    for number in range(round(duration * look.fps)):
        at = number / look.fps
        state = next(state for t, state in reversed(changes) if t <= at + 1e-6)
        if state != shown:
            base, camera, moving = _compose(*state, timeline, look)
            shown = state
        frame = base.copy()
        if camera is not None:
            x, y, w, h = camera
            frame[y : y + h, x : x + w] = moving[number % len(moving)]
        if look.pointer and state[0].layout != "camera_only":
            _point(frame, at)
        yield frame


def _compose(
    scene: Scene, lines: int, timeline: list[Spoken], look: Look
) -> tuple[np.ndarray, Box | None, list[np.ndarray]]:
    width, height = look.size
    screen, camera = boxes(scene.layout, look.size)
    base = np.full((height, width, 3), BACKDROP, np.uint8)
    if screen is not None:
        number = [spoken.scene for spoken in timeline].index(scene)
        x, y, w, h = screen
        slide = draw_slide(scene.title, scene.lines[:lines], number, (w, h))
        base[y : y + h, x : x + w] = slide
    return base, camera, draw_camera((camera.w, camera.h), look.fps) if camera else []


def _point(frame: np.ndarray, at: float) -> None:
    """Draw a mouse pointer that wanders over the picture."""
    height, width = frame.shape[:2]
    x = round(width * (0.35 + 0.2 * np.sin(at * 0.9)))
    y = round(height * (0.45 + 0.25 * np.sin(at * 0.7 + 1)))
    frame[y : y + 8, x : x + 5] = (20, 20, 20)


def encode(path: Path, wav: Path, frames: Iterator[np.ndarray], look: Look) -> None:
    """Write RGB frames (h, w, 3) and the sound of `wav` as a recording."""
    width, height = look.size
    rate: tuple[str, ...] = ()
    if look.constant_bitrate:
        r = look.constant_bitrate
        rate = ("-b:v", r, "-minrate", r, "-maxrate", r, "-bufsize", r)
        rate += ("-x264-params", "nal-hrd=cbr:force-cfr=1")
    gop = str(max(1, round(look.gop_s * look.fps)))
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", "-f", "rawvideo",
        "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(look.fps), "-i", "-",
        "-i", str(wav), *look.encoding, *rate, "-g", gop, "-keyint_min", gop,
        "-pix_fmt", "yuv420p", *look.audio, str(path),
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for frame in frames:
            process.stdin.write(frame.tobytes())
        process.stdin.close()
    assert process.returncode == 0, "ffmpeg could not encode the made lecture"


Container = Literal["mp4", "mov", "mkv", "webm", "avi"]

CODECS: dict[Container, Look] = {
    "mp4": Look(),
    "mov": Look(),
    "mkv": Look(),
    "webm": Look(
        encoding=("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "300k"),
        audio=("-c:a", "libopus", "-b:a", "48k"),
    ),
    "avi": Look(
        encoding=("-c:v", "mpeg4", "-q:v", "5"), audio=("-c:a", "libmp3lame", "-b:a", "64k")
    ),
}
"""A usual look per container."""
