"""The bundled sample lecture, its captions and its ground truth (`python -m benchmarks.sample`)."""

from pathlib import Path
from typing import NamedTuple


class Sample(NamedTuple):
    """Files of the sample lecture."""

    video: Path
    captions: Path
    truth: Path


def sample_paths() -> Sample:
    """Return where the sample lecture lies in the installed package."""
    folder = Path(__file__).parent
    return Sample(folder / "sample.mp4", folder / "sample.vtt", folder / "sample.truth.json")
