"""Render lectures from MaViLS: real slides, changed when a person says they were.

`uv run --with pypdfium2,openpyxl python -m benchmarks.mavils DATA OUT`, where DATA has the files of
github.com/andererka/MaViLS in the folders slides/, truth/ and words/. Each lecture is the stretch
with the most slide changes: its PDF pages at the human times, a lecturer's picture in a corner, and
bursts of voiced noise at the times of the words, so that silence can be measured too. Beside
NAME.mp4 lies NAME.truth.json as `tests.rendering` describes it. One lecture differs from the next
in how it is encoded. The two libraries are asked for on the command line: nothing else needs them.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import imageio_ffmpeg
import numpy as np
import soundfile

from tests.drawing import draw_camera
from tests.rendering import RATE, SILENCE_S, Look

VERYFAST = ("-c:v", "libx264", "-preset", "veryfast")
LOOKS = {
    "gop8": Look(encoding=(*VERYFAST, "-crf", "26"), pointer=True),
    "gop2-noise": Look(encoding=(*VERYFAST, "-crf", "28"), gop_s=2, pointer=True, noise_db=-50),
    "gop20": Look(encoding=(*VERYFAST, "-crf", "24"), gop_s=20, noise_db=-62),
    "cbr2": Look(encoding=VERYFAST, gop_s=2, pointer=True, constant_bitrate="500k", noise_db=-40),
    "cbr8-noise": Look(encoding=VERYFAST, gop_s=8, constant_bitrate="400k"),
}
"""How one lecture after the other is encoded; a name with noise has grain over the picture."""
GRAIN_LEVELS = 1.5
"""Standard deviation of the grain."""
CORNERS = ((1, 1), (0, 1), (1, 0), (0, 0))
"""Where the camera lies, in turn: right or left, bottom or top."""
CAMERA_SHARE = 0.24
POINTER = (9, 5)


class Said(NamedTuple):
    """A word, or a sentence with the number of its slide."""

    start: float
    end: float
    text: str
    slide: int = 0


@dataclass(frozen=True)
class Source:
    """The three files of one lecture."""

    name: str
    slides: Path
    truth: Path
    words: Path


def find_sources(data: Path) -> list[Source]:
    """Return the lectures that have slides, human labels and words, by name."""
    truths = {_plain(p.stem): p for p in data.glob("truth/*.xlsx") if "control" not in p.stem}
    words = {_plain(p.stem): p for p in data.glob("words/*.srt")}
    found = []
    for path in sorted(data.glob("slides/*.pdf")):
        name = _plain(path.stem)
        truth, word = (get_close_matches(name, kept, 1, 0.5) for kept in (truths, words))
        if truth and word:
            found.append(Source(name, path, truths[truth[0]], words[word[0]]))
    return found


def _plain(stem: str) -> str:
    """Return a file's name without what differs between the folders."""
    name = re.sub(r"ground_truth_|_high_res|_?mit\d?$|_\d\d$|_geiger", "", stem.lower())
    return name.replace("&", "_and_").replace("visual_system", "sensory_systems")


def read_words(path: Path) -> list[Said]:
    """Return the words of lines such as `[00:00:15.850 --> 00:00:16.330] So`."""
    found = []
    for match in re.finditer(r"\[(\S+) --> (\S+)\] *(.*)", path.read_text("utf-8")):
        start, end = (
            sum(float(p) * 60**i for i, p in enumerate(reversed(t.split(":"))))
            for t in match.groups()[:2]
        )
        if end > start:
            found.append(Said(start, end, match[3].strip()))
    return found


def read_sentences(path: Path) -> list[Said]:
    """Return the sentences; one without a visible slide has the number of the one before."""
    from openpyxl import load_workbook  # pyright: ignore[reportMissingModuleSource]

    rows = load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True)
    heads = [str(cell) for cell in next(rows)]
    column = heads.index("Time") if "Time" in heads else heads.index("Key")
    number, text = heads.index("Slidenumber"), heads.index("Value")
    found, start, slide = [], 0.0, 1
    for row in rows:
        try:
            end, label = float(row[column]), int(float(row[number]))  # type: ignore[arg-type]
        except (TypeError, ValueError):
            continue
        slide = label if label > 0 else slide
        if end > start:
            found.append(Said(start, end, str(row[text]).strip(), slide))
            start = end
    return found


def busiest(sentences: Sequence[Said], seconds: float) -> tuple[float, int]:
    """Return the start of the stretch of that length with the most slide changes, and how many."""
    changes = np.array([b.start for a, b in pairwise(sentences) if a.slide != b.slide])
    last = max(0.0, sentences[-1].end - seconds)
    starts = np.unique(np.clip(changes - 5, 0, last)) if len(changes) else np.zeros(1)
    inside = [int(np.sum((changes >= t) & (changes < t + seconds))) for t in starts]
    return float(starts[int(np.argmax(inside))]), max(inside)


def cut(said: Sequence[Said], start: float, seconds: float) -> list[Said]:
    """Return what lies in the stretch, in seconds from its start, to 0.1 ms."""
    return [
        s._replace(start=round(max(0.0, s.start - start), 4), end=round(s.end - start, 4))
        for s in said
        if s.end > start and s.end <= start + seconds
    ]


def to_planes(picture: np.ndarray) -> np.ndarray:
    """Return an RGB picture (h, w, 3) as planar YUV 4:2:0, uint8 (h * 3 / 2, w)."""
    import cv2

    return cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2YUV_I420)


def draw_pages(
    path: Path, numbers: set[int], size: tuple[int, int]
) -> tuple[dict[int, np.ndarray], list[int]]:
    """Return pages of a PDF amid black RGB pictures (h, w, 3), and x, y, w, h of what they fill."""
    import pypdfium2  # pyright: ignore[reportMissingImports]

    pages, edges = {}, []
    with pypdfium2.PdfDocument(path) as document:
        for number in numbers:
            page = document[min(number, len(document)) - 1]
            scale = min(size[0] / page.get_width(), size[1] / page.get_height())
            drawn = page.render(scale=scale).to_pil().convert("RGB")
            picture = np.zeros((size[1], size[0], 3), np.uint8)
            part = np.asarray(drawn)[: size[1], : size[0]]
            left, top = (size[0] - part.shape[1]) // 2, (size[1] - part.shape[0]) // 2
            picture[top : top + part.shape[0], left : left + part.shape[1]] = part
            pages[number] = picture
            edges.append((left, top, left + part.shape[1], top + part.shape[0]))
    left, top = np.min(edges, axis=0)[:2].tolist()
    right, bottom = np.max(edges, axis=0)[2:].tolist()
    return pages, [left, top, right - left, bottom - top]


def camera_box(size: tuple[int, int], corner: tuple[int, int]) -> list[int]:
    """Return x, y, w, h of the lecturer's picture in a corner, in fours of pixels."""
    w, h = (round(side * CAMERA_SHARE / 4) * 4 for side in size)
    margin = size[1] // 180 * 4
    x, y = (
        (total - own - margin) // 4 * 4 if far else margin
        for total, own, far in zip(size, (w, h), corner, strict=True)
    )
    return [x, y, w, h]


def describe(
    sentences: Sequence[Said], words: Sequence[Said], pages: dict[int, np.ndarray], seconds: float
) -> dict:
    """Return the truth without the layout.

    A page that looks like the one before, but for what the camera hides, is no change.
    """
    loud: list[list[float]] = []
    for word in words:
        if loud and word.start - loud[-1][1] < SILENCE_S:
            loud[-1][1] = max(loud[-1][1], word.end)
        else:
            loud.append([word.start, word.end])
    edges = [0.0, *(t for stretch in loud for t in stretch), seconds]
    gaps = [[a, b] for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= SILENCE_S]
    changes = [b.start for a, b in pairwise(sentences) if (pages[a.slide] != pages[b.slide]).any()]
    return {
        "duration": seconds,
        "speech": loud,
        "silence": gaps,
        "slides": changes,
        "topics": [],
        "sentences": [{"t0": s.start, "t1": s.end, "text": s.text} for s in sentences],
        "words": [{"t0": w.start, "t1": w.end, "text": w.text} for w in words],
    }


def speak(words: Sequence[Said], seconds: float, noise_db: float | None) -> np.ndarray:
    """Return float32 sound with a burst of a buzzing voice and breath at each word."""
    rng = np.random.default_rng(11)
    sound = np.zeros(round(seconds * RATE), np.float32)
    for word in words:
        a, b = round(word.start * RATE), min(len(sound), round(word.end * RATE))
        if b - a < 64:
            continue
        time = np.arange(b - a) / RATE
        pitch = rng.uniform(90, 220)
        voice = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 12))
        burst = 0.06 * voice + 0.02 * rng.standard_normal(b - a)
        fade = np.minimum(1, np.minimum(np.arange(b - a), np.arange(b - a)[::-1]) / 80)
        sound[a:b] = burst * fade * rng.uniform(0.5, 1)
    if noise_db is not None:
        sound += rng.standard_normal(len(sound)).astype(np.float32) * 10 ** (noise_db / 20)
    return np.clip(sound, -1, 1)


def frames(
    truth: dict, shown: Sequence[np.ndarray], look: Look, camera: list[int], grainy: bool
) -> Iterator[np.ndarray]:
    """Yield planar YUV frames; `shown` are the pages (h * 3 / 2, w) between the changes."""
    import cv2

    (width, height), (x, y, w, h) = look.size, camera
    moving = [to_planes(picture) for picture in draw_camera((w, h), look.fps)]
    rng = np.random.default_rng(3)
    grain = [rng.normal(0, GRAIN_LEVELS, (height, width)).astype(np.int16) for _ in range(8)]
    times = np.arange(round(truth["duration"] * look.fps)) / look.fps
    numbers = np.searchsorted(truth["slides"], times + 1e-6)
    for count, number in enumerate(numbers.tolist()):
        frame = shown[number].copy()
        person = moving[count % len(moving)]
        frame[y : y + h, x : x + w] = person[:h]
        for plane in (0, 1):
            colour = frame[height:].reshape(2, height // 2, width // 2)[plane]
            part = person[h:].reshape(2, h // 2, w // 2)[plane]
            colour[y // 2 : (y + h) // 2, x // 2 : (x + w) // 2] = part
        if look.pointer:
            at = count / look.fps
            px = round(width * (0.4 + 0.25 * np.sin(at * 0.9)))
            py = round(height * (0.45 + 0.3 * np.sin(at * 0.7 + 1)))
            frame[py : py + POINTER[0], px : px + POINTER[1]] = 20
        if grainy:
            frame[:height] = cv2.add(frame[:height], grain[count % 8], dtype=cv2.CV_8U)
        yield frame


def encode(path: Path, sound: np.ndarray, pictures: Iterator[np.ndarray], look: Look) -> None:
    """Write the recording, the pictures piped as they come."""
    rate: tuple[str, ...] = ()
    if r := look.constant_bitrate:
        rate = ("-b:v", r, "-minrate", r, "-maxrate", r, "-bufsize", r)
        rate += ("-x264-params", "nal-hrd=cbr:force-cfr=1")
    with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
        soundfile.write(wav.name, sound, RATE, subtype="PCM_16")
        command = [
            imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", "-f", "rawvideo",
            "-pix_fmt", "yuv420p", "-s", "{}x{}".format(*look.size), "-r", str(look.fps),
            "-i", "-", "-i", wav.name, *look.encoding, *rate,
            "-g", str(round(look.gop_s * look.fps)), "-c:a", "aac", "-b:a", "64k", str(path),
        ]  # fmt: skip
        with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
            assert process.stdin is not None
            for picture in pictures:
                process.stdin.write(picture.data)
    if process.returncode:
        raise RuntimeError(f"ffmpeg could not encode {path.name}")


def render(source: Source, path: Path, number: int, seconds: float, look: Look) -> dict:
    """Write one lecture and its truth; return the truth."""
    sentences, words = read_sentences(source.truth), read_words(source.words)
    start, _ = busiest(sentences, seconds)
    sentences, words = cut(sentences, start, seconds), cut(words, start, seconds)
    pages, screen = draw_pages(source.slides, {s.slide for s in sentences}, look.size)
    x, y, w, h = camera = camera_box(look.size, CORNERS[number % len(CORNERS)])
    for page in pages.values():
        page[y : y + h, x : x + w] = 0
    truth = describe(sentences, words, pages, seconds)
    whole = {"t0": 0.0, "t1": seconds, "type": "picture_in_picture"}
    truth["layouts"] = [whole | {"screen": screen, "camera": camera}]
    order = [next(s.slide for s in sentences if s.end > t) for t in (0.0, *truth["slides"])]
    shown = [to_planes(pages[slide]) for slide in order]
    pictures = frames(truth, shown, look, camera, grainy="noise" in path.stem)
    encode(path, speak(words, seconds, look.noise_db), pictures, look)
    path.with_suffix(".truth.json").write_text(json.dumps(truth, indent=1) + "\n")
    return truth


def main() -> None:
    """Render as many lectures as asked for, those with the most changes first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--lectures", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=12.0)
    parser.add_argument("--width", type=int, default=640, help="the picture is 16:9")
    parser.add_argument("--fps", type=int, default=10)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    size = (options.width // 4 * 4, options.width * 9 // 64 * 4)
    seconds = 60 * options.minutes
    sources = find_sources(options.data)
    sources.sort(key=lambda s: busiest(read_sentences(s.truth), seconds)[1], reverse=True)
    for number, source in enumerate(sources[: options.lectures]):
        name = list(LOOKS)[number % len(LOOKS)]
        look = replace(LOOKS[name], size=size, fps=options.fps)
        path = options.out / f"{source.name}-{name}.mp4"
        truth = render(source, path, number, seconds, look)
        print(f"{path.name}: {len(truth['slides'])} changes, {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
