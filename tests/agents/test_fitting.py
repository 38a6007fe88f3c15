"""The fit: nearer to a person's own weights, honest about its gain, calm where there is nothing."""

import numpy as np
import pytest

from agents.content.components import COMPONENTS
from agents.extract.fitting import Judgement, mean_components, propose, unchosen
from agents.extract.gain import expect_gain, fit_weights
from agents.types import Interval

DEFAULT = np.array([component.weight for component in COMPONENTS])
NAMES = [component.name for component in COMPONENTS]
CONSTANT = NAMES.index("judgement")
SPREAD = np.where(np.arange(len(NAMES)) == CONSTANT, 0.0, 0.08)


def hidden(*names):
    """Return the weights of a person to whom only the named components matter."""
    return np.isin(NAMES, names) / len(names)


TASTE = hidden("novelty", "question", "emphasis")


def stretches(rng, count=40):
    return np.clip(0.4 + rng.normal(0, 1, (count, len(NAMES))) * SPREAD, 0, 1)


def judge(rng, name, taste=None, clips=8):
    """Return judgements of a made lecture: by taste, or by the throw of a coin."""
    found = stretches(rng)
    picked = rng.permutation(len(found))
    shown, rest = picked[:clips], picked[clips::4]
    scores = found[shown] @ taste if taste is not None else rng.random(clips)
    liked = scores > np.median(scores)
    return [
        *(Judgement(name, found[i], bool(good)) for i, good in zip(shown, liked, strict=True)),
        *(Judgement(name, found[i], liked=False, rest=True) for i in rest),
    ]


def lectures(seed, count, taste=None, clips=8):
    rng = np.random.default_rng(seed)
    return [one for n in range(count) for one in judge(rng, f"lecture {n}", taste, clips)]


def agreement(seed, weights, taste):
    """Return the share of pairs of a lecture never seen that both weights put in one order."""
    found = stretches(np.random.default_rng(seed + 1000), 80)
    i, j = np.triu_indices(len(found), 1)
    mine, theirs = found @ weights, found @ taste
    return float(((mine[i] - mine[j]) * (theirs[i] - theirs[j]) > 0).mean())


def apart(weights, taste):
    """Return how far weights point away from a taste: 0 not at all, 1 at a right angle."""
    seen = np.arange(len(NAMES)) != CONSTANT
    one, other = weights[seen], taste[seen]
    return 1 - float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


@pytest.mark.parametrize("seed", range(4))
def test_proposal_comes_nearer_to_hidden_weights_and_agrees_better_on_another_lecture(seed):
    proposed, _ = fit_weights(lectures(seed, 8, TASTE), DEFAULT)
    assert apart(proposed, TASTE) < 0.5 * apart(DEFAULT, TASTE)
    assert agreement(seed, proposed, TASTE) > agreement(seed, DEFAULT, TASTE) + 0.1


def test_the_gain_of_a_clear_taste_is_expected_and_measured_on_lectures_left_out():
    gain = expect_gain(lectures(1, 8, TASTE), DEFAULT)
    assert gain.left_out == "lecture"
    assert gain.pairs == 8 * 16
    assert gain.expected
    assert gain.proposed > gain.default + 2 * gain.error > gain.default
    assert gain.gain == pytest.approx(gain.proposed - gain.default)


def test_more_judgements_move_the_weights_further():
    moved = [
        np.mean(
            [abs(fit_weights(lectures(s, n, TASTE), DEFAULT)[0] - DEFAULT).sum() for s in range(4)]
        )
        for n in (2, 6, 14)
    ]
    assert moved[0] < moved[1] < moved[2]


def test_noise_promises_no_gain_and_leaves_the_weights_near_the_defaults():
    found = [fit_weights(lectures(seed, 6), DEFAULT) for seed in range(12)]
    quiet = [proposed for proposed, gain in found if not gain.expected]
    # beyond two standard errors is one in 44 by chance: of 12 at most one
    assert len(quiet) >= 11
    assert all(abs(proposed - DEFAULT).max() < 0.01 for proposed in quiet)


def test_one_lecture_is_measured_by_leaving_out_pairs_of_clips():
    gain = expect_gain(lectures(2, 1, TASTE, clips=8), DEFAULT)
    assert gain.left_out == "pair"
    assert gain.pairs == 16
    noise = [expect_gain(lectures(seed, 1, clips=6), DEFAULT) for seed in range(5)]
    assert not any(one.expected for one in noise)


def test_judgements_that_one_component_separates_do_not_explode():
    good, bad = np.full(len(NAMES), 0.4), np.full(len(NAMES), 0.4)
    good[NAMES.index("novelty")], bad[NAMES.index("novelty")] = 1.0, 0.0
    judgements = [
        Judgement(str(n % 4), good if n % 2 else bad, liked=bool(n % 2)) for n in range(400)
    ]
    proposed = propose(judgements, DEFAULT)
    assert np.isfinite(proposed).all()
    assert (proposed >= 0).all()
    assert proposed.sum() == pytest.approx(DEFAULT.sum())


def test_a_component_that_does_not_vary_keeps_its_default_and_the_sum_stays():
    proposed = propose(lectures(3, 8, TASTE), DEFAULT)
    assert proposed[CONSTANT] == DEFAULT[CONSTANT]
    assert proposed.sum() == pytest.approx(DEFAULT.sum())
    assert (proposed >= 0).all()
    assert proposed.max() <= 1


def test_without_anything_to_compare_the_defaults_stay_and_no_gain_is_told():
    liked = [one for one in lectures(0, 3, TASTE) if one.liked]
    assert propose(liked, DEFAULT).tolist() == DEFAULT.tolist()
    assert expect_gain(liked, DEFAULT) is None
    assert propose([], DEFAULT).tolist() == DEFAULT.tolist()
    assert expect_gain([], DEFAULT) is None


def test_stretches_of_different_lectures_are_not_compared():
    one, other = np.zeros(len(NAMES)), np.ones(len(NAMES))
    judged = [Judgement("a", one, liked=True), Judgement("b", other, liked=False)]
    assert propose(judged, DEFAULT).tolist() == DEFAULT.tolist()


def test_what_nobody_chose_counts_less_than_what_somebody_rejected():
    by_rejection = [one for one in lectures(5, 6, TASTE) if not one.rest]
    liked = [one for one in by_rejection if one.liked]
    others = [one for one in by_rejection if not one.liked]
    rest = [Judgement(one.lecture, one.components, liked=False, rest=True) for one in others]
    moved = [abs(propose([*liked, *side], DEFAULT) - DEFAULT).sum() for side in (others, rest)]
    assert 0 < moved[1] < moved[0]


def test_the_same_judgements_give_the_same_proposal():
    judgements = lectures(6, 3, TASTE)
    assert propose(judgements, DEFAULT).tolist() == propose(judgements, DEFAULT).tolist()


def test_components_are_averaged_over_the_speech_that_is_kept():
    components = np.array([[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]])
    times = np.array([[0.0, 10.0], [11.0, 14.0], [20.0, 30.0]])
    parts = (Interval(9.0, 12.0), Interval(13.0, 14.0))
    assert mean_components(components, times, parts) == pytest.approx([2 / 3, 1 / 3])
    assert mean_components(components, times, (Interval(15.0, 19.0),)) is None


def test_what_was_not_chosen_comes_in_pieces_that_touch_nothing_chosen():
    times = np.array([[10.0 * n, 10.0 * n + 9] for n in range(100)])
    chosen = [Interval(95.0, 131.0), Interval(500.0, 505.0)]
    pieces = [piece for (piece,) in unchosen(times, chosen, 25.0)]
    assert len(pieces) == 12
    for piece in pieces:
        assert 25 <= piece.duration <= 30
        assert not any(piece.overlap(other) for other in chosen)
