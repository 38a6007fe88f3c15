"""The child that encodes a clip's picture, one closed group of pictures after another.

Every group has an encoder of its own that knows nothing of the others, so its bytes depend on
nothing but what it shows: groups can be kept, left out, made in any order, and joined.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.canvas import (
    MATRICES,
    Colour,
    Image,
    Place,
    Source,
    View,
    background,
    drawn_image,
)
from agents.listening import write_sound
from agents.packets import Packet, write_packets
from agents.painting import Painting
from agents.recording import Recording

if TYPE_CHECKING:
    import av
    from av.video.codeccontext import VideoCodecContext

EVERY_FRAMES = 15
"""Progress is told this often."""
KEPT_IMAGES = 16
"""Images over the picture that are held ready: one of the whole picture takes 6 MB."""
SEI = 6
"""The kind of NAL unit in which x264 writes its name and settings."""


def main(args: list[str]) -> None:
    """Encode the groups that the file `args[0]` describes, and tell on stdout how far it is.

    Sound that is asked for is written first; where that fails, it says so.
    """
    request = json.loads(Path(args[0]).read_text())
    recording = Recording(**request["source"], rough=request["encoder"]["rough"])
    if request["sound"]:
        try:
            write_sound(request["source"], request["sound"], recording.container)
        except Exception:
            _say({"failed": "sound"})
            raise
    paintings = Paintings(request, recording.source)
    fps = Fraction(*request["fps"])
    done = 0
    for number, group in enumerate(request["groups"]):
        encoder = open_encoder(request["encoder"], fps, recording.source.colour)
        packets: list[av.Packet] = []
        painted = paint_group(group, recording.at, paintings, float(fps))
        first, frames = 0.0, 0
        for frames, (picture, source) in enumerate(painted, 1):
            if frames == 1:
                first = brightness(source)
            picture.pts, picture.time_base = frames - 1, encoder.time_base
            packets += encoder.encode(picture)
            if (done + frames) % EVERY_FRAMES == 0:
                _say({"frames": done + frames})
        packets += encoder.encode(None)
        done += frames
        colour = recording.source.colour
        facts = {
            "frames": frames,
            "brightness": first,
            "colour": [colour.matrix, colour.primaries, colour.transfer],
            "extradata": (encoder.extradata or b"").hex(),
        }
        write_packets(Path(group["path"]), facts, [_packet(packet) for packet in packets])
        del encoder, packets  # before the next one takes as much
        _say({"frames": done, "group": number})


def _say(said: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def brightness(frame: av.VideoFrame) -> float:
    """Return the luma, 0-255, that 99 % of the pixels do not exceed."""
    luma = frame.reformat(format="gray").to_ndarray()
    return float(np.percentile(luma, 99, method="lower"))


def open_encoder(settings: dict[str, Any], fps: Fraction, colour: Colour) -> VideoCodecContext:
    """Return x264 as every group is encoded: one thread, so that cores do not change the bytes."""
    import av
    from av.codec.context import Flags
    from av.video.codeccontext import VideoCodecContext

    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, VideoCodecContext)
    set_up(encoder, settings, fps, colour)
    encoder.flags |= Flags.global_header | Flags.bitexact
    encoder.open()
    return encoder


def set_up(
    encoder: VideoCodecContext, settings: dict[str, Any], fps: Fraction, colour: Colour
) -> None:
    """Give an encoder that is not open yet the settings that decide the bytes."""
    encoder.width, encoder.height = settings["size"]
    encoder.pix_fmt = "yuv420p"
    encoder.time_base, encoder.framerate = 1 / fps, fps
    encoder.thread_count = 1
    encoder.color_range = 1
    encoder.colorspace = MATRICES[colour.matrix]
    encoder.color_primaries = MATRICES[colour.primaries]
    encoder.color_trc = MATRICES[colour.transfer]
    encoder.options = {"preset": settings["preset"], "crf": settings["crf"], "threads": "1"}


def _packet(packet: av.Packet) -> Packet:
    """Return a packet without the note that x264 adds to the first one."""
    content = bytes(packet)
    units = [unit for unit in _units(content) if unit.lstrip(b"\0")[1] & 31 != SEI]
    assert packet.pts is not None
    assert packet.dts is not None
    return Packet(packet.pts, packet.dts, packet.is_keyframe, b"".join(units))


def _units(content: bytes) -> Iterator[bytes]:
    """Yield the NAL units of an Annex B packet, each with its start code."""
    begin = 0
    while begin < len(content):
        after = content.find(b"\0\0\1", begin + 4)
        end = len(content) if after < 0 else after - (content[after - 1] == 0)
        yield content[begin:end]
        begin = end


class Paintings:
    """The paintings and images of a request, each made when it is first needed."""

    def __init__(self, request: dict[str, Any], source: Source) -> None:
        self.source, self.matrix = source, source.colour.matrix
        self.pixels = np.memmap(request["stills"], np.uint8, "r")
        self.compositions = request["compositions"]
        self.images = request["images"]
        self.painting, self.image = cache(self._painting), lru_cache(KEPT_IMAGES)(self._image)

    def _read(self, at: int, shape: tuple[int, ...]) -> np.ndarray:
        return self.pixels[at : at + int(np.prod(shape))].reshape(shape)

    def _painting(self, number: int) -> Painting:
        made = self.compositions[number]
        width, height = made["size"]
        ground = background(self._read(made["ground"], (height, width, 3)), self.matrix)
        bubble = None
        if made["bubble"]:
            view = _view(made["bubble"])
            bubble = view, np.array(self._read(made["disc"], (view.target.h, view.target.w)))
        views = [_view(view) for view in made["views"]]
        behind = made["behind"] and _view(made["behind"])
        return Painting(self.source, ground, views, bubble, behind)

    def _image(self, number: int) -> Image:
        place, at = self.images[number]
        place = Place(*place)
        return drawn_image(place, np.array(self._read(at, (place.h, place.w, 4))), self.matrix)


def _view(view: dict[str, Any]) -> View:
    covered = view["patch"]
    patch = (Place(*covered[0]), Place(*covered[1])) if covered else None
    return View(Place(*view["source"]), Place(*view["target"]), patch)


def paint_group(
    group: dict[str, Any],
    frame_at: Callable[[float], av.VideoFrame],
    paintings: Paintings,
    rate: float,
) -> Iterator[tuple[av.VideoFrame, av.VideoFrame]]:
    """Yield each painted picture of a group with the source frame that it shows."""
    changes = [dict(layer) for layer in group["layers"]]
    shown: list[int | None] = [None] * len(changes)
    number = 0
    for begin, frames, composition in group["runs"]:
        painting = paintings.painting(composition)
        for step in range(frames):
            shown = [layer.get(number, now) for layer, now in zip(changes, shown, strict=True)]
            images = [None if image is None else paintings.image(image) for image in shown]
            # Up to the middle of two frames of the grid: each shows the source frame nearest to it.
            frame = frame_at(begin + (step + 0.5) / rate - 1e-6)
            yield painting.paint(frame, images), frame
            number += 1
