"""How probably somebody speaks: Silero's network, from the weights in the faster-whisper wheel.

Silero VAD v6 (https://github.com/snakers4/silero-vad) looks at 32 ms: the spectra of four frames,
four convolutions, an LSTM. onnxruntime multiplies window by window, which takes twice as long as
numpy does with a few hundred at once, and would have to be loaded; the results are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from agents.intake.audio import RATE
from agents.intake.onnx import read_weights
from agents.intake.voice import read_seconds

if TYPE_CHECKING:
    import numpy as np

WINDOW = 512
"""Samples that Silero judges at once: 32 ms."""
CONTEXT = 64
"""Samples before a window that are seen with it."""
FRAME, FRAME_STEP = 256, 128
HALF = FRAME // 2
BINS = HALF + 1
STRIDES = (1, 2, 2, 1)
"""Steps in frames of the four convolutions."""
UNITS = 128
TAPS = 3
WINDOWS_AT_ONCE = 200
"""Windows whose matrices stay in the processor's cache."""


def find_silero() -> Path:
    """Return the file with Silero's weights, without importing the package that carries it."""
    package = find_spec("faster_whisper")
    if package is None or package.origin is None:
        raise FileNotFoundError("faster-whisper, which carries Silero, is not installed")
    return next(Path(package.origin).parent.glob("assets/silero_vad*.onnx"))


def measure_speech(
    path: Path, weights: Path, duration: float, progress: Callable[[float], None]
) -> np.ndarray:
    """Return the probability of speech per 32 ms of a WAV, float32 (n,); `progress` hears 0-100."""
    import numpy as np

    silero = Silero(weights)
    heard: list[np.ndarray] = []
    samples = 0
    for block in _blocks(path):
        heard.append(silero.hear(block))
        samples += len(block)
        progress(min(100.0, 100 * samples / RATE / duration))
    return np.concatenate(heard) if heard else np.zeros(0, np.float32)


def _blocks(path: Path) -> Iterator[np.ndarray]:
    """Yield blocks of whole windows, the last one filled up with silence."""
    import numpy as np

    for block in read_seconds(path, 32):  # a thousand windows
        yield np.pad(block, (0, -len(block) % WINDOW))


class Silero:
    """The network, with what it remembers of the sound so far."""

    def __init__(self, weights: Path) -> None:
        import numpy as np

        found = read_weights(weights)
        basis = found["encoder.feature_extractor.forward_basis_buffer"][:, 0]
        self._basis = basis[:BINS, 1 : HALF + 1].T.copy(), basis[BINS:, 1:HALF].T.copy()
        self._layers = [
            (
                _columns(found[f"encoder.conv_layers.{i}.weight"]),
                found[f"encoder.conv_layers.{i}.bias"],
                stride,
            )
            for i, stride in enumerate(STRIDES)
        ]
        inner, outer, bias = (found[f"onnx::LSTM_{i}"][0] for i in (209, 210, 211))
        self._inner, self._outer = _gates(inner).T.copy(), _gates(outer).T.copy() / 2
        self._bias = _gates(bias.reshape(2, -1).sum(0))
        self._answer = found["decoder.conv1d.weight"][0, :, 0] / 2, found["decoder.conv1d.bias"][0]
        self._before = np.zeros(CONTEXT, np.float32)
        self._output, self._cell = np.zeros((2, UNITS), np.float32)

    def hear(self, sound: np.ndarray) -> np.ndarray:
        """Return the probability of speech of each window that follows, float32 (n,) of 512 n."""
        import numpy as np

        whole = np.concatenate([self._before, sound])
        self._before = sound[-CONTEXT:]
        rows = np.lib.stride_tricks.sliding_window_view(whole, CONTEXT + WINDOW)[::WINDOW]
        parts = [
            self._remember(self._encode(rows[at : at + WINDOWS_AT_ONCE]))
            for at in range(0, len(rows), WINDOWS_AT_ONCE)
        ]
        weight, bias = self._answer
        return 1 / (1 + np.exp(-(np.maximum(np.concatenate(parts), 0) @ weight + bias)))

    def _encode(self, rows: np.ndarray) -> np.ndarray:
        """Return what is seen in each window (n, 576), float32 (n, 128)."""
        import numpy as np

        mirrored = np.concatenate([rows, rows[:, -2 : -2 - CONTEXT : -1]], axis=1)
        frames = np.lib.stride_tricks.sliding_window_view(mirrored, FRAME, axis=1)[:, ::FRAME_STEP]
        seen = np.zeros((*frames.shape[:2], BINS), np.float32)
        # a cosine is the same on both sides of a frame's middle, a sine its opposite
        left, middle, right = frames[..., 1:HALF], frames[..., [HALF]], frames[..., :HALF:-1]
        folded = np.concatenate([left + right, middle], axis=2), left - right
        for part, basis in zip(folded, self._basis, strict=True):
            waves = (part.reshape(-1, part.shape[2]) @ basis).reshape(seen.shape)
            waves *= waves
            seen += waves
        seen = _between_silence(np.sqrt(seen, out=seen))
        for weight, bias, stride in self._layers:
            seen = _convolve(seen, weight, bias, stride)
        return seen[:, 1]

    def _remember(self, seen: np.ndarray) -> np.ndarray:
        """Return the LSTM's output after each of (n, 128), doubled.

        One step takes microseconds, most of which numpy spends on being called. A sigmoid is
        half a hyperbolic tangent of half its argument, plus one half: `_gates` and `_outer` have
        the halves in them, so one call does for all four gates.
        """
        import numpy as np

        drive = seen @ self._inner
        drive += self._bias
        outputs = np.empty((len(seen), UNITS), np.float32)
        # cell and its new part lie before the gates that they are multiplied with
        work = np.empty(5 * UNITS, np.float32)
        state, gates, sums = work[: 2 * UNITS], work[2 * UNITS : 4 * UNITS], work[UNITS:]
        cell, opened, last = work[:UNITS], work[2 * UNITS :], work[4 * UNITS :]
        kept, product = np.empty((2, UNITS), np.float32), np.empty(2 * UNITS, np.float32)
        one, half = np.ones(3 * UNITS, np.float32), np.full(UNITS, 0.5, np.float32)
        output, weight = self._output, self._outer
        cell[:] = self._cell
        for step, row in zip(drive, outputs, strict=True):
            np.dot(output, weight, sums)
            np.add(sums, step, sums)
            np.tanh(sums, sums)
            np.add(opened, one, opened)
            np.multiply(state, gates, product)
            np.add(product[:UNITS], product[UNITS:], cell)
            np.multiply(cell, half, cell)
            np.tanh(cell, kept[0])
            np.multiply(last, kept[0], row)
            output = row
        self._output, self._cell = output.copy(), cell.copy()
        return outputs


def _columns(weight: np.ndarray) -> np.ndarray:
    """Return a convolution's weights (out, in, taps) as a matrix (taps in, out)."""
    return weight.transpose(2, 1, 0).reshape(-1, len(weight)).copy()


def _gates(values: np.ndarray) -> np.ndarray:
    """Return what leads to the gates input, output, forget, cell as cell, forget, input, output.

    The gates proper are halved, see `Silero._remember`.
    """
    import numpy as np

    entry, output, forget, cell = np.split(values, 4)
    return np.concatenate([cell, forget / 2, entry / 2, output / 2])


def _convolve(seen: np.ndarray, weight: np.ndarray, bias: np.ndarray, stride: int) -> np.ndarray:
    """Return the rectified convolution over frames (n, 1 + frames + 1, channels), as wide."""
    import numpy as np

    count, _, channels = seen.shape
    flat = seen.reshape(count, -1)
    near = np.lib.stride_tricks.sliding_window_view(flat, TAPS * channels, axis=1)
    # frame by frame: the rows of a frame are multiplied where they lie
    out = near[:, :: stride * channels].swapaxes(0, 1) @ weight
    out += bias
    return _between_silence(np.maximum(out, 0, out=out).swapaxes(0, 1))


def _between_silence(seen: np.ndarray) -> np.ndarray:
    """Return frames (n, frames, channels) with one of zeros before and after."""
    import numpy as np

    padded = np.zeros((len(seen), seen.shape[1] + 2, seen.shape[2]), np.float32)
    padded[:, 1:-1] = seen
    return padded
