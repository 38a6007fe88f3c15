"""From components and weights to clip plans: live, in milliseconds."""

from agents.extract.decisions import decisions_used
from agents.extract.drop_out import plan_and_explain
from agents.extract.params import ExtractParams
from agents.extract.planner import describe_kept, plan_clips
from agents.registry import Agent
from agents.types import ClipPlan

AGENT = Agent(
    name="extract",
    title="Clip extractor",
    version=6,
    params=ExtractParams,
    needs=("transcript", "silence", "layout", "content"),
    run=plan_and_explain,
    gives=tuple[ClipPlan, ...],
    uses=decisions_used,
)

__all__ = ["AGENT", "ExtractParams", "describe_kept", "plan_clips"]
