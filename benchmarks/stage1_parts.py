"""What `benchmarks.stage1` measures, each in a process of its own: stages, or a part of them."""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agents.intake.audio import Track
    from agents.intake.video import Pictures
    from agents.types import Intake
    from jobs.evaluation.running import Bench


def run_stages(path: Path) -> dict[str, Any]:
    """Run stage 1 over a recording; return its slide changes and its memory."""
    with _bench() as bench:
        values, _ = bench.run(path, "silence", "layout")
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "seconds": values["intake"].media.duration,
        "slides": [slide.start for slide in values["layout"].slides[1:]],
        "own_mb": usage[0].ru_maxrss / 1024,
        "child_mb": usage[1].ru_maxrss / 1024,
    }


def find_slides(path: Path) -> dict[str, Any]:
    """Read the pictures of a recording as intake does, without its sound, and run layout.

    That is what slide changes cost alone: a process from its start, with the child in which layout
    decodes, the boxes of screen and camera, and the stills.
    """
    from agents.container import first_video, open_container, start_time
    from agents.intake.demux import Demux
    from agents.intake.video import Pictures
    from agents.layout import AGENT
    from agents.registry import Context, Resources

    with tempfile.TemporaryDirectory() as scratch, open_container(path, "mov") as container:
        folder = Path(scratch)
        stream, luma = first_video(container), folder / "luma.raw"
        assert stream is not None
        pictures = Pictures(stream, luma, start_time(container))
        demux = Demux(container, pictures, [], lambda percent: None)
        demux.run()
        context = Context(folder, Resources(), lambda percent, said: None, lambda key, make: folder)
        seen = _seen(path, pictures, luma, demux.end)
        layout = AGENT.run(seen, params=AGENT.params(headlines=0), context=context)
    return {"slides": [slide.start for slide in layout.slides[1:]]}


def _seen(path: Path, pictures: Pictures, luma: Path, end: float) -> Intake:
    """Return what intake would have measured of a recording without sound."""
    import numpy as np

    from agents import types
    from agents.decoder import LUMA_SIZE

    assert pictures.shown is not None
    times, none = np.array(pictures.time), np.zeros(0)
    order = np.argsort(times, kind="stable")
    sizes, keys = np.array(pictures.size), np.frombuffer(bytes(pictures.key), np.bool_)
    size, fps = path.stat().st_size, (len(times) - 1) / float(np.ptp(times))
    small = np.fromfile(luma, np.uint8).reshape(-1, *LUMA_SIZE[::-1])
    return types.Intake(
        types.Media(path, "mov", end, *pictures.shown, fps, False, 0, 0, "0" * 64, size),
        types.Levels(0.01, none, none),
        types.SpeechProbability(0.032, none),
        types.Prosody(none, none, none),
        types.PacketTable(times[order], sizes[order], keys[order]),
        types.KeyFrames(np.array(pictures.luma_time), small),
        audio=path,
        poster=path,
        proxy=None,
        notices=(),
    )


@contextmanager
def _bench() -> Iterator[Bench]:
    from agents.registry import Resources
    from agents.tuning import parse_tuning
    from jobs.evaluation.running import open_bench

    tuning = parse_tuning({"layout": {"headlines": 0}})
    with open_bench(tuning, Resources(), lambda *said: None) as bench:
        yield bench


def decode_sound(path: Path) -> dict[str, Any]:
    """Decode the sound of a recording to 16 kHz exactly as intake does, and nothing else."""
    with _sound(path) as track:
        return {"samples": track.length}


def hear_speech(path: Path) -> dict[str, Any]:
    """Decode the sound; return the CPU seconds that Silero then takes, as in intake's child."""
    from agents.intake.audio import RATE, write_wav
    from agents.intake.silero import find_silero, measure_speech
    from jobs.evaluation.running import cpu_seconds

    with _sound(path) as track:
        wav = track.path.with_name("mono.wav")
        write_wav(track.path, track.channels, 0, wav, track.length)
        began = cpu_seconds()
        values = measure_speech(wav, find_silero(), track.length / RATE, lambda percent: None)
        return {"windows": len(values), "silero": cpu_seconds() - began}


@contextmanager
def _sound(path: Path) -> Iterator[Track]:
    from agents.container import open_container, start_time
    from agents.intake.audio import Track
    from agents.intake.probe import MAX_S

    with tempfile.TemporaryDirectory() as folder, open_container(path, "mov") as container:
        stream = container.streams.audio[0]
        track = Track(stream, Path(folder, "track.wav"), start_time(container), MAX_S)
        for packet in container.demux(stream):
            track.add(packet)
        track.close()
        yield track


MEASURED = {
    "stages": run_stages,
    "slides": find_slides,
    "sound": decode_sound,
    "speech": hear_speech,
}
