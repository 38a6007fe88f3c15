"""How well the clips of a run meet the stretches that a person holds important.

All shares are of time. `precision` is the share of the clips that is marked, `recall` the share of
what is marked that is in clips, and `f1` their harmonic mean: the overlap by which summaries of
videos are judged (Gygli et al. 2014; Zhang et al. 2016). `topic_coverage` is the share of the
topics with a mark that have a clip meeting a mark there (subtopic recall, Zhai et al. 2003).
`edge_error_s` is the median distance, in seconds, between the edges of a clip and those of its
mark, over pairs that share at least half of what they cover together (Jaccard index of 0.5, as in
the detection of actions, Caba Heilbron et al. 2015).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jobs.evaluation.labels import Figures, median, share
from jobs.evaluation.matching import Span, joined, match_spans

LEAST_OVERLAP = 0.5
FIGURES = ("precision", "recall", "f1", "topic_coverage", "edge_error_s")


Parts = Sequence[Span]
"""The stretches that a clip, or a mark, is made of, in order."""


def score_marked(
    clips: Sequence[Parts], marked: Sequence[Parts], topics: Sequence[Span]
) -> Figures:
    """Return the figures of clips against what is marked."""
    kept, wanted = covered(clips), covered(marked)
    both = shared_seconds(kept, wanted)
    pairs = match_spans(whole(clips), whole(marked), least=LEAST_OVERLAP)
    return {
        "precision": share(both, seconds(kept)),
        "recall": share(both, seconds(wanted)),
        "f1": share(2 * both, seconds(kept) + seconds(wanted)),
        "topic_coverage": topic_coverage(kept, wanted, topics),
        "edge_error_s": median(
            abs(mine - theirs) for pair in pairs for mine, theirs in zip(*pair, strict=True)
        ),
    }


def covered(clips: Iterable[Parts]) -> list[Span]:
    """Return what clips cover together."""
    return joined((part for parts in clips for part in parts), 0.0)


def whole(clips: Iterable[Parts]) -> list[Span]:
    """Return clips from their first second to their last; those that overlap are one."""
    return joined(((parts[0][0], parts[-1][1]) for parts in clips), 0.0)


def topic_coverage(
    kept: Sequence[Span], wanted: Sequence[Span], topics: Sequence[Span]
) -> float | None:
    """Return the share of the topics with something wanted in which some of it is kept."""
    inside = [common(wanted, [topic]) for topic in topics]
    met = [bool(common(kept, spans)) for spans in inside if spans]
    return share(sum(met), len(met))


def common(ones: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """Return the stretches that lie in one of each; both are free of overlaps."""
    found = ((max(a[0], b[0]), min(a[1], b[1])) for a in ones for b in others)
    return sorted((start, end) for start, end in found if end > start)


def shared_seconds(ones: Sequence[Span], others: Sequence[Span]) -> float:
    """Return the seconds that both cover."""
    return seconds(common(ones, others))


def seconds(spans: Sequence[Span]) -> float:
    """Return the length of stretches together."""
    return sum(end - start for start, end in spans)
