"""The transcript: sentences with word times, from captions or from speech recognition."""

from agents.registry import Agent
from agents.transcript.params import TranscriptParams
from agents.transcript.transcriber import describe_engine, transcribe
from agents.types import Transcript

AGENT = Agent(
    name="transcript",
    title="Transcript",
    version=4,
    params=TranscriptParams,
    needs=("intake",),
    run=transcribe,
    gives=Transcript,
    uses=describe_engine,
)

__all__ = ["AGENT", "TranscriptParams", "describe_engine", "transcribe"]
