"""A sheet of a clip's pictures: edges, both sides of cuts and changes of layout, captions."""

from __future__ import annotations

from pathlib import Path

from agents.compile.params import CompileParams
from agents.compile.timeline import lay_out
from agents.ffmpeg import rendering_source
from agents.types import Clip, Intake

TILE, COLUMNS, LABEL = 400, 4, 18
"""Width of a picture and height of what is written above it, in pixels."""


def draw_sheet(clip: Clip, intake: Intake, params: CompileParams, path: Path) -> None:
    """Write a sheet of the clip's telling pictures."""
    import av
    from PIL import Image, ImageDraw

    wanted = moments(clip, intake, params)
    high = TILE * clip.height // clip.width + LABEL
    rows = -(-len(wanted) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * TILE, rows * high), (90, 90, 90))
    pen, places = ImageDraw.Draw(sheet), {frame: at for at, frame in enumerate(sorted(wanted))}
    with av.open(clip.video) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number in places:
                row, column = divmod(places[number], COLUMNS)
                at = column * TILE, row * high
                sheet.paste(frame.to_image().resize((TILE, high - LABEL)), (at[0], at[1] + LABEL))
                pen.text((at[0] + 4, at[1] + 3), f"{number}: {wanted[number]}")
    sheet.save(path)


def moments(clip: Clip, intake: Intake, params: CompileParams) -> dict[int, str]:
    """Return the frames that are shown on the sheet, each with why."""
    timeline = lay_out(clip.plan, rendering_source(intake), intake.packets, params)
    last, fps = timeline.frames - 1, timeline.fps
    found = {0: "first", last: "last"}
    done = 0
    for stretch in timeline.stretches:
        edges = {piece.start for piece in stretch.pieces}
        for shot in stretch.shots:
            if done:
                begins = stretch.origin + float(shot.first / fps)
                why = "cut" if any(abs(begins - edge) < 1e-3 for edge in edges) else "layout"
                found |= {done - 1: f"before {why}", done: f"after {why}"}
            done += shot.frames
    for cue in clip.plan.cues[:: max(1, len(clip.plan.cues) // 6)]:
        found.setdefault(min(last, round((cue.start + cue.end) / 2 * fps)), "caption")
    return found
