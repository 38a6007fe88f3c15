"""The silence detector: where nobody speaks, and where the screen is blank."""

from agents.registry import Agent
from agents.silence.detector import detect_silence, silence_threshold
from agents.silence.params import SilenceParams
from agents.types import SilenceRegion

AGENT = Agent(
    name="silence",
    title="Silence detector",
    version=1,
    params=SilenceParams,
    needs=("intake",),
    run=detect_silence,
    gives=tuple[SilenceRegion, ...],
)

__all__ = ["AGENT", "SilenceParams", "detect_silence", "silence_threshold"]
