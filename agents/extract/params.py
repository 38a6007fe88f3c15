"""What a person may tune about the choice of clips."""

from __future__ import annotations

from typing import Annotated, Any, Self, TypeVar

from pydantic import Field, create_model, model_validator

from agents.content.components import COMPONENTS
from agents.params import Params, Tunable


class _Weights(Params):
    """How much each score component counts; the score is the sum of weight x component."""


_fields: dict[str, Any] = {
    component.name: (
        Annotated[float, Tunable(0, 1, step=0.01)],
        Field(default=component.weight, description=component.explanation),
    )
    for component in COMPONENTS
}
Weights: type[_Weights] = create_model(
    "Weights", __base__=_Weights, __module__=__name__, __doc__=_Weights.__doc__, **_fields
)
"""One tunable weight per score component."""


Checked = TypeVar("Checked", bound=Params)


def _ordered(params: Checked, *pairs: tuple[str, str]) -> Checked:
    """Return the params, or refuse those in which the first of a pair exceeds the second."""
    for low, high in pairs:
        if getattr(params, low) > getattr(params, high):
            raise ValueError(
                f"{low}={getattr(params, low)} must not exceed {high}={getattr(params, high)}"
            )
    return params


class ReelParams(Params):
    """Tunables of the highlight reel: the best short passage of every topic."""

    total_s: Annotated[float, Tunable(30, 600, step=10, unit="s")] = 120.0
    """The reel is no longer than this."""
    min_passage_s: Annotated[float, Tunable(2, 60, step=1, unit="s")] = 5.0
    """No passage of it is shorter."""
    max_passage_s: Annotated[float, Tunable(5, 120, step=1, unit="s")] = 25.0
    """No passage of it is longer."""
    max_passages: Annotated[int, Tunable(1, 30, step=1)] = 12
    """No more topics than this are shown; the best where there are more."""

    @model_validator(mode="after")
    def _check_pairs(self) -> Self:
        return _ordered(self, ("min_passage_s", "max_passage_s"), ("max_passage_s", "total_s"))


class ExtractParams(Params):
    """Tunables of the clip extractor."""

    weights: Weights = Weights()  # pyright: ignore[reportInvalidTypeForm]
    """How much each score component counts."""
    min_clips: Annotated[int, Tunable(1, 12, step=1)] = 3
    """So many clips at least, where the lecture has room for them."""
    max_clips: Annotated[int, Tunable(1, 12, step=1)] = 8
    """No more clips than this."""
    min_clip_s: Annotated[float, Tunable(5, 120, step=1, unit="s")] = 20.0
    """No clip is shorter, unless the whole lecture is."""
    max_clip_s: Annotated[float, Tunable(15, 300, step=1, unit="s")] = 120.0
    """No clip is longer."""
    max_total_s: Annotated[float, Tunable(30, 1800, step=10, unit="s")] = 480.0
    """All clips together are no longer than this."""
    max_share: Annotated[float, Tunable(0.05, 1, step=0.05)] = 0.5
    """Nor longer than this share of the lecture."""
    topic_coverage: Annotated[float, Tunable(0, 60, step=1, unit="s")] = 12.0
    """The first clip of a topic is worth this many seconds of outstanding speech more, and a clip
    that runs over into the next topic as many less."""
    edge_weight: Annotated[float, Tunable(0, 30, step=1, unit="s")] = 4.0
    """A clean beginning and end, in pauses and at whole ideas, is worth this many such seconds."""
    min_edge_pause_s: Annotated[float, Tunable(0, 1, step=0.01, unit="s")] = 0.3
    """A clip begins and ends only in a pause of at least this length, where there are any."""
    edge_reach_s: Annotated[float, Tunable(0, 2, step=0.05, unit="s")] = 0.6
    """Where captions end a sentence in the middle of sound, a pause this near is taken for its
    end."""
    edge_pad_s: Annotated[float, Tunable(0, 0.5, step=0.01, unit="s")] = 0.2
    """So much of the pause is kept before the first and after the last word."""
    max_pause_s: Annotated[float, Tunable(0.5, 10, step=0.1, unit="s")] = 1.5
    """A longer silence inside a clip is cut."""
    breath_s: Annotated[float, Tunable(0.1, 2, step=0.05, unit="s")] = 0.6
    """What is left of a silence that was cut."""
    max_skip_s: Annotated[float, Tunable(0, 60, step=1, unit="s")] = 20.0
    """So much may be left out inside a clip that does not belong to its idea; 0 leaves all in."""
    skip_below: Annotated[float, Tunable(0, 3, step=0.1)] = 1.0
    """What is left out scores this many standard deviations less than the lecture usually does."""
    min_part_s: Annotated[float, Tunable(2, 60, step=1, unit="s")] = 8.0
    """No part beside something that is left out is shorter."""
    duplicate_similarity: Annotated[float, Tunable(0.3, 1, step=0.05)] = 0.7
    """Of two clips whose words are more alike than this only the better one stays."""

    reel: ReelParams = ReelParams()
    """The highlight reel."""

    @model_validator(mode="after")
    def _check_pairs(self) -> Self:
        return _ordered(
            self,
            ("min_clip_s", "max_clip_s"),
            ("min_clips", "max_clips"),
            ("breath_s", "max_pause_s"),
            ("min_clip_s", "max_total_s"),
        )
