"""The content agent's run: the local analysis, and Gemini's judgement where it is to be had."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.content.local import analyze_locally
from agents.content.params import ContentParams
from agents.registry import Context, Resources
from agents.types import Content, Intake, Layout, SilenceRegion, Transcript


def analyze_content(
    intake: Intake,
    transcript: Transcript,
    silence: tuple[SilenceRegion, ...],
    layout: Layout,
    *,
    params: ContentParams,
    context: Context,
) -> Content:
    """Return the lecture's topics and the unweighted score components of its sentences."""
    context.progress(5, "Reading the transcript")
    content = analyze_locally(intake, transcript, silence, layout, params)
    context.progress(100, f"Found {len(content.segments)} topics")
    return content


def analyzer_used(resources: Resources, params: ContentParams) -> Mapping[str, Any]:
    """Return what beside upload and params decides the analysis, for the stage key."""
    return {}
