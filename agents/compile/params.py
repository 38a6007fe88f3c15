"""The tunables of the clip compiler."""

from __future__ import annotations

from typing import Annotated, Literal

from agents.compile.templates import Template, TemplateName, read_template
from agents.params import Params, Tunable

Quality = Literal["full", "draft"]
DRAFT_SIZE, DRAFT_PRESET, DRAFT_FPS = "360p", "ultrafast", 15.0


class CompileParams(Params):
    """How a clip looks and sounds."""

    template: TemplateName = "side_by_side"
    """How screen and camera are arranged, and in which shape; each follows the layout."""
    size: Literal["720p", "1080p", "480p", "360p"] = "720p"
    """Pixels of the picture's shorter side."""
    quality: Quality = "full"
    """A draft is made as fast as can be, to look at first: 360p, at most 15 pictures a second."""
    main_share: Annotated[float, Tunable(0.5, 0.9, step=0.01)] = 0.75
    """Part of the width that the larger of two pictures beside each other gets."""
    camera_side: Literal["right", "left"] = "right"
    """The side on which the camera stands."""
    camera_crop: Literal["person", "whole"] = "person"
    """The camera is cropped to the stretch in which the lecturer moves, or shown whole."""
    inset: Literal["smooth", "keep"] = "smooth"
    """A camera lying over the screen moves out: "smooth" closes its place, "keep" leaves it."""
    backdrop: Literal["blurred", "plain"] = "blurred"
    """Tall and square clips show the screen, blurred, in the room around it, or plain grey."""
    captions: bool = True
    """Whether the subtitles are burned into the picture; SRT and VTT are written either way."""
    caption_track: bool = False
    """Whether the subtitles are a track in the file, too, which players show and hide."""
    caption_size: Annotated[float, Tunable(2.5, 8, step=0.1, unit="%")] = 4.4
    """Height of the caption letters as a part of the picture's height."""
    caption_place: Literal["auto", "below", "over"] = "auto"
    """Captions stand below the screen or over its lower edge, or where the template has them."""
    caption_shade: Annotated[float, Tunable(0, 1, step=0.05)] = 0.7
    """How dark the box behind the captions is: 0 is clear, 1 is black."""
    caption_colour: Literal["white", "yellow", "cyan"] = "white"
    """Colour of the captions; letters get a dark outline where the box is not dark enough."""
    caption_weight: Literal["bold", "regular"] = "bold"
    """How heavy the letters of the captions are."""
    caption_highlight: bool = False
    """Whether the word being said is shown in another colour."""
    title_card_s: Annotated[float, Tunable(0, 6, step=0.5, unit="s")] = 0.0
    """How long a card with the titles of clip and lecture lies over the beginning; 0 is never."""
    topic_s: Annotated[float, Tunable(0, 10, step=0.5, unit="s")] = 0.0
    """How long the topic stands in the lower third after the beginning; 0 is never."""
    progress_bar: bool = False
    """Whether a thin bar along the lower edge shows how far the clip is."""
    logo_place: Literal["top_right", "top_left", "none"] = "top_right"
    """The corner of a logo, if one is given: `--logo` of the command, `LECTURE_LOGO` of the app."""
    logo_size: Annotated[float, Tunable(3, 20, step=0.5, unit="%")] = 8.0
    """Greatest height of the logo as a part of the picture's shorter side."""
    fade_s: Annotated[float, Tunable(0, 3, step=0.1, unit="s")] = 0.0
    """How long picture and sound take to come from black and silence, and to go; 0 is at once."""
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
    reel_transition: Literal["fade", "dissolve", "cut"] = "fade"
    """How a passage of the highlight reel follows another: through black, into it, or at once."""

    reel_title_s: Annotated[float, Tunable(0, 6, step=0.5, unit="s")] = 3.0
    """How long each passage of the highlight reel shows its title after it begins; 0 is never."""

    @property
    def look(self) -> Template:
        """Return the template."""
        return read_template(self.template)

    @property
    def canvas(self) -> tuple[int, int]:
        """Return width and height in pixels."""
        size = DRAFT_SIZE if self.quality == "draft" else self.size
        return self.look.canvas(int(size.removesuffix("p")))

    @property
    def x264_preset(self) -> str:
        """Return how long x264 searches."""
        return DRAFT_PRESET if self.quality == "draft" else self.preset

    @property
    def most_fps(self) -> float:
        """Return how many pictures a second there are at most."""
        return min(DRAFT_FPS, self.max_fps) if self.quality == "draft" else self.max_fps
