"""Speech recognition by faster-whisper: where it runs, in which language, in bounded memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agents.subtitles import join_words
from agents.transcript.loops import drop_loops
from agents.transcript.params import TranscriptParams
from agents.transcript.weights import NoWeights
from agents.transcript.windows import RATE, Window, read_window
from agents.transcript.words import RawUtterance, RawWord
from agents.types import Notice

if TYPE_CHECKING:
    from faster_whisper import BatchedInferencePipeline, WhisperModel
    from faster_whisper.transcribe import Segment

BATCH = 8
GROUP = 16
"""Windows read and recognised together: about 8 minutes, 60 MB."""
STUCK = 2.4
"""Compression ratio of a text above which Whisper is stuck in a loop (Radford et al. 2022, 4.5)."""
NOVEL_TOKENS = 4
"""A window that was stuck is heard once more; no run of this many tokens may come twice then."""
NO_SPEECH, UNLIKELY = 0.6, -1.0
"""Above this probability of no speech and below this mean log probability nobody speaks (ibid.)."""
SURE = 0.9
"""Probability of a language at which no further window is asked for it."""
UNSURE = 0.6
"""Probability of a language below which a person is told."""
ASKED = (0.5, 0.25, 0.75, 0.0, 1.0)
"""Where in the lecture the language is asked: the first seconds may be a jingle or a greeting."""
WINDOWS_PER_QUESTION = 20
"""So many windows justify one more question about the language, which costs as much as a window."""
TRY_S = 180.0
TRY = "from agents.transcript.whisper import try_device; try_device()"


@dataclass(frozen=True, slots=True)
class Whisper:
    """A loaded model, and where it runs."""

    pipeline: BatchedInferencePipeline
    on: str
    """For people: "int8 on the CPU" or "float16 on the GPU"."""
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """What Whisper heard; words in lecture time."""

    language: str
    probability: float
    """How sure Whisper is of the language, 0-1; 1 when it was given."""
    said: tuple[RawUtterance, ...]
    lost: tuple[float, ...] = ()
    """Where in the lecture Whisper was stuck, in seconds; words are missing there."""


def load_whisper(folder: Path, cores: int) -> Whisper:
    """Return the model in `folder`: float16 where CUDA is and works, else 8-bit on the CPU."""
    notices: tuple[Notice, ...] = ()
    kind = cuda_type()
    if kind is not None:
        if runs_on(folder, "cuda", kind):
            return Whisper(_open(folder, "cuda", kind, cores), f"{kind} on the GPU")
        text = "the GPU cannot be used: its CUDA libraries do not load; the CPU is used"
        notices = (Notice("gpu_unusable", text),)
    return Whisper(_open(folder, "cpu", "int8", cores), "int8 on the CPU", notices)


def cuda_type() -> str | None:
    """Return the type of number to compute in on the GPU, None where there is no GPU."""
    import ctranslate2

    try:
        if not ctranslate2.get_cuda_device_count():
            return None
        known = ctranslate2.get_supported_compute_types("cuda")
    except RuntimeError:  # a driver that is too old or broken
        return "float16"
    return "float16" if "float16" in known else "float32"


def runs_on(folder: Path, device: str, kind: str) -> bool:
    """Say whether the model computes there; a library that is missing ends the process."""
    command = [sys.executable, "-c", TRY, str(folder), device, kind]
    try:
        done = subprocess.run(
            command, cwd=Path(__file__).parents[2], capture_output=True, timeout=TRY_S, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def try_device() -> None:
    """Load the model named on the command line, and let it hear 30 s of nothing."""
    folder, device, kind = sys.argv[1:]
    model = _open(Path(folder), device, kind, 1).model
    model.encode(np.zeros((1, model.model.n_mels, 3000), np.float32))


def _open(folder: Path, device: str, kind: str, cores: int) -> BatchedInferencePipeline:
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    try:
        model = WhisperModel(
            str(folder), device=device, compute_type=kind, cpu_threads=max(1, cores)
        )
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise NoWeights(f"the Whisper weights in '{folder.name}' cannot be loaded") from error
    return BatchedInferencePipeline(model=model)


def recognise_whisper(
    pipeline: BatchedInferencePipeline,
    audio: Path,
    windows: Sequence[Window],
    *,
    params: TranscriptParams,
    progress: Callable[[float], None],
) -> Heard:
    """Return the language and what is said in the windows."""
    language, probability = params.language, 1.0
    if language == "auto" or not pipeline.model.model.is_multilingual:
        language, probability = detect_language(pipeline.model, audio, windows)
    said: list[RawUtterance] = []
    lost: list[float] = []
    for begin in range(0, len(windows), GROUP):
        group = windows[begin : begin + GROUP]
        stuck: list[Window] = []
        for number, (window, segment) in enumerate(_hear(pipeline, audio, group, language, params)):
            utterance = _utterance(segment, window)
            if segment.compression_ratio > STUCK or drop_loops(utterance.words) != utterance.words:
                stuck.append(window)
            elif not _is_nobody(segment):
                said.append(utterance)
            progress(100 * (begin + min(number + 1, len(group))) / len(windows))
        again = _hear(pipeline, audio, stuck, language, params, novel=NOVEL_TOKENS)
        for window, segment in again if stuck else ():
            utterance = _utterance(segment, window)
            words = drop_loops(utterance.words)
            if len(words) < len(utterance.words):
                lost.append(utterance.start)
            if words and not _is_nobody(segment):
                said.append(replace(utterance, words=words))
    said.sort(key=lambda utterance: utterance.start)
    return Heard(language, probability, tuple(said), tuple(lost))


def detect_language(
    model: WhisperModel, audio: Path, windows: Sequence[Window]
) -> tuple[str, float]:
    """Return the likeliest language and its mean probability over windows of the whole lecture."""
    if not model.model.is_multilingual:
        return "en", 1.0
    questions = min(len(ASKED), 1 + len(windows) // WINDOWS_PER_QUESTION)
    places = list(dict.fromkeys(round(share * (len(windows) - 1)) for share in ASKED))
    total: dict[str, float] = {}
    best = "en"
    for asked, place in enumerate(places, start=1):
        _, _, answer = model.detect_language(audio=read_window(audio, windows[place]))
        for language, probability in answer:
            total[language] = total.get(language, 0.0) + probability
        best = max(total, key=lambda language: total[language])
        if asked >= questions and total[best] / asked >= SURE:
            return best, total[best] / asked
    return best, total.get(best, 0.0) / max(1, len(places))


def _hear(
    pipeline: BatchedInferencePipeline,
    audio: Path,
    windows: Sequence[Window],
    language: str,
    params: TranscriptParams,
    novel: int = 0,
) -> Iterator[tuple[Window, Segment]]:
    """Yield what the model says to each window, in seconds of that window.

    No run of `novel` tokens comes twice in a window; 0 lets them.
    """
    heard = [read_window(audio, window) for window in windows]
    edges = [0, *np.cumsum([len(samples) for samples in heard]).tolist()]
    segments, _ = pipeline.transcribe(
        np.concatenate(heard),
        language=language,
        beam_size=params.beam_size,
        word_timestamps=True,
        batch_size=BATCH,
        clip_timestamps=[{"start": a / RATE, "end": b / RATE} for a, b in pairwise(edges)],
        no_repeat_ngram_size=novel,
    )
    for segment in segments:
        # `seek` is the window's start in hundredths of a second, rounded down.
        number = int(np.searchsorted(edges, (segment.seek + 1) / 100 * RATE, side="right")) - 1
        number = min(number, len(windows) - 1)
        yield windows[number], _moved(segment, segment.seek / 100)


def _moved(segment: Segment, offset: float) -> Segment:
    words = [
        replace(word, start=word.start - offset, end=word.end - offset)
        for word in segment.words or ()
    ]
    return replace(segment, start=segment.start - offset, end=segment.end - offset, words=words)


def _is_nobody(segment: Segment) -> bool:
    return segment.no_speech_prob > NO_SPEECH and segment.avg_logprob < UNLIKELY


def _utterance(segment: Segment, window: Window) -> RawUtterance:
    """Return the segment in lecture time, within what was heard."""
    words: list[RawWord] = []
    for word in segment.words or ():
        start, end = window.place(word.start, word.end)
        if words and _goes_on(words[-1].text, word.word):
            last = words.pop()
            text, sure = last.text + word.word, min(last.probability, word.probability)
            words.append(RawWord(last.start, max(end, last.end), text, sure))
        else:
            words.append(RawWord(start, end, word.word, word.probability))
    return RawUtterance(
        window.pieces[0].start,
        window.pieces[-1].end,
        words,
        segment.avg_logprob,
        segment.no_speech_prob,
    )


def _goes_on(text: str, piece: str) -> bool:
    """Say whether Whisper has cut one word in two: "8" and ".225", "STS" and "-042"."""
    if not text.strip() or not piece.strip() or piece[0].isspace():
        return False
    # Scripts without spaces come character by character: those stay as they are.
    return not any(join_words((c, c)) == c + c for c in (text[-1], piece[0]))
