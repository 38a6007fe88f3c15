"""A lecture planned under other tunables, to see which clips stay."""

from __future__ import annotations

from dataclasses import dataclass, field

from agents.extract.candidates import Lecture, Weighed, weigh
from agents.extract.choices import Choice
from agents.extract.params import ExtractParams
from agents.extract.planner import choose_spans
from agents.extract.skips import Span
from agents.types import Decisions

SAME_SHARE = 0.5
"""A clip is still there where another has more than this share of its sentences."""


@dataclass(slots=True, eq=False)
class Trial:
    """Plans the lecture under other tunables; what was tried once is remembered."""

    lecture: Lecture
    params: ExtractParams
    decisions: Decisions
    weighed: Weighed = field(init=False)
    choice: Choice = field(init=False)
    tried: dict[tuple[str, float], tuple[Span, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.weighed = weigh(self.lecture, self.params, self.decisions)
        self.choice = choose_spans(self.lecture, self.weighed, self.params, self.decisions)

    def keeps(self, span: Span, tunable: str, value: float) -> bool:
        """Return whether a clip is still there when one tunable has another value."""
        key = (tunable, value)
        if key not in self.tried:
            params = _changed(self.params, tunable, value)
            weighed = self.weighed
            if tunable.startswith("weights."):
                weighed = weigh(self.lecture, params, self.decisions)
            # from no guess at the price, as a run with these params would choose
            chosen = choose_spans(self.lecture, weighed, params, self.decisions)
            self.tried[key] = chosen.spans
        return any(_same(span, other) for other in self.tried[key])


def _same(span: Span, other: Span) -> bool:
    common = min(span[1], other[1]) - max(span[0], other[0]) + 1
    return common > SAME_SHARE * (span[1] - span[0] + 1)


def _changed(params: ExtractParams, tunable: str, value: float) -> ExtractParams:
    """Return params with another value of one tunable, and a minimum that does not exceed it."""
    name = tunable.removeprefix("weights.")
    if name != tunable:
        weights = params.weights.model_copy(update={name: value})
        return params.model_copy(update={"weights": weights})
    if tunable == "max_clips":
        fewest = min(params.min_clips, int(value))
        return params.model_copy(update={"max_clips": int(value), "min_clips": fewest})
    return params.model_copy(update={tunable: value})
