"""Templates: how screen and camera are arranged on which canvas, one small file each."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, Le
from pydantic import BaseModel, ConfigDict

TemplateName = Literal[
    "side_by_side", "bubble", "camera_and_slides", "screen", "camera", "vertical", "square"
]
"""The files of this folder."""


class Template(BaseModel):
    """A description of a composition; parts are of the canvas, 0-1."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    title: str
    """For people, as is the next."""
    about: str
    aspect: Literal["16:9", "9:16", "1:1"]
    """Shape of the canvas."""
    both: Literal["columns", "rows", "bubble", "screen", "camera"]
    """What is done where there are screen and camera: one beside the other, the screen above the
    camera, the camera as a disc over the screen, or only one of them."""
    main: Literal["screen", "camera"] = "screen"
    """Which of two columns is the wide one."""
    split: Annotated[float, Ge(0.2), Le(0.8)] = 0.5
    """Part of the height that the screen gets in rows."""
    captions: Literal["below", "over"]
    """Captions stand in a strip of their own, or over the lower edge."""
    caption_columns: Annotated[int, Ge(16), Le(60)] = 42
    """Most characters of a caption line."""
    caption_lines: Annotated[int, Ge(1), Le(4)] = 2
    caption_scale: Annotated[float, Ge(0.5), Le(1.5)] = 1.0
    """Size of the letters against the one that is tuned."""

    def canvas(self, short_side: int) -> tuple[int, int]:
        """Return even width and height in pixels of a canvas whose shorter side is given."""
        across, down = (int(part) for part in self.aspect.split(":"))
        long_side = -(-short_side * max(across, down) // min(across, down) // 2) * 2
        return (long_side, short_side) if across >= down else (short_side, long_side)


@cache
def read_template(name: TemplateName) -> Template:
    """Return a template by its name."""
    text = (Path(__file__).parent / f"{name}.toml").read_text("utf-8")
    return Template.model_validate(tomllib.loads(text))
