"""How fast and how well speech is recognised: `uv run python -m benchmarks.speech [FOLDER]`.

PocketSphinx, the last resort, hears the sentences of the tests (a synthetic voice in room noise)
and every NAME.wav with a NAME.txt in FOLDER: word error rate, and seconds heard per CPU second.
Then Whisper hears the same made lecture twice with the same weights: as a plain call of
faster-whisper's BatchedInferencePipeline on the file, and as we do it. Without `--weights` the
model is a tiny random one: its words mean nothing, but windows and CPU seconds can be compared.
"""

from __future__ import annotations

import argparse
import re
import resource
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from agents.transcript import TranscriptParams
from agents.transcript.activity import speech_stretches
from agents.transcript.offline import JOIN_S, STRETCH_S, recognise_offline
from agents.transcript.whisper import load_whisper, recognise_whisper
from agents.transcript.windows import speech_windows
from agents.types import Intake
from tests.hearing import RATE, intake_from_sound, spoken
from tests.tiny_whisper import make_tiny_whisper

Value = TypeVar("Value")
SENTENCES = tuple(range(0, 34, 2))


@dataclass(frozen=True)
class Sample:
    """Speech with known words."""

    name: str
    sound: np.ndarray
    words: list[str]


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="NAME.wav with NAME.txt")
    parser.add_argument("--weights", type=Path, help="folder of a faster-whisper model")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        for sample in samples(options.folder):
            print(sphinx_line(sample, Path(work)), flush=True)
        weights = options.weights or make_tiny_whisper(Path(work) / "tiny")
        for line in whisper_lines(weights, Path(work)):
            print(line, flush=True)


def samples(folder: Path | None) -> Iterator[Sample]:
    """Yield the speech that there is."""
    sound, said = spoken(SENTENCES, noise_db=-55.0)
    yield Sample("made", sound, plain(" ".join(entry["text"] for _, _, entry in said)))
    found = sorted(folder.glob("*.wav")) if folder else []
    texts = [(wav, wav.with_suffix(".txt")) for wav in found if wav.with_suffix(".txt").is_file()]
    if not texts:
        print("no recorded speech with known words was given: FOLDER has no NAME.wav and NAME.txt")
        return
    import soundfile

    parts, words = [], []
    for wav, text in texts:
        part, rate = soundfile.read(wav, dtype="float32")
        if rate != RATE:
            print(f"{wav.name} is left out: {rate} Hz, {RATE} are needed")
            continue
        parts += [part, np.random.default_rng(1).normal(0, 1e-3, RATE).astype(np.float32)]
        words += plain(text.read_text())
    yield Sample(folder.name if folder else "", np.concatenate(parts), words)


def plain(text: str) -> list[str]:
    """Return the words of a text as PocketSphinx writes them."""
    return re.findall(r"[a-z']+", text.lower())


def sphinx_line(sample: Sample, work: Path) -> str:
    """Return what PocketSphinx makes of the speech."""
    intake = intake_from_sound(sample.sound, work / "sphinx.wav")
    stretches = speech_stretches(intake, max_s=STRETCH_S, join_s=JOIN_S)
    said, seconds = cost(
        lambda: recognise_offline(intake.audio, stretches, cores=1, progress=lambda percent: None)
    )
    heard = [word for u in said for w in u.words for word in plain(w.text)]
    rate = errors(sample.words, heard) / max(1, len(sample.words))
    speed = intake.media.duration / seconds
    return f"PocketSphinx, {sample.name}: WER {rate:.2f}, {speed:.1f} x real time a core"


def whisper_lines(weights: Path, work: Path) -> Iterator[str]:
    """Yield what the two ways cost, windows and CPU seconds."""
    sound, _ = spoken(SENTENCES + SENTENCES, pause_s=1.2, noise_db=-55.0)
    intake = intake_from_sound(sound, work / "whisper.wav")
    pipeline = load_whisper(weights, 1).pipeline
    params = TranscriptParams(beam_size=1)
    recognise_whisper(pipeline, intake.audio, speech_windows(intake)[:1], params=params,
                      progress=lambda percent: None)  # fmt: skip
    windows, plainly = cost(lambda: plain_windows(pipeline, intake))
    ours, seconds = cost(lambda: our_windows(pipeline, intake, params))
    yield f"Whisper, plain pipeline: {windows} windows, {plainly:.2f} CPU s"
    yield f"Whisper, ours: {ours} windows, {seconds:.2f} CPU s, {seconds / plainly:.2f} x plain"


def plain_windows(pipeline: object, intake: Intake) -> int:
    """Return the windows that faster-whisper's own voice activity detection makes; all is heard."""
    segments, _ = pipeline.transcribe(  # pyright: ignore[reportAttributeAccessIssue]
        str(intake.audio), beam_size=1, word_timestamps=True, batch_size=8
    )
    return len({segment.seek for segment in segments})


def our_windows(pipeline: object, intake: Intake, params: TranscriptParams) -> int:
    """Return the windows of our own speech mask; all is heard."""
    windows = speech_windows(intake)
    recognise_whisper(
        pipeline,  # pyright: ignore[reportArgumentType]
        intake.audio,
        windows,
        params=params,
        progress=lambda percent: None,
    )
    return len(windows)


def cost(work: Callable[[], Value]) -> tuple[Value, float]:
    """Return what the work gives and its CPU seconds, children included."""
    before = cpu_seconds()
    return work(), cpu_seconds() - before


def cpu_seconds() -> float:
    """Return user and system seconds of this process and its children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def errors(true: list[str], heard: list[str]) -> int:
    """Return the fewest words to change, add or leave out (Levenshtein 1966)."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(true, start=1):
        above, row = row, [i]
        for j, other in enumerate(heard, start=1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (word != other)))
    return row[-1]


if __name__ == "__main__":
    main()
