"""The tunables of the silence detector."""

from __future__ import annotations

from typing import Annotated

from agents.params import Params, Tunable


class SilenceParams(Params):
    """How silences are told from speech."""

    top_db: Annotated[float, Tunable(10, 80, step=1, unit="dB")] = 40.0
    """A level this far below the loudest speech always counts as silence."""
    noise_margin_db: Annotated[float, Tunable(0, 30, step=1, unit="dB")] = 5.0
    """Sound must rise this far above the recording's own noise to count as speech."""
    speech_weight: Annotated[float, Tunable(0, 1, step=0.05)] = 0.55
    """What the speech model's vote counts against the level: 0 is level alone, 1 model alone."""
    min_silence_s: Annotated[float, Tunable(0.1, 5, step=0.05, unit="s")] = 0.3
    """Shorter pauses are ignored."""
    padding_s: Annotated[float, Tunable(0, 0.5, step=0.01, unit="s")] = 0.0
    """This much at both ends of a pause is left to the words; cuts keep a breath besides."""
    close_gaps_s: Annotated[float, Tunable(0, 1, step=0.01, unit="s")] = 0.1
    """Sounds shorter than this, such as a click, do not end a silence, nor such gaps speech."""
    blank_contrast: Annotated[float, Tunable(0, 30, step=0.5)] = 3.0
    """A screen whose brightness (0-255) varies less than this over its area is blank."""
    min_blank_s: Annotated[float, Tunable(0.5, 60, step=0.5, unit="s")] = 2.0
    """Shorter blank screens are ignored."""
    min_frozen_s: Annotated[float, Tunable(2, 120, step=1, unit="s")] = 10.0
    """A screen counts as blank when its whole picture, camera included, is frozen this long."""
