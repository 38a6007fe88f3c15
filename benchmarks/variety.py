"""Render short lectures that look very different, with exact truth.

`uv run python -m benchmarks.variety OUT --count 12 --seed 1` mixes every property at random;
`--each` renders one lecture for each property instead, everything else being plain, so that a
failure names its cause. OUT gets NAME.mp4 and NAME.truth.json, whose "variety" says what it is.
"""

import argparse
import json
import random
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import soundfile

from agents.types import Box, LayoutKind
from benchmarks.staging import Style, draw_ground, paste, point, stage
from tests.decks import VIDEO, Extra, Page, draw_page, film_video, write_strokes
from tests.people import Person, film_person
from tests.rendering import RATE, Look, Scene, Spoken, describe, encode, speak

PIP, SIDE, SCREEN, CAMERA = "picture_in_picture", "side_by_side", "screen_only", "camera_only"
ORDERS: tuple[tuple[LayoutKind, ...], ...] = (
    (PIP, SIDE, SCREEN, CAMERA),
    (CAMERA, PIP, SCREEN),
    (PIP,),
    (SIDE,),
    (SCREEN,),
    (SCREEN, SIDE, PIP),
    (CAMERA, SIDE),
    (PIP, SCREEN, PIP),
    (CAMERA,),
)
CHOICES: dict[str, tuple] = {
    "size": ((640, 360), (640, 360), (640, 480), (640, 400), (854, 480), (1280, 720)),
    "fps": (10, 10, 12, 15, 25, 30),
    "gop_s": (2.0, 4.0, 8.0, 20.0),
    "order": ORDERS,
    "corner": ("bottom right", "top right", "top left", "bottom left"),
    "inset": (0.0, 0.02, 0.05),
    "share": (0.24, 0.15, 0.2, 0.3),
    "aspect": (16 / 9, 4 / 3, 1.0),
    "shape": ("straight", "rounded", "circle"),
    "border": ("none", "white", "dark"),
    "beside": ("right", "left", "above", "halves"),
    "proportion": (0.7, 0.6, 0.78),
    "manner": ("talks", "still", "wide"),
    "room": ("shelf", "dim", "virtual", "paper", "dark"),
    "template": ("bar", "plain", "dark", "cream", "blue"),
    "extra": ("none", "photos", "video", "strokes"),
    "around": ("none", "pillar", "letter", "window", "taskbar", "desktop"),
    "logo": (False, True),
    "pointer": (False, True),
    "names": (False, True),
}
"""What a lecture may be; of `--each`, the first is plain."""
TOPICS = ("Graphs", "Heat", "Cells", "Markets", "Proofs", "Waves", "Grammar", "Rivers")
WORDS = """a simple model of what flows between two parts shows how cost grows with size and why
order matters when we measure each step again or compare both ends"""
STRETCH_SCENES, SENTENCES = 2, 3
APART = 0.1
"""Share of a camera that must lie on the screen for a picture in picture."""
SPEECHES = 34


@dataclass(frozen=True)
class Shown:
    """A page on the timeline, and where screen and camera lie meanwhile."""

    start: float
    end: float
    page: Page
    kind: LayoutKind
    screen: Box | None
    camera: Box | None


def main() -> None:
    """Write the lectures that the command line asks for."""
    parser = argparse.ArgumentParser(description="Render short lectures that look very different.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", action="store_true", help="one lecture for each property")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    styles = each_style() if args.each else mixed_styles(args.count, args.seed)
    for name, style in styles.items():
        truth = render(args.out / f"{name}.mp4", style)
        print(f"{name}: {truth['duration']:.0f} s, {len(truth['layouts'])} layouts", flush=True)


def mixed_styles(count: int, seed: int) -> dict[str, Style]:
    """Return styles whose properties are shuffled so that each value comes about equally often."""
    rng = random.Random(seed)
    columns = {}
    for name, values in CHOICES.items():
        column = [values[index % len(values)] for index in range(count)]
        rng.shuffle(column)
        columns[name] = column
    return {
        f"mixed-{seed}-{index:02d}": Style(
            seed=seed * 1000 + index, **{name: column[index] for name, column in columns.items()}
        )
        for index in range(count)
    }


def each_style() -> dict[str, Style]:
    """Return the plain style and every style that differs from it in one property."""
    found = {"plain": Style()}
    for name, values in CHOICES.items():
        for number, value in enumerate(dict.fromkeys(values)):
            label = value if isinstance(value, str) else number
            if value != getattr(found["plain"], name):
                found[f"{name}-{label}".replace(" ", "-")] = replace(Style(), **{name: value})
    return found


def render(path: Path, style: Style) -> dict:
    """Write a lecture of one style and its truth beside it; return the truth."""
    look = Look(size=style.size, fps=style.fps, gop_s=style.gop_s)
    sound, timeline = speak(_scenes(style))
    shown = _shown(style, timeline)
    truth = describe(sound, timeline, look) | {
        "layouts": _layouts(shown),
        "slides": _slides(shown),
        "variety": asdict(style),
    }
    noise = np.random.default_rng(style.seed).standard_normal(len(sound)) * 10 ** (-58 / 20)
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "sound.wav"
        soundfile.write(wav, np.clip(sound + noise, -1, 1), RATE, subtype="PCM_16")
        encode(path, wav, _frames(shown, style, truth["duration"]), look)
    path.with_suffix(".truth.json").write_text(json.dumps(truth, indent=1) + "\n")
    return truth


def _scenes(style: Style) -> list[Scene]:
    """Return the pages' scenes; two in a row may show one page in two arrangements."""
    rng = random.Random(style.seed)
    spoken = list(range(SPEECHES))
    rng.shuffle(spoken)
    scenes: list[Scene] = []
    order = style.order if len(style.order) > 1 else style.order * 3
    for number, kind in enumerate(order):
        for part in range(STRETCH_SCENES):
            title = f"{rng.choice(TOPICS)} {rng.choice(('in practice', 'again', 'and size', ''))}"
            lines = tuple(
                " ".join(rng.choices(WORDS.split(), k=rng.randint(3, 6))) for _ in range(4)
            )
            if number and not part and rng.random() < 0.5:
                title, lines = scenes[-1].title, scenes[-1].lines
            said = tuple(spoken.pop() for _ in range(SENTENCES))
            scenes.append(Scene(title, lines, said, kind, topic=number))
    return scenes


def _shown(style: Style, timeline: list[Spoken]) -> list[Shown]:
    pages: dict[tuple, Page] = {}
    shown = []
    for spoken in timeline:
        scene = spoken.scene
        key = (scene.title, scene.lines)
        extra: Extra = style.extra if len(pages) % 2 else "none"
        page = Page(scene.title, scene.lines, len(pages), style.template, extra)
        pages.setdefault(key, page)
        screen, camera = stage(scene.layout, style)
        shown.append(Shown(spoken.start, spoken.end, pages[key], scene.layout, screen, camera))
    return shown


def _layouts(shown: list[Shown]) -> list[dict]:
    found: list[dict] = []
    for part in shown:
        kind = _kind(part)
        boxes = {"screen": part.screen, "camera": part.camera}
        if found and found[-1].items() >= ({"type": kind} | boxes).items():
            found[-1]["t1"] = part.end
            continue
        found.append({"t0": part.start, "t1": part.end, "type": kind} | boxes)
    return found


def _kind(part: Shown) -> LayoutKind:
    """Return the kind that is seen: a camera in the corner may lie beside a window, not on it."""
    if part.kind != PIP or part.screen is None or part.camera is None:
        return part.kind
    (x, y, w, h), (left, top, wide, tall) = part.screen, part.camera
    across = max(0, min(x + w, left + wide) - max(x, left))
    down = max(0, min(y + h, top + tall) - max(y, top))
    return PIP if across * down >= APART * wide * tall else SIDE


def _slides(shown: list[Shown]) -> list[float]:
    """Return when another page, or no page, is shown; a camera alone is one slide."""
    pages = [None if part.kind == CAMERA else part.page for part in shown]
    changed = zip(shown[1:], pages, pages[1:], strict=False)
    return [part.start for part, before, after in changed if before != after]


# --- picture --------------------------------------------------------------------------------------

FILM_FPS = 12
FILM_WIDTH = 640


def _frames(shown: list[Shown], style: Style, duration: float) -> Iterator[np.ndarray]:
    grounds = {part.kind: draw_ground(part.kind, style) for part in shown}
    began = {part.page: part.start for part in reversed(shown)}
    current = 0
    for number in range(round(duration * style.fps)):
        at = number / style.fps
        while current + 1 < len(shown) and shown[current + 1].start <= at + 1e-6:
            current += 1
        part = shown[current]
        frame = grounds[part.kind].copy()
        if part.screen is not None:
            x, y, w, h = part.screen
            frame[y : y + h, x : x + w] = _page(part.page, at - began[part.page], (w, h))
            if style.pointer:
                point(frame[y : y + h, x : x + w], at)
        if part.camera is not None:
            paste(frame, _filmed(part, style, at), part.camera, style, part.kind)
        yield frame


def _page(shown: Page, seconds: float, size: tuple[int, int]) -> np.ndarray:
    """Return what the screen shows: the page, its video running, its strokes growing."""
    if shown.extra == "strokes":
        return write_strokes(shown, size, int(seconds))
    page = draw_page(shown, size)
    if shown.extra != "video":
        return page
    x, y, w, h = (round(share * size[n % 2]) for n, share in enumerate(VIDEO))
    video = film_video(shown.number, (w, h), FILM_FPS)
    page = page.copy()
    page[y : y + h, x : x + w] = video[int(seconds * FILM_FPS) % len(video)]
    return page


def _filmed(part: Shown, style: Style, at: float) -> np.ndarray:
    """Return the camera's picture (h, w, 3) of this moment."""
    import cv2

    assert part.camera is not None
    w, h = part.camera.w, part.camera.h
    person = Person(style.manner, style.room, style.seed)
    if part.kind == CAMERA and style.seed % 2 == 0:
        person = Person("walks", "board", style.seed)
    scale = min(1.0, FILM_WIDTH / w)
    film = film_person(person, (round(w * scale), round(h * scale)), min(FILM_FPS, style.fps))
    picture = film[int(at * min(FILM_FPS, style.fps)) % len(film)]
    return picture if picture.shape[:2] == (h, w) else cv2.resize(picture, (w, h))


if __name__ == "__main__":
    main()
