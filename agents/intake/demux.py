"""The loop over all packets of an upload, each handed to its stream, within the limits.

It runs a hundred times a second of lecture, so what is used per packet is a local variable.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from agents.intake.probe import MAX_PACKETS, MAX_S
from agents.intake.refused import Refused

if TYPE_CHECKING:
    import av
    import av.container

    from agents.intake.audio import Track
    from agents.intake.video import Pictures

RESTART_S = 1.0
"""A stream whose clock falls back by more than this was glued together."""
CHECK_EVERY = 500
"""Packets between two looks at how many there were; the length is looked at each time."""


class Demux:
    """One pass over the packets of an open container."""

    def __init__(
        self,
        container: av.container.InputContainer,
        pictures: Pictures,
        tracks: list[Track],
        report: Callable[[float], None],
    ) -> None:
        self.container, self.pictures, self.report = container, pictures, report
        self.tracks = {track.stream.index: track for track in tracks}
        self.streams = [pictures.stream, *(track.stream for track in tracks)]
        self.zero = pictures.zero
        self.end = 0.0
        """When the last packet ends, in seconds of the lecture."""
        self.broken_off = False

    def run(self) -> None:
        """Hand every packet to its stream, and bring out what the decoders still hold."""
        self._pass()
        self.pictures.close()
        for track in self.tracks.values():
            track.close()

    def _pass(self) -> None:
        from av.error import FFmpegError

        zero, tracks, see = self.zero, self.tracks, self.pictures.add
        # a packet's own time base is a new Fraction each time: a second of work in an hour's file
        bases = {stream.index: float(stream.time_base or 0) for stream in self.streams}
        clocks = dict.fromkeys(bases, float("-inf"))
        latest, count = 0.0, 0
        packets = self.container.demux(self.streams)
        while True:
            try:
                packet = next(packets, None)
            except FFmpegError:
                self.broken_off = True
                break
            if packet is None:
                break
            index, stamp, order = packet.stream_index, packet.pts, packet.dts
            if stamp is None:
                stamp = order
            if packet.size == 0 or stamp is None:
                if packet.size == 0 and index in tracks:
                    tracks[index].add(packet)
                continue
            base = bases[index]
            time = stamp * base - zero
            clock = (stamp if order is None else order) * base
            if clock + RESTART_S < clocks[index]:
                raise self._restarted(clocks[index])
            clocks[index] = clock
            end = time + (packet.duration or 0) * base
            if end > latest:
                latest = end
                if end > MAX_S:
                    raise self._too_long(end)
            count += 1
            if count % CHECK_EVERY == 0:
                self._check_count(packet, count)
            if index in tracks:
                tracks[index].add(packet)
            else:
                see(packet, time)
        self.end = latest

    def _restarted(self, last: float) -> Refused:
        what = f"its clock starts again after {last - self.zero:.1f} s; join the parts anew"
        return Refused("corrupt", what=what)

    def _too_long(self, end: float) -> Refused:
        claimed = (self.container.duration or 0) / 1e6
        return Refused("too_long", length=f"{max(claimed, end) / 3600:.1f} hours")

    def _check_count(self, packet: av.Packet, count: int) -> None:
        if count > MAX_PACKETS:
            raise Refused("too_long", length=f"more than {MAX_PACKETS} packets")
        if packet.pos is not None and self.container.size > 0:
            self.report(min(100.0, 100 * packet.pos / self.container.size))
