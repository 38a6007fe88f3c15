"""The search for weights goes to what tells important sentences, and leaves the unseen alone."""

import numpy as np
import pytest

from benchmarks.fit_weights import search, together
from jobs.evaluation.importance import Rated


@pytest.fixture
def lectures():
    """Return lectures in which the first component tells, the second misleads, the third is 0."""
    rng = np.random.default_rng(3)
    made = []
    for _ in range(3):
        important = rng.random(60) < 0.25
        told = np.where(important, 0.6, 0.4) + 0.2 * rng.random(60)
        wrong = np.where(important, 0.3, 0.7) + 0.3 * rng.random(60)
        components = np.column_stack([told, wrong, np.zeros(60)])
        clip = np.repeat(np.arange(6), 10)
        made.append(Rated(components, clip, np.ones(60, bool), important, np.full(60, 12)))
    return made


def test_a_search_gives_weight_to_what_tells(lectures):
    start = np.array([0.3, 0.5, 0.2])
    found = search(lectures, start)
    assert together(lectures, found) > together(lectures, start)
    assert found[0] / found[1] > start[0] / start[1]
    assert found.sum() == pytest.approx(1)
    assert found[2] > 0  # nothing is known of it, so nothing is taken from it


def test_a_search_ends_where_no_step_is_better(lectures):
    found = search(lectures, np.array([0.8, 0.0, 0.2]))
    assert together(lectures, search(lectures, found)) == pytest.approx(together(lectures, found))
