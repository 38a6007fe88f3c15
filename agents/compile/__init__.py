"""The clip compiler: composes screen, camera and captions, and renders one file per clip."""

from agents.compile.compiler import compile_clips
from agents.compile.dressing import dressing_used
from agents.compile.params import CompileParams
from agents.compile.render import clip_key, render_clip
from agents.registry import Agent
from agents.types import Clip

AGENT = Agent(
    name="compile",
    title="Clip compiler",
    version=1,
    params=CompileParams,
    needs=("intake", "extract"),
    run=compile_clips,
    gives=tuple[Clip, ...],
    uses=dressing_used,
)

__all__ = ["AGENT", "CompileParams", "clip_key", "compile_clips", "render_clip"]
