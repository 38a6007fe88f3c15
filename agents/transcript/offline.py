"""Speech recognition by PocketSphinx, whose English model lies in its wheel: the last resort.

The stretches are shared out among as many processes as there are cores; each runs this module's
`main`, which takes the stretches on its standard input and prints one JSON line for each.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import wave
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue

from agents.errors import StageError
from agents.transcript.words import RawUtterance, RawWord
from agents.types import Interval

STRETCH_S = 15.0
"""Longer stretches make the search slower without making it better."""
JOIN_S = 0.6
RATE = 16_000
FRAMES_PER_S = 100
MAX_ACTIVE = 6000
"""Hidden Markov models searched at a time (default 30000): fewer errors than 3000, still 3 x real
time; benchmarks/speech.py measures it."""
PROGRAM = "from agents.transcript.offline import main; main()"


def recognise_offline(
    audio: Path,
    stretches: Sequence[Interval],
    *,
    cores: int,
    progress: Callable[[float], None],
) -> list[RawUtterance]:
    """Return what is said in the stretches, words in lecture time."""
    shares = [stretches[i::cores] for i in range(max(1, cores)) if stretches[i::cores]]
    lines: SimpleQueue[str | None] = SimpleQueue()
    workers = [_start(audio, share) for share in shares]
    readers = [threading.Thread(target=_read, args=(worker, lines)) for worker in workers]
    try:
        for reader in readers:
            reader.start()
        said = []
        for line in _until_all_ended(lines, len(readers)):
            said.append(_utterance(json.loads(line)))
            progress(100 * len(said) / len(stretches))
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
        for reader in readers:
            reader.join()
    if len(said) < len(stretches):
        raise StageError("PocketSphinx stopped before the end of the recording")
    return sorted(said, key=lambda utterance: utterance.start)


def _start(audio: Path, share: Sequence[Interval]) -> subprocess.Popen[str]:
    worker = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(audio)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert worker.stdin is not None
    worker.stdin.write(json.dumps([(s.start, s.end) for s in share]))
    worker.stdin.close()
    return worker


def _read(worker: subprocess.Popen[str], lines: SimpleQueue[str | None]) -> None:
    assert worker.stdout is not None
    with worker.stdout:
        for line in worker.stdout:
            lines.put(line)
    lines.put(None)


def _until_all_ended(lines: SimpleQueue[str | None], readers: int) -> Iterator[str]:
    while readers:
        line = lines.get()
        if line is None:
            readers -= 1
        else:
            yield line


def _utterance(result: dict) -> RawUtterance:
    words = [RawWord(*word) for word in result["words"]]
    return RawUtterance(result["start"], result["end"], words)


def recognise_stretches(audio: Path, share: Sequence[tuple[float, float]]) -> Iterator[dict]:
    """Yield start, end and words (start, end, text, probability) of each stretch."""
    import pocketsphinx

    decoder = pocketsphinx.Decoder(
        samprate=RATE, maxhmmpf=MAX_ACTIVE, cmn="batch", loglevel="FATAL"
    )
    with wave.open(str(audio), "rb") as wav:
        for start, end in share:
            wav.setpos(min(wav.getnframes(), round(start * RATE)))
            decoder.reinit_feat()  # it would remember the noise of the stretches before
            decoder.start_utt()
            decoder.process_raw(wav.readframes(round((end - start) * RATE)), full_utt=True)
            decoder.end_utt()
            yield {"start": start, "end": end, "words": list(_words(decoder, start))}


def _words(decoder: object, offset: float) -> Iterator[tuple[float, float, str, float]]:
    for segment in decoder.seg() or ():  # pyright: ignore[reportAttributeAccessIssue]
        text = re.sub(r"\(\d+\)$", "", segment.word)  # "a(2)" is another way to say "a"
        if not text.startswith(("<", "[", "+")):
            first, last = segment.start_frame / FRAMES_PER_S, (segment.end_frame + 1) / FRAMES_PER_S
            yield offset + first, offset + last, text, min(1.0, max(0.0, segment.prob))


def main() -> None:
    """Recognise the stretches given as JSON on the standard input."""
    for result in recognise_stretches(Path(sys.argv[1]), json.load(sys.stdin)):
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()
