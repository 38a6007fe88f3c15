"""What a person may tune about topics and their evidence."""

from __future__ import annotations

from typing import Annotated, Literal

from agents.params import Params, Tunable


class ContentParams(Params):
    """Tunables of the content analyzer."""

    analyzer: Literal["auto", "local"] = "auto"
    """Auto asks Gemini too when a key is set; local never sends the transcript anywhere."""
    topic_penalty: Annotated[float, Tunable(1, 20, step=0.5)] = 6.0
    """How much evidence a new topic needs; a higher penalty gives fewer, longer topics."""
    min_topic_s: Annotated[float, Tunable(0, 300, step=5, unit="s")] = 20.0
    """No topic is shorter than this."""
    pause_weight: Annotated[float, Tunable(0, 60, step=1)] = 12.0
    """How strongly a long pause speaks for a new topic."""
    slide_weight: Annotated[float, Tunable(0, 60, step=1)] = 14.0
    """How strongly a new slide speaks for a new topic."""
    cue_weight: Annotated[float, Tunable(0, 60, step=1)] = 8.0
    """How strongly a phrase such as "let us move on to" speaks for a new topic."""
