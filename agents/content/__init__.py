"""Topics of the lecture, and what speaks for each of its sentences, before any weight."""

from agents.content.analyzer import analyze_content, analyzer_used
from agents.content.params import ContentParams
from agents.registry import Agent
from agents.types import Content

AGENT = Agent(
    name="content",
    title="Content analyzer",
    version=7,
    params=ContentParams,
    needs=("intake", "transcript", "silence", "layout"),
    run=analyze_content,
    gives=Content,
    uses=analyzer_used,
)
