"""How probably somebody speaks, and how the voice moves; read in blocks from our own WAV."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.intake.audio import HEADER_BYTES, RATE, to_db

if TYPE_CHECKING:
    import numpy as np

WINDOW = 512
"""Samples that Silero judges at once: 32 ms."""
CONTEXT = 64
WINDOWS_PER_CALL = 1000

PITCH_RATE = 4000
PITCH_FRAME = 200
"""Samples at 4 kHz: 50 ms, twenty a second."""
PITCH_FFT = 512
LAG_RATE = 2 * PITCH_RATE
"""Lags are found at half a sample: a period between two samples must not look weak."""
LOW_HZ, HIGH_HZ = 65.0, 400.0
MIN_STRENGTH = 0.5
"""Autocorrelation below which a frame is unvoiced."""
MIN_VOICE_DB = -60.0
OCTAVE_COST = 0.05
"""Strength that a pitch one octave lower must gain to be believed."""


def read_seconds(path: Path, seconds: int) -> Iterator[np.ndarray]:
    """Yield the WAV as float32 in [-1, 1], `seconds` at a time."""
    import numpy as np

    with path.open("rb") as file:
        file.seek(HEADER_BYTES)
        while content := file.read(2 * RATE * seconds):
            yield np.frombuffer(content, "<i2").astype(np.float32) / np.float32(32768)


@cache
def _silero() -> Any:  # noqa: ANN401  (onnxruntime has no types)
    """Return Silero's network from inside the faster-whisper wheel, without importing that."""
    import onnxruntime

    package = find_spec("faster_whisper")
    if package is None or package.origin is None:
        raise FileNotFoundError("faster-whisper, which carries Silero, is not installed")
    model = next(Path(package.origin).parent.glob("assets/silero_vad*.onnx"))
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(
        str(model), providers=["CPUExecutionProvider"], sess_options=options
    )


def measure_speech(path: Path, duration: float, progress: Callable[[float], None]) -> np.ndarray:
    """Return Silero's probability of speech per 32 ms, float32 (n,); `progress` hears 0-100."""
    import numpy as np

    session = _silero()
    state = {name: np.zeros((1, 1, 128), np.float32) for name in ("h", "c")}
    before = np.zeros(CONTEXT, np.float32)
    heard: list[np.ndarray] = []
    samples = 0
    for block in _windows(path):
        sound = np.concatenate([before, block])
        before = block[-CONTEXT:]
        # each window is preceded by the last 64 samples of the one before it
        rows = np.lib.stride_tricks.sliding_window_view(sound, CONTEXT + WINDOW)[::WINDOW]
        out, state["h"], state["c"] = session.run(
            None, {"input": np.ascontiguousarray(rows), **state}
        )
        heard.append(out.reshape(-1).astype(np.float32))
        samples += len(block)
        progress(min(100.0, 100 * samples / RATE / duration))
    return np.concatenate(heard) if heard else np.zeros(0, np.float32)


def _windows(path: Path) -> Iterator[np.ndarray]:
    """Yield blocks of whole windows, the last one filled up with silence."""
    import numpy as np

    rest = np.zeros(0, np.float32)
    size = WINDOW * WINDOWS_PER_CALL
    for block in read_seconds(path, 32):
        rest = np.concatenate([rest, block])
        while len(rest) >= size:
            yield rest[:size]
            rest = rest[size:]
    if len(rest):
        yield np.pad(rest, (0, -len(rest) % WINDOW))


def measure_prosody(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return level (dB), pitch (Hz) and range of pitch (semitones) per second, float32 each.

    Pitch is the normalised autocorrelation of 50 ms Hann frames at 4 kHz, divided by that of the
    window (Boersma, 1993), 65-400 Hz with parabolic interpolation; a second takes the median of
    its voiced frames.
    """
    import numpy as np

    levels, pitches, ranges = [], [], []
    for block in read_seconds(path, 60):
        seconds = np.pad(block, (0, -len(block) % RATE)).reshape(-1, RATE)
        levels.append(to_db(np.sqrt((seconds**2).mean(1))))
        hz = frame_pitch(seconds.reshape(-1, RATE // PITCH_RATE).mean(1))
        for second in hz.reshape(len(seconds), -1):
            middle, spread = _summary(second[second > 0])
            pitches.append(middle)
            ranges.append(spread)
    level = np.concatenate(levels) if levels else np.zeros(0, np.float32)
    return level, np.array(pitches, np.float32), np.array(ranges, np.float32)


def _summary(voiced: np.ndarray) -> tuple[float, float]:
    import numpy as np

    if len(voiced) < 3:
        return 0.0, 0.0
    low, middle, high = np.percentile(voiced, [10, 50, 90])
    return float(middle), float(12 * np.log2(high / low))


def frame_pitch(sound: np.ndarray) -> np.ndarray:
    """Return the pitch of each 50 ms of sound at 4 kHz in Hz, 0 where there is none."""
    import numpy as np

    frames = sound.reshape(-1, PITCH_FRAME)
    frames = frames - frames.mean(1, keepdims=True)
    window = np.hanning(PITCH_FRAME + 2)[1:-1].astype(np.float32)
    shortest, longest = int(LAG_RATE / HIGH_HZ), int(LAG_RATE / LOW_HZ) + 1
    lags = np.arange(shortest - 1, longest + 2)
    own = _autocorrelation(window[None])[0]
    found = _autocorrelation(frames * window)
    loud = to_db(np.sqrt((frames**2).mean(1))) > MIN_VOICE_DB
    strength = found[:, lags] / np.maximum(found[:, :1], 1e-12) / (own[lags] / own[0])
    best = _best_lag(strength - OCTAVE_COST * np.log2(lags / shortest))
    rows = np.arange(len(frames))
    before, peak, after = (strength[rows, best + i] for i in (-1, 0, 1))
    bend = before - 2 * peak + after
    offset = np.where(bend < 0, 0.5 * (before - after) / np.where(bend < 0, bend, 1), 0)
    hz = LAG_RATE / (lags[best] + np.clip(offset, -0.5, 0.5))
    # a true period is a peak, not the slope of a slower movement
    voiced = loud & (peak > MIN_STRENGTH) & (peak >= before) & (peak >= after)
    return np.where(voiced, hz, 0.0)


def _best_lag(score: np.ndarray) -> np.ndarray:
    return score[:, 1:-1].argmax(1) + 1


def _autocorrelation(frames: np.ndarray) -> np.ndarray:
    import numpy as np

    spectrum = np.fft.rfft(frames, PITCH_FFT)
    return np.fft.irfft(spectrum.real**2 + spectrum.imag**2, PITCH_FFT * LAG_RATE // PITCH_RATE)
