"""Speech recognition by faster-whisper: find or fetch its weights, run it in bounded memory."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np

from agents.errors import LectureError
from agents.transcript.params import Model, TranscriptParams
from agents.transcript.words import RawUtterance, RawWord
from agents.types import Interval

if TYPE_CHECKING:
    from faster_whisper import BatchedInferencePipeline
    from faster_whisper.transcribe import Segment

HUB = "https://huggingface.co"
HUB_TIMEOUT_S = 3.0
HUB_CACHE = Path.home() / ".cache" / "huggingface" / "hub"
"""Where weights are looked for and put when no folder is set."""
STRETCH_S = 29.0
"""Whisper hears 30 s at a time."""
JOIN_S = 3.0
"""Speech further apart is not put before Whisper together: it invents words for long silence."""
BATCH = 8
GROUP = 16
"""Stretches read and recognised together: about 8 minutes, 60 MB."""
RATE = 16_000


class NoWeights(LectureError):
    """There are no Whisper weights here, or they cannot be loaded."""

    code = "no_whisper_weights"


def find_weights(models: Path | None, model: str) -> tuple[str, Path] | None:
    """Return name and folder of the weights for `model`, else of the next size, else None."""
    root = models or HUB_CACHE
    if _is_model(root):
        return root.name.removeprefix("faster-whisper-"), root
    sizes = get_args(Model)
    wanted = sizes.index(model)
    for name in sorted(sizes, key=lambda size: (abs(sizes.index(size) - wanted), size != model)):
        for folder in _places(root, name):
            if _is_model(folder):
                return name, folder
    return None


def fetch_weights(models: Path | None, model: str) -> Path:
    """Return the folder of weights newly fetched from the hub; NoWeights if it does not answer."""
    from urllib.request import Request, urlopen

    try:
        urlopen(Request(HUB, method="HEAD"), timeout=HUB_TIMEOUT_S).close()
    except OSError as error:
        raise NoWeights(f"{HUB} does not answer", code="hub_unreachable") from error
    import httpx2
    from faster_whisper.utils import download_model

    try:
        return Path(download_model(model, cache_dir=str(models or HUB_CACHE)))
    except (OSError, ValueError, httpx2.HTTPError) as error:
        raise NoWeights(f"{HUB} did not give the weights", code="hub_unreachable") from error


def load_whisper(folder: Path, cores: int) -> BatchedInferencePipeline:
    """Return the model in `folder`, with 8-bit weights on the CPU; NoWeights if it is broken."""
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    try:
        model = WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=max(1, cores)
        )
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise NoWeights(f"the Whisper weights in '{folder.name}' cannot be loaded") from error
    return BatchedInferencePipeline(model=model)


def recognise_whisper(
    pipeline: BatchedInferencePipeline,
    audio: Path,
    stretches: Sequence[Interval],
    *,
    params: TranscriptParams,
    progress: Callable[[float], None],
) -> tuple[str, list[RawUtterance]]:
    """Return the language and what is said in the stretches, words in lecture time."""
    language = None if params.language == "auto" else params.language
    said: list[RawUtterance] = []
    for begin in range(0, len(stretches), GROUP):
        group = stretches[begin : begin + GROUP]
        offset = group[0].start
        segments, info = pipeline.transcribe(
            read_samples(audio, offset, group[-1].end),
            language=language,
            beam_size=params.beam_size,
            word_timestamps=True,
            batch_size=BATCH,
            clip_timestamps=[{"start": s.start - offset, "end": s.end - offset} for s in group],
        )
        language = language or info.language  # told once, from the first minutes
        heard = offset
        for segment in segments:
            said.append(_utterance(segment, group))
            heard = max(heard, said[-1].end)
            progress(100 * heard / stretches[-1].end)
    return language or "und", said


def read_samples(audio: Path, start: float, end: float) -> np.ndarray:
    """Return that stretch of the 16 kHz mono WAV: float32 in [-1, 1], shape (n,)."""
    with wave.open(str(audio), "rb") as wav:
        first = min(wav.getnframes(), round(start * RATE))
        wav.setpos(first)
        data = wav.readframes(max(0, round(end * RATE) - first))
    return np.frombuffer(data, "<i2").astype(np.float32) / 32768


def _utterance(segment: Segment, group: Sequence[Interval]) -> RawUtterance:
    """Return the segment in lecture time, no longer than what was heard."""
    offset, last = group[0].start, group[-1].end
    words = [
        RawWord(word.start + offset, word.end + offset, word.word, word.probability)
        for word in segment.words or ()
    ]
    start, end = segment.start + offset, segment.end + offset
    return RawUtterance(
        max(offset, min([start, *(word.start for word in words)])),
        min(last, max([end, *(word.end for word in words)])),
        words,
        segment.avg_logprob,
        segment.no_speech_prob,
    )


def _is_model(folder: Path) -> bool:
    # Without its tokenizer faster-whisper would go to the network for one.
    return (folder / "model.bin").is_file() and (folder / "tokenizer.json").is_file()


def _places(root: Path, model: str) -> Iterator[Path]:
    yield root / model
    yield root / f"faster-whisper-{model}"
    for repository in sorted(root.glob(f"models--*--faster-whisper-{model}")):
        yield from sorted((repository / "snapshots").glob("*"))
