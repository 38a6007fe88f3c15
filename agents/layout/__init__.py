"""The layout agent: where screen and camera lie over time, and when the slide changes."""

from agents.layout.analysis import analyze_layout
from agents.layout.headlines import headlines_used
from agents.layout.params import LayoutParams
from agents.registry import Agent
from agents.types import Layout

AGENT = Agent(
    name="layout",
    title="Layout and slides",
    version=8,
    params=LayoutParams,
    needs=("intake",),
    run=analyze_layout,
    gives=Layout,
    uses=headlines_used,
)
