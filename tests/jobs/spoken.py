"""Stages in which content and extract are the product's own, and the others make up a talk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from agents.content import AGENT as CONTENT
from agents.extract import AGENT as EXTRACT
from agents.registry import Agent
from tests.jobs import standin
from tests.talks import pauses_of, show, speak, write_talk

TALK = speak(write_talk(per_topic=20, topics=3))
SILENCE = pauses_of(TALK)
LAYOUT = show(TALK)


def table() -> dict[str, Agent]:
    """Return the stages in order."""
    made_up = standin.table()
    longer = _with(made_up["intake"], _lengthen(made_up["intake"].run))
    return {
        **made_up,
        "intake": longer,
        "transcript": _with(made_up["transcript"], lambda *values, params, context: TALK),
        "silence": _with(made_up["silence"], lambda *values, params, context: SILENCE),
        "layout": _with(made_up["layout"], lambda *values, params, context: LAYOUT),
        "content": CONTENT,
        "extract": EXTRACT,
        "compile": _with(made_up["compile"], lambda *values, params, context: ()),
    }


def _with(stage: Agent, run: Callable[..., Any]) -> Agent:
    return replace(stage, run=run)


def _lengthen(run: Callable[..., Any]) -> Callable[..., Any]:
    def run_longer(*values: Any, params: Any, context: Any) -> Any:
        intake = run(*values, params=params, context=context)
        return replace(intake, media=replace(intake.media, duration=600.0))

    return run_longer
