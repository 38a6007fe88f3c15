"""What can be checked of a rendered clip without eyes: circles, places of text, cut words."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import numpy as np

from agents.compile.params import CompileParams
from agents.compile.preview import draw_still, take_picture
from agents.types import Clip, ClipPlan, Intake, Word
from benchmarks.looks_circles import COLOURS

Finding = str | None
"""What was found, bold where something is wrong; None where there is nothing to check."""
SAFE = 0.03
"""Part of the shorter side that must stay free of text."""
ROUND = 0.03
"""Width and height of a circle may differ by this part."""
LEAST_PIXELS = 150
"""A smaller piece of a circle is a seam or a reflection of the encoder."""
DIFFERS = 40
"""Change of a pixel by what is written over it."""
TOUCH_S = 0.03
"""A word may reach this far over an edge: it is silence there, or its last breath."""


def squeezed(clip: Clip) -> str:
    """Return how round the circles of the clip's pictures are, the worst of them."""
    worst, seen = 1.0, 0
    for picture in _pictures(clip, every=5):
        for colour in COLOURS:
            near = np.abs(picture.astype(int) - colour).max(axis=2) < DIFFERS
            if near.sum() < LEAST_PIXELS:
                continue
            rows, columns = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
            ratio = (columns[-1] - columns[0] + 1) / (rows[-1] - rows[0] + 1)
            worst, seen = max(worst, ratio, 1 / ratio), seen + 1
    said = f"{seen} seen, sides within {100 * (worst - 1):.1f} %"
    return said if seen and worst <= 1 + ROUND else f"**{said}**"


def _pictures(clip: Clip, every: int) -> Iterator[np.ndarray]:
    import av

    with av.open(clip.video) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number % every == every // 2:
                yield frame.to_ndarray(format="rgb24")


def strayed(intake: Intake, plan: ClipPlan, params: CompileParams) -> str:
    """Return how near to an edge captions come: what differs where they are drawn."""
    width, height = params.canvas
    nearest, bare = 1.0, params.model_copy(update={"caption_shade": 0.0})
    cues = plan.cues[:: max(1, len(plan.cues) // 3)]
    for cue in cues:
        time = (cue.start + cue.end) / 2
        picture = take_picture(intake, plan, time, params=params)
        blank = _with_text(plan, cue.start, " ")
        with_text, without = (
            _pixels(draw_still(intake, shown, time, params=bare, picture=picture, kind="png"))
            for shown in (plan, blank)
        )
        changed = np.abs(with_text.astype(int) - without).max(axis=2) > DIFFERS
        rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
        if len(rows):
            free = rows[0], height - 1 - rows[-1], columns[0], width - 1 - columns[-1]
            nearest = min(nearest, min(free) / min(width, height))
        else:
            return f"**no text is seen at {time:.1f} s**"
    said = f"{100 * nearest:.1f} % free"
    return said if nearest >= SAFE else f"**{said}**"


def _with_text(plan: ClipPlan, start: float, text: str) -> ClipPlan:
    from dataclasses import replace

    cues = tuple(replace(c, text=text, spoken=()) if c.start == start else c for c in plan.cues)
    return replace(plan, cues=cues)


def _pixels(content: bytes) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def cut_words(plan: ClipPlan, words: Sequence[Word]) -> str:
    """Return how many words are cut at the edges of the clip's parts."""
    edges = [time for part in plan.parts for time in (part.start, part.end)]
    cut = [
        f"{word.text!r} at {edge:.2f}"
        for edge in edges
        for word in words
        if word.start + TOUCH_S < edge < word.end - TOUCH_S
    ]
    return f"{len(edges)} edges, none cut" if not cut else f"**{', '.join(cut)}**"
