"""A clip's sound as packets of AAC, encoded in passages that know nothing of each other.

Packets begin at every 1024th sample of the *recording* and passages at every so many of them, so
where an edge of a clip moves, the passages away from it hold the same samples as before and are
found on the shelf. Only a clip's first part lies on that grid; what follows a cut is counted on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agents.compile.groups import maker
from agents.compile.shelf import Shelf
from agents.compile.sound import SAMPLE_RATE
from agents.packets import Packet, Packets, write_packets

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext
    from av.codec.context import CodecContext

AAC_FRAME = 1024
"""Samples in a packet of AAC; a packet is heard over its own samples and those before."""
PASSAGE = 384
"""Packets in a passage: 8.2 s."""
AHEAD = 4
"""An encoder hears so many packets before a passage: it knows then what the one before it knew."""
CODER = {"aac_coder": "fast"}
"""A third of the cost of ffmpeg's other coder, at a bit rate that leaves speech transparent."""


def encode_sound(samples: np.ndarray, first: int, kbps: int, shelf: Shelf, work: Path) -> Packets:
    """Return a clip's sound, float32 (n,) at 48 kHz, as packets; what is on the shelf is kept.

    `first` is the number of the sample in the recording with which the clip begins.
    """
    early = first % AAC_FRAME
    whole = np.concatenate([np.zeros(early, np.float32), samples.astype(np.float32, copy=False)])
    packets: list[Packet] = []
    head = ""
    for passage in _passages(whole, first // AAC_FRAME):
        made = _kept(passage, kbps, shelf, work)
        head = made.facts["extradata"]
        for packet in made.packets:
            at = (len(packets) - 1) * AAC_FRAME - early
            packets.append(packet._replace(pts=at, dts=at))
    return Packets({"samples": len(samples), "extradata": head}, tuple(packets))


@dataclass(frozen=True, slots=True)
class _Passage:
    """What an encoder is given, and which of the packets that it makes are wanted."""

    samples: np.ndarray
    skipped: int
    count: int

    def key(self, kbps: int) -> str:
        """Return the hash of all that the bytes of its packets depend on."""
        told = f"{maker()} {kbps} {self.skipped} {self.count}".encode()
        return f"passage-{hashlib.sha256(told + self.samples.tobytes()).hexdigest()}"


def _passages(samples: np.ndarray, number: int) -> Iterator[_Passage]:
    """Yield the passages of a sound whose first packet has a number on the recording's grid."""
    # One packet more than the samples fill: each is heard over those before it, too.
    count = -(-len(samples) // AAC_FRAME) + 1
    begin = 0
    while begin < count:
        end = min(count, begin + PASSAGE - (number + begin) % PASSAGE)
        ahead = min(begin, AHEAD)
        # The encoder looks at the next packet's samples to choose how it cuts this one.
        heard = samples[(begin - ahead) * AAC_FRAME : (end + 1) * AAC_FRAME]
        yield _Passage(heard, ahead, end - begin)
        begin = end


def _kept(passage: _Passage, kbps: int, shelf: Shelf, work: Path) -> Packets:
    key = passage.key(kbps)
    found = shelf.read(key)
    if found is None:
        found, file = _encoded(passage, kbps), work / "passage.packets"
        write_packets(file, found.facts, found.packets)
        shelf.keep(key, file)
    return found


def _encoded(passage: _Passage, kbps: int) -> Packets:
    import av
    from av.audio.codeccontext import AudioCodecContext

    encoder = av.CodecContext.create("aac", "w")
    assert isinstance(encoder, AudioCodecContext)
    set_up_sound(encoder, kbps)
    set_plain(encoder)
    encoder.open()
    frame = av.AudioFrame.from_ndarray(passage.samples[None], format="fltp", layout="mono")
    frame.rate, frame.pts, frame.time_base = SAMPLE_RATE, 0, Fraction(1, SAMPLE_RATE)
    made = [*encoder.encode(frame), *encoder.encode(None)]
    wanted = made[passage.skipped : passage.skipped + passage.count]
    facts = {"extradata": (encoder.extradata or b"").hex()}
    return Packets(facts, tuple(Packet(0, 0, True, bytes(packet)) for packet in wanted))


def set_up_sound(encoder: AudioCodecContext, kbps: int) -> None:
    """Give an encoder of sound that is not open yet the settings that decide the bytes."""
    encoder.sample_rate, encoder.layout, encoder.format = SAMPLE_RATE, "mono", "fltp"
    encoder.bit_rate, encoder.options = kbps * 1000, CODER


def set_plain(encoder: CodecContext) -> None:
    """Have an encoder put its settings before all packets, and no program's name into them."""
    from av.codec.context import Flags

    encoder.flags |= Flags.global_header | Flags.bitexact
