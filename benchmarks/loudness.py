"""Our levelling beside ffmpeg's loudnorm in two passes: `uv run python -m benchmarks.loudness`.

Speech of the tests is made quiet, loud, noisy, short and spiky, brought to -16 LUFS by either, and
encoded as a clip is. ffmpeg's `ebur128` then measures both files: integrated loudness, true peak,
and how much the level of 3 s windows moved beside the original (0 = nothing was squeezed).
"""

from __future__ import annotations

import json
import platform
import re
import resource
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agents.compile.sound import SAMPLE_RATE, level_sound
from agents.ffmpeg import ffmpeg_path
from tests.hearing import RATE, spoken

REPORT = Path(__file__).with_suffix(".md")
HEAD = """# Loudness of clips: our levelling beside loudnorm

`uv run python -m benchmarks.loudness`, Python {version} on {machine}. Asked for: -16 LUFS within
0.5, true peak at most -1 dBTP, after AAC at 96 kb/s. "Moved": by how many dB the gain of the
loudest and the softest window of 3 s differ; 0 leaves soft and loud as they were. What misses is
bold. loudnorm: two passes, `linear=true`; it turns to compression by itself when a peak does not
fit, which is nearly always with speech.

| sound | before | ours: LUFS, dBTP, moved, CPU s | loudnorm: LUFS, dBTP, moved, CPU s |
|---|---|---|---|"""
TARGET_LUFS = -16.0
PEAK_DBTP = -1.0
RAW = ("-f", "f32le", "-ar", str(SAMPLE_RATE), "-ac", "1")
CLIP = ("-c:a", "aac", "-b:a", "96k", "-ar", str(SAMPLE_RATE))


@dataclass(frozen=True)
class Measured:
    """What ebur128 says of a file, and what it took to make it."""

    lufs: float
    peak: float
    """dBTP."""
    moved: float
    """Largest change of a 3 s window's level beside the others, in dB."""
    cpu_s: float

    @property
    def fine(self) -> bool:
        """Return whether the issue's figures hold."""
        return abs(self.lufs - TARGET_LUFS) <= 0.5 and self.peak <= PEAK_DBTP


def main() -> None:
    """Print one row per sound, for both ways, and keep the report."""
    lines = [HEAD.format(version=platform.python_version(), machine=platform.machine())]
    with tempfile.TemporaryDirectory() as folder:
        for name, sound in sounds().items():
            before, _ = measure(write(sound, Path(folder) / "before.wav"))
            ours = judge(sound, Path(folder), ours_to)
            theirs = judge(sound, Path(folder), loudnorm_to)
            lines.append(f"| {name} | {before:.1f} LUFS | {row(ours)} | {row(theirs)} |")
    text = "\n".join([*lines, ""])
    print(text, end="")
    REPORT.write_text(text)


def row(found: Measured) -> str:
    """Return the figures, marked where they miss."""
    text = f"{found.lufs:.1f}, {found.peak:.1f}, {found.moved:.1f}, {found.cpu_s:.2f}"
    return text if found.fine else f"**{text}**"


def sounds() -> dict[str, np.ndarray]:
    """Return the sounds by name, 48 kHz."""
    speech = resample(spoken((3, 5, 8, 13, 16, 19), noise_db=-60.0)[0])
    noise = np.random.default_rng(3).standard_normal(len(speech)).astype(np.float32)
    uneven = speech * np.where(np.arange(len(speech)) < len(speech) // 2, 1.0, 0.1)
    spiky = speech * 0.1
    spiky[:: 2 * SAMPLE_RATE] = 0.9
    return {
        "speech": speech,
        "quiet (-26 dB)": speech * np.float32(0.05),
        "loud, clipped": np.clip(speech * 12, -1, 1),
        "noisy (SNR 10 dB)": speech + noise * 0.3 * float(speech.std()),
        "half of it 20 dB softer": uneven.astype(np.float32),
        "taps on the microphone": spiky,
        "2 s": speech[SAMPLE_RATE : 3 * SAMPLE_RATE],
        "1 s": speech[SAMPLE_RATE : 2 * SAMPLE_RATE],
        "0.5 s": speech[round(1.2 * SAMPLE_RATE) : round(1.7 * SAMPLE_RATE)],
    }


def resample(sound: np.ndarray) -> np.ndarray:
    """Return 16 kHz samples at 48 kHz."""
    options = ["-f", "f32le", "-ar", str(RATE), "-ac", "1", "-i", "-"]
    done = run([*options, *RAW, "-"], sound.tobytes())
    return np.frombuffer(done.stdout, np.float32).copy()


def judge(
    sound: np.ndarray, folder: Path, bring: Callable[[np.ndarray, Path], np.ndarray]
) -> Measured:
    """Level the sound, encode it, and measure what came out."""
    began = cpu_seconds()
    made = bring(sound, folder)
    spent = cpu_seconds() - began
    lufs, peak = measure(write(made, folder / "after.m4a"))
    return Measured(lufs, peak, moved(sound, made), spent)


def ours_to(sound: np.ndarray, folder: Path) -> np.ndarray:
    """Level as a clip is."""
    return level_sound(sound, TARGET_LUFS)


def loudnorm_to(sound: np.ndarray, folder: Path) -> np.ndarray:
    """Level by loudnorm: measure first, then the second pass with what was measured."""
    aim = f"loudnorm=I={TARGET_LUFS}:TP=-1.5:LRA=11"
    first = run([*RAW, "-i", "-", "-af", f"{aim}:print_format=json", "-f", "null", "-"], sound)
    said = json.loads(re.findall(r"\{[^}]*\}", first.stderr.decode())[-1])
    values = {name: said[f"input_{name}"] for name in ("i", "tp", "lra", "thresh")}
    known = ":".join(f"measured_{name}={value}" for name, value in values.items())
    second = f"{aim}:{known}:offset={said['target_offset']}:linear=true"
    done = run([*RAW, "-i", "-", "-af", second, *RAW, "-"], sound)
    return np.frombuffer(done.stdout, np.float32)


def write(sound: np.ndarray, path: Path) -> Path:
    """Write samples as WAV or as the sound of a clip."""
    run([*RAW, "-i", "-", *(CLIP if path.suffix == ".m4a" else ()), str(path)], sound)
    return path


def measure(path: Path) -> tuple[float, float]:
    """Return integrated loudness and true peak as ffmpeg's ebur128 finds them."""
    said = run(["-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-"]).stderr.decode()
    summary = said.rpartition("Summary:")[2]
    lufs = re.search(r"I:\s+(-?[\d.]+|-inf) LUFS", summary)
    peak = re.search(r"Peak:\s+(-?[\d.]+|-inf) dBFS", summary)
    assert lufs, said
    assert peak, said
    return float(lufs[1]), float(peak[1])


def moved(before: np.ndarray, after: np.ndarray) -> float:
    """Return by how many dB the gain of the loudest and of the softest window differ."""
    count = max(1, min(len(before), len(after)) // (3 * SAMPLE_RATE))
    size = min(len(before), len(after)) // count
    levels = [
        10 * np.log10((each[: count * size].reshape(count, size) ** 2).mean(axis=1) + 1e-12)
        for each in (before, after)
    ]
    return float(np.ptp(levels[1] - levels[0]))


def run(args: list[str], stdin: np.ndarray | bytes | None = None) -> subprocess.CompletedProcess:
    """Run the bundled ffmpeg."""
    sent = stdin.astype("<f4").tobytes() if isinstance(stdin, np.ndarray) else stdin
    command = [ffmpeg_path(), "-y", "-hide_banner", "-nostats", *args]
    done = subprocess.run(command, input=sent, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and its children so far."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in spent)


if __name__ == "__main__":
    main()
