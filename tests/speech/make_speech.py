"""Speak `lecture.json` with espeak-ng: one FLAC per sentence and `speech.json` with word times.

Run `uv run python tests/speech/make_speech.py` after editing the text; it needs libespeak-ng
(`apt-get install espeak-ng`). The clips are committed, so the tests need no speech synthesiser.
"""

import ctypes
import ctypes.util
import json
from pathlib import Path

import numpy as np
import soundfile

FOLDER = Path(__file__).parent
RATE = 16_000
WORD_EVENT, END_OF_LIST = 1, 0
CHARS_UTF8 = 1
SYNCHRONOUS = 2
RATE_PARAMETER, GAP_PARAMETER = 1, 7


class Event(ctypes.Structure):
    """espeak_EVENT of speak_lib.h."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event)
)


class Speaker:
    """An open espeak-ng voice."""

    def __init__(self, voice: str, words_per_minute: int) -> None:
        self.library = ctypes.CDLL(ctypes.util.find_library("espeak-ng") or "libespeak-ng.so.1")
        self.rate = self.library.espeak_Initialize(SYNCHRONOUS, 0, None, 0)
        self.library.espeak_SetVoiceByName(voice.encode())
        self.library.espeak_SetParameter(RATE_PARAMETER, words_per_minute, 0)
        self.callback = CALLBACK(self._collect)
        self.library.espeak_SetSynthCallback(self.callback)

    def _collect(self, wave, count, events) -> int:
        if wave and count:
            self.blocks.append(np.ctypeslib.as_array(wave, (count,)).copy())
        index = 0
        while events[index].type != END_OF_LIST:
            if events[index].type == WORD_EVENT:
                event = events[index]
                self.marks.append((event.text_position - 1, event.length, event.audio_position))
            index += 1
        return 0

    def say(self, text: str) -> tuple[np.ndarray, list[tuple[int, int, int]]]:
        """Return samples at `self.rate` and (position, length, milliseconds) per word."""
        self.blocks: list[np.ndarray] = []
        self.marks: list[tuple[int, int, int]] = []
        body = text.encode()
        self.library.espeak_Synth(body, len(body) + 1, 0, 0, 0, CHARS_UTF8, None, None)
        self.library.espeak_Synchronize()
        return np.concatenate(self.blocks).astype(np.float32) / 32768, self.marks


def loud(samples: np.ndarray, rate: int) -> np.ndarray:
    """Return whether each 10 ms is within 45 dB of the loudest."""
    hop = rate // 100
    blocks = samples[: len(samples) // hop * hop].reshape(-1, hop)
    return np.abs(blocks).max(axis=1) > np.abs(samples).max() * 10 ** (-45 / 20)


def words_of(text: str, marks: list[tuple[int, int, int]], end: float) -> list[dict]:
    """Give each written word the time of the first spoken word in it."""
    starts: list[tuple[float, str]] = []
    position = 0
    for token in text.split():
        at = text.index(token, position)
        position = at + len(token)
        times = [ms / 1000 for place, _, ms in marks if at <= place < position]
        if times:
            starts.append((times[0], token))
        else:  # a token that espeak joined to its neighbour
            starts[-1] = (starts[-1][0], f"{starts[-1][1]} {token}")
    ends = [start for start, _ in starts[1:]] + [end]
    return [
        {"t0": round(a, 3), "t1": round(b, 3), "text": token}
        for (a, token), b in zip(starts, ends, strict=True)
    ]


def main() -> None:
    """Write every sentence."""
    import soxr

    speaker = Speaker("en-us", 165)
    entries = []
    number = 0
    for topic, part in enumerate(json.loads((FOLDER / "lecture.json").read_text())):
        for sentence in part["sentences"]:
            samples, marks = speaker.say(sentence["text"])
            samples = soxr.resample(samples, speaker.rate, RATE)
            heard = np.flatnonzero(loud(samples, RATE)) / 100
            first, last = float(heard[0]), float(heard[-1]) + 0.01
            samples = samples[round(first * RATE) : round(last * RATE)]
            marks = [(at, length, ms - first * 1000) for at, length, ms in marks]
            marks = [(at, length, max(0.0, ms)) for at, length, ms in marks]
            name = f"s{number:02d}.flac"
            soundfile.write(FOLDER / name, samples / np.abs(samples).max() * 0.5, RATE)
            entries.append(
                {
                    "file": name,
                    "text": sentence["text"],
                    "topic": topic,
                    "key": bool(sentence.get("key")),
                    "duration": round(len(samples) / RATE, 3),
                    "words": words_of(sentence["text"], marks, len(samples) / RATE),
                }
            )
            number += 1
    (FOLDER / "speech.json").write_text(json.dumps(entries, indent=1) + "\n")


if __name__ == "__main__":
    main()
