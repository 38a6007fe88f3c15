"""The content agent's run: the local analysis, and Gemini's judgement where it is to be had."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.content.local import analyze_locally
from agents.content.measures import title_words
from agents.content.params import ContentParams
from agents.content.prompts import prompt_sha256
from agents.registry import Context, Gemini, Resources
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
    title = context.resources.title
    content = analyze_locally(intake, transcript, silence, layout, params, title)
    settings = _gemini(context.resources, params)
    if settings is not None and content.segments:
        from agents.content.gemini import judge_content

        context.progress(30, f"Asking {settings.model}")
        answers = context.resources.answers
        content = judge_content(content, settings, answers, progress=context.progress)
    context.progress(100, f"Found {len(content.segments)} topics")
    return content


def _gemini(resources: Resources, params: ContentParams) -> Gemini | None:
    return resources.gemini if params.analyzer == "auto" else None


def analyzer_used(resources: Resources, params: ContentParams) -> Mapping[str, Any]:
    """Return what beside upload and params decides the analysis, for the stage key."""
    settings = _gemini(resources, params)
    title = title_words(resources.title)
    named: dict[str, Any] = {"title": title} if title else {}
    if settings is None:
        return named
    return {
        **named,
        "model": settings.model,
        "endpoint": settings.base_url,
        "prompt": prompt_sha256(settings.prompt),
        "thinking_tokens": settings.thinking_tokens,
    }
