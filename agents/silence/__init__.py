"""The silence detector: where nobody speaks, and where the screen is blank."""

from agents.registry import Agent
from agents.silence.detector import detect_silence
from agents.silence.params import SilenceParams
from agents.silence.threshold import LevelHistogram, level_histogram, silence_threshold
from agents.types import SilenceRegion

AGENT = Agent(
    name="silence",
    title="Silence detector",
    version=2,
    params=SilenceParams,
    needs=("intake",),
    run=detect_silence,
    gives=tuple[SilenceRegion, ...],
)

__all__ = [
    "AGENT",
    "LevelHistogram",
    "SilenceParams",
    "detect_silence",
    "level_histogram",
    "silence_threshold",
]
