"""A clip's file from packets that are encoded already: nothing is decoded or encoded here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from agents.canvas import Colour
from agents.compile.aac import AAC_FRAME, set_plain, set_up_sound
from agents.compile.caption_track import MS, add_caption_stream, timed_texts
from agents.compile.groups import encoder_settings
from agents.compile.params import CompileParams
from agents.compile.sound import SAMPLE_RATE
from agents.encoding import set_up
from agents.errors import RenderFailed
from agents.packets import Packet, Packets
from agents.types import Cue

if TYPE_CHECKING:
    import av
    from av.codec.context import CodecContext
    from av.stream import Stream


def join(
    groups: Sequence[Packets],
    sound: Packets,
    out: Path,
    fps: Fraction,
    params: CompileParams,
    cues: Sequence[Cue] = (),
) -> None:
    """Write the clip's file: the groups one after another, sound and a track of cues beside them.

    Without cues there is no such track.
    """
    import av

    colour = Colour(*groups[0].facts["colour"])
    # bitexact: the same clip has the same bytes, and no program's name or time is written in it
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(out, "w", format="mp4", options=options) as container:
        # The encoders are opened for what they write ahead of their packets, and never used.
        picture = container.add_stream("libx264", rate=fps)
        set_up(picture.codec_context, encoder_settings(params), fps, colour)
        heard = container.add_stream("aac", rate=SAMPLE_RATE)
        set_up_sound(heard.codec_context, params.audio_kbps)
        for stream, parts in ((picture, groups), (heard, [sound])):
            set_plain(stream.codec_context)
            stream.codec_context.open()
            _check_head(stream.codec_context, parts)
        tracks = [
            _Track(picture, 1 / fps, [(packet, 1) for packet in _moved(groups)]),
            _Track(heard, Fraction(1, SAMPLE_RATE), _lasting(sound)),
        ]
        if cues:
            seconds = float(sum(group.facts["frames"] for group in groups) / fps)
            tracks.append(_Track(add_caption_stream(container), MS, timed_texts(cues, seconds)))
        container.start_encoding()
        for packet in _interleaved(tracks):
            container.mux(packet)


@dataclass(frozen=True, slots=True)
class _Track:
    """Packets with how long each lasts, in ticks of so many seconds."""

    stream: Stream
    tick: Fraction
    packets: Sequence[tuple[Packet, int]]


def _lasting(sound: Packets) -> list[tuple[Packet, int]]:
    samples = sound.facts["samples"]
    return [(packet, min(AAC_FRAME, samples - packet.pts)) for packet in sound.packets]


def _check_head(encoder: CodecContext, parts: Sequence[Packets]) -> None:
    """Raise when packets were not made by this encoder: they could not be decoded together."""
    head = (encoder.extradata or b"").hex()
    if any(part.facts["extradata"] != head for part in parts):
        raise RenderFailed("parts of the clip were encoded in different ways")


def _moved(groups: Sequence[Packets]) -> list[Packet]:
    """Return the packets of all groups, each group after the one before."""
    # A group of one or two frames is decoded without the delay that the others have.
    delay = max(-group.packets[0].dts for group in groups)
    packets, first = list[Packet](), 0
    for group in groups:
        for packet in group.packets:
            dts = len(packets) - delay
            packets.append(packet._replace(pts=packet.pts + first, dts=dts))
        first += group.facts["frames"]
    return packets


def _interleaved(tracks: Sequence[_Track]) -> list[av.Packet]:
    """Return the packets of all tracks in the order in which they are needed."""
    import av

    found = []
    for number, track in enumerate(tracks):
        tick = float(track.tick)
        for place, (one, lasts) in enumerate(track.packets):
            packet = av.Packet(one.content)
            packet.stream, packet.time_base = track.stream, track.tick
            packet.pts, packet.dts, packet.is_keyframe = one.pts, one.dts, one.is_key
            packet.duration = lasts
            found.append((one.dts * tick, number, place, packet))
    return [packet for *_, packet in sorted(found, key=lambda each: each[:3])]
