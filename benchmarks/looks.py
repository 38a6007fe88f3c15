"""Look at rendered clips: `uv run python -m benchmarks.looks OUT [--media FOLDER]`.

Twenty clips in all templates: short clips that the six agents choose from lectures whose truth is
known (of `benchmarks.variety`, rendered when no folder is given), dressed by turns with all that
can be worn, and one clip in each template of a picture with a circle on screen and camera. OUT
gets the clips and a sheet for each (edges, both sides of every cut and change of layout,
captions), and `benchmarks/looks.md` what was checked; the section "What was seen" of it is
written by people.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, get_args

from agents.compile.params import CompileParams
from agents.compile.render import render_clip
from agents.compile.templates import TemplateName
from agents.registry import Context, Resources
from agents.subtitles import make_cues, to_vtt
from agents.types import Clip, ClipPlan, Cue, Intake, Interval, LayoutRegion, Word
from benchmarks.looks_checks import SAFE, Finding, cut_words, squeezed, strayed
from benchmarks.looks_circles import CAMERA, SCREEN, SIZE, make_circles
from benchmarks.looks_sheet import draw_sheet
from benchmarks.variety import mixed_styles, render
from data.artifacts import Artifacts
from jobs.pipeline import stage_table
from tests.colour_lecture import describe

REPORT = Path(__file__).with_suffix(".md")
SEEN = "## What was seen"
TEMPLATES: tuple[TemplateName, ...] = get_args(TemplateName)
LECTURES, CLIPS = 10, 13
SEED = 4
SHORT = {"min_clip_s": 6.0, "max_clip_s": 16.0, "min_part_s": 2.0, "max_pause_s": 0.6}
"""So short that a sheet shows all of a clip, with pauses cut out of it."""
DRESSES: tuple[Mapping[str, Any], ...] = (
    {},
    {"title_card_s": 2.0, "caption_highlight": True},
    {"topic_s": 3.0, "progress_bar": True, "caption_place": "over"},
    {"fade_s": 0.5, "caption_size": 6.0, "caption_weight": "regular"},
    {"caption_colour": "yellow", "caption_shade": 0.0, "camera_side": "left"},
)
"""What the clips wear by turns, besides what the template asks for."""
SHORTER_SIDE = "480p"
HEAD = """# Rendered clips, looked at

`uv run python -m benchmarks.looks OUT`: {count} clips, {templates} templates. Checked in what was
rendered: circles are round (both sides within 3 %), captions keep {safe} % of the shorter side free
all around, no word that is said is cut at an edge.

| clip | of | template, dress | parts | layouts | circles | text | words |
|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Sample:
    """One clip to be looked at, and what is true of its lecture."""

    name: str
    intake: Intake
    plan: ClipPlan
    params: CompileParams
    words: tuple[Word, ...] = ()


def main() -> None:
    """Render, check, draw the sheets and keep the report."""
    parser = argparse.ArgumentParser(description="Render clips to be looked at.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--media", type=Path, help="folder of lectures with NAME.truth.json")
    parser.add_argument("--only", default="", help="clips whose names hold this")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        media = asked.media or make_lectures(Path(name) / "media")
        samples = chain(circles(Path(name)), chosen(media, Path(name)))
        rows = [look_at(one, asked.out) for one in samples if asked.only in one.name]
    if asked.only:
        print("\n".join(rows))
        return
    head = HEAD.format(count=len(rows), templates=len(TEMPLATES), safe=round(100 * SAFE))
    _, _, seen = (REPORT.read_text() if REPORT.exists() else "").partition(SEEN)
    REPORT.write_text(head + "\n".join(rows) + f"\n\n{SEEN}{seen or chr(10)}")
    print(REPORT.read_text())


def make_lectures(folder: Path) -> Path:
    """Render lectures of all kinds."""
    folder.mkdir()
    for name, style in mixed_styles(LECTURES, SEED).items():
        render(folder / f"{name}.mp4", style)
    return folder


def chosen(media: Path, folder: Path) -> Iterator[Sample]:
    """Yield clips that the agents choose, up to two of each lecture."""
    count = 0
    for path in sorted(media.glob("*.mp4"))[:LECTURES]:
        truth = json.loads(path.with_suffix(".truth.json").read_text())
        words = tuple(Word(w["t0"], w["t1"], w["text"]) for w in truth["words"])
        intake, plans = analysed(path, words, folder / path.stem)
        for plan in plans[:2]:
            if count == CLIPS:
                return
            template, dress = TEMPLATES[count % len(TEMPLATES)], DRESSES[count % len(DRESSES)]
            params = CompileParams(template=template, size=SHORTER_SIDE, **dress)
            yield Sample(f"{count:02d}-{path.stem}", intake, plan, params, words)
            count += 1


def analysed(
    path: Path, words: Sequence[Word], folder: Path
) -> tuple[Intake, tuple[ClipPlan, ...]]:
    """Run all agents but the last one, with the captions that a platform would export."""
    folder.mkdir()
    captions = folder / "captions.vtt"
    captions.write_text(to_vtt(make_cues(words, (Interval(0.0, words[-1].end + 1),))))
    store = Artifacts(folder)
    resources = Resources(captions=captions, captions_name=captions.name, upload_name=path.name)
    values: dict[str, Any] = {}
    for name, stage in stage_table().items():
        if name == "compile":
            break
        work = folder / f"work-{name}"
        work.mkdir()
        context = Context(work, resources, lambda percent, said: None, store.once, store.find)
        params = stage.params(**(SHORT if name == "extract" else {}))
        given = [values[need] for need in stage.needs] or [path]
        values[name] = stage.run(*given, params=params, context=context)
    return values["intake"], values["extract"]


def circles(folder: Path) -> Iterator[Sample]:
    """Yield a clip in each template of a recording with circles, in all kinds of layout."""
    path = make_circles(folder / "circles.mp4", seconds=8)
    intake = describe(path, size=SIZE, fps=10)
    kinds = ("side_by_side", "screen_only", "camera_only", "picture_in_picture")
    regions = tuple(
        LayoutRegion(
            2.0 * number,
            2.0 * number + 2,
            kind,
            None if kind == "camera_only" else SCREEN,
            None if kind == "screen_only" else CAMERA,
            1.0,
        )
        for number, kind in enumerate(kinds)
    )
    cues = tuple(Cue(at + 0.2, at + 1.8, "A circle is round") for at in (0.0, 2.0, 4.0, 6.0))
    plan = ClipPlan(
        (Interval(0.0, 8.0),), 1, "Circles", 1.0, {}, "", "", 0, regions, cues, "Round things"
    )
    for template in TEMPLATES:
        params = CompileParams(template=template, size=SHORTER_SIDE)
        yield Sample(f"circle-{template}", intake, plan, params)


def look_at(sample: Sample, out: Path) -> str:
    """Render one clip into a folder of its own, and return its line of the report."""
    folder = out / sample.name
    folder.mkdir(exist_ok=True)
    clip = render_clip(
        sample.intake,
        sample.plan,
        params=sample.params,
        folder=folder,
        progress=lambda percent: None,
    )
    draw_sheet(clip, sample.intake, sample.params, out / f"{sample.name}.png")
    row = described(sample, clip)
    print(row, flush=True)
    return row


def described(sample: Sample, clip: Clip) -> str:
    """Return the line of a clip, with what its checks found."""
    plan, params = sample.plan, sample.params
    worn = ", ".join(
        f"{key} {value}"
        for key, value in params.model_dump(exclude_defaults=True).items()
        if key not in ("template", "size")
    )
    findings: tuple[Finding, ...] = (
        squeezed(clip) if sample.name.startswith("circle") else None,
        strayed(sample.intake, plan, params),
        cut_words(plan, sample.words) if sample.words else None,
    )
    kinds = " ".join(dict.fromkeys(region.kind for region in plan.layout))
    told = " | ".join(finding or "-" for finding in findings)
    dress = f"{params.template}{f': {worn}' if worn else ''}"
    what = f"{sample.name} | {plan.duration:.1f} s | {dress} | {len(plan.parts)} | {kinds}"
    return f"| {what} | {told} |"


if __name__ == "__main__":
    main()
