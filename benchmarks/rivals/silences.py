"""Silences by simple methods: `silences.py METHOD FILE.wav` prints {silence: [[t0, t1]], cpu_s}.

Methods: split60 and split30 (librosa.effects.split, as shipped and at top_db 30), rms50 (root mean
square of 10 ms below -50 dBFS), silero (the network in the faster-whisper wheel, by its own
`get_speech_timestamps` as shipped but for no padding). Run through `uv run --no-project --with
librosa==0.11.0 --with faster-whisper==1.2.1`.
"""

import json
import resource
import sys

import librosa
import numpy as np

RATE = 16_000
HOP = 160


def by_split(sound: np.ndarray, top_db: float) -> list[tuple[float, float]]:
    """Return the stretches of speech that librosa.effects.split keeps."""
    spans = librosa.effects.split(sound, top_db=top_db)
    return [(a / RATE, b / RATE) for a, b in spans.tolist()]


def by_rms(sound: np.ndarray, floor_db: float) -> list[tuple[float, float]]:
    """Return the runs of 10 ms hops at or above a level in dBFS."""
    hops = sound[: len(sound) // HOP * HOP].reshape(-1, HOP)
    loud = 10 * np.log10((hops**2).mean(axis=1) + 1e-12) >= floor_db
    edges = np.flatnonzero(np.diff(loud.astype(np.int8), prepend=0, append=0))
    return [(a * HOP / RATE, b * HOP / RATE) for a, b in edges.reshape(-1, 2).tolist()]


def by_silero(sound: np.ndarray) -> list[tuple[float, float]]:
    """Return the stretches that Silero calls speech."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(speech_pad_ms=0, min_silence_duration_ms=100)
    return [
        (one["start"] / RATE, one["end"] / RATE) for one in get_speech_timestamps(sound, options)
    ]


METHODS = {
    "split60": lambda sound: by_split(sound, 60),
    "split30": lambda sound: by_split(sound, 30),
    "rms50": lambda sound: by_rms(sound, -50),
    "silero": by_silero,
}


def main(method: str, path: str) -> None:
    """Print what a method finds in a file."""
    sound, _ = librosa.load(path, sr=RATE, mono=True)
    speech = METHODS[method](sound)
    duration = len(sound) / RATE
    edges = [0.0, *(edge for span in speech for edge in span), duration]
    silence = [[a, b] for a, b in zip(edges[::2], edges[1::2], strict=True) if b > a]
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"silence": silence, "cpu_s": used.ru_utime + used.ru_stime}))


if __name__ == "__main__":
    main(*sys.argv[1:])
