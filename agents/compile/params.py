"""The tunables of the clip compiler."""

from __future__ import annotations

from typing import Annotated, Literal

from agents.params import Params, Tunable


class CompileParams(Params):
    """How a clip looks and sounds."""

    size: Literal["1280x720", "1920x1080", "854x480", "640x360"] = "1280x720"
    """Width and height of the clips in pixels."""
    composition: Literal["auto", "screen_only", "camera_only"] = "auto"
    """What is shown: "auto" puts screen and camera side by side wherever there are both."""
    screen_share: Annotated[float, Tunable(0.5, 0.9, step=0.01)] = 0.75
    """Part of the width that the screen gets when the camera stands beside it."""
    camera_side: Literal["right", "left"] = "right"
    """The side on which the camera stands."""
    inset: Literal["smooth", "keep"] = "smooth"
    """A camera lying over the screen moves out: "smooth" closes its place, "keep" leaves it."""
    captions: bool = True
    """Whether the subtitles are burned into the picture; SRT and VTT are written either way."""
    caption_size: Annotated[float, Tunable(2.5, 8, step=0.1, unit="%")] = 4.4
    """Height of the caption letters as a part of the picture's height."""
    caption_place: Literal["below", "over"] = "below"
    """Captions stand below the screen, or over its lower edge; over a camera they always do."""
    caption_shade: Annotated[float, Tunable(0, 1, step=0.05)] = 0.7
    """How dark the box behind the captions is: 0 is clear, 1 is black."""
    max_fps: Annotated[float, Tunable(10, 60, step=1, unit="fps")] = 30.0
    """A recording with more pictures a second than this is halved until it fits."""
    crf: Annotated[float, Tunable(15, 35, step=1)] = 23.0
    """Picture quality of x264: lower is better and larger."""
    preset: Literal["ultrafast", "superfast", "veryfast", "faster", "medium"] = "veryfast"
    """How long x264 searches: slower presets make smaller files."""
    level_loudness: bool = True
    """Whether every clip is brought to the same loudness."""
    loudness: Annotated[float, Tunable(-30, -10, step=0.5, unit="LUFS")] = -16.0
    """Loudness that a clip is brought to (ITU-R BS.1770)."""
    audio_kbps: Annotated[int, Tunable(32, 192, step=16, unit="kb/s")] = 96
    """Bit rate of the sound (AAC, one channel)."""

    @property
    def canvas(self) -> tuple[int, int]:
        """Return width and height in pixels."""
        width, height = self.size.split("x")
        return int(width), int(height)
