"""The choice of clips against all choices there are, on lectures small enough to try them all."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from agents.extract.apart import choose_apart
from agents.extract.choices import Candidates, Limits
from agents.extract.selection import choose_clips
from agents.extract.similarity import alike_pairs, word_pairs

SENTENCES = 10


def make_lecture(seed):
    """Return candidates of up to four of ten sentences, with worth and lengths as they come."""
    rng = np.random.default_rng(seed)
    topics = np.sort(rng.integers(0, 3, SENTENCES))
    pairs = [(a, b) for b in range(SENTENCES) for a in range(b + 1) if 1 <= b - a <= 3]
    pairs.sort(key=lambda p: (p[1], topics[(p[0] + p[1]) // 2], p[0]))
    first, last = (np.array(side) for side in zip(*pairs, strict=True))
    seconds = rng.uniform(2, 9, SENTENCES)
    score = rng.normal(0, 1, SENTENCES)
    ends = np.concatenate([[0], np.cumsum(seconds)])
    worth = np.concatenate([[0], np.cumsum(seconds * score)])
    value = worth[last + 1] - worth[first] + rng.normal(0, 1, len(first))
    topic = topics[(first + last) // 2]
    return Candidates(first, last, topic, value, ends[last + 1] - ends[first]), rng


def all_choices(found, limits, apart=lambda spans: True):
    """Yield the worth of every choice of clips that keeps to the limits."""
    for size in range(max(1, limits.fewest), limits.most + 1):
        for choice in combinations(range(len(found.first)), size):
            ordered = sorted(choice, key=lambda i: found.first[i])
            if any(found.last[a] >= found.first[b] for a, b in pairwise(ordered)):
                continue
            if found.length[ordered].sum() > limits.total:
                continue
            if not apart([(int(found.first[i]), int(found.last[i])) for i in ordered]):
                continue
            covered = limits.coverage[np.unique(found.topic[ordered])].sum()
            yield float(found.value[ordered].sum() + covered)


def check(found, limits, choice):
    """Check that a choice keeps to the limits and is worth what it says."""
    total = 0.0
    chosen = []
    for first, last in choice.spans:
        (at,) = np.flatnonzero((found.first == first) & (found.last == last))
        chosen.append(at)
        total += found.length[at]
    assert all(a[1] < b[0] for a, b in pairwise(choice.spans))
    assert limits.fewest <= len(chosen) <= limits.most
    assert total <= limits.total + 1e-9
    covered = limits.coverage[np.unique(found.topic[chosen])].sum()
    assert choice.value == pytest.approx(found.value[chosen].sum() + covered)


@pytest.mark.parametrize("seed", range(12))
def test_without_a_binding_total_the_choice_is_the_best_there_is(seed):
    found, rng = make_lecture(seed)
    coverage = rng.uniform(0, 6, 3)
    coverage[seed % 3] = 0.0  # a topic that something kept covers
    limits = Limits(fewest=1 + seed % 2, most=3, total=999.0, coverage=coverage)
    choice = choose_clips(found, limits)
    check(found, limits, choice)
    assert choice.gap == pytest.approx(0.0)
    assert choice.value == pytest.approx(max(all_choices(found, limits)))


def test_the_bound_holds_under_a_total_and_the_choice_is_near_the_best():
    shares = []
    for seed in range(40):
        found, rng = make_lecture(100 + seed)
        limits = Limits(1, 3, float(rng.uniform(15, 50)), rng.uniform(0, 6, 3))
        choice = choose_clips(found, limits)
        check(found, limits, choice)
        best = max(all_choices(found, limits))
        assert choice.value <= best + 1e-9
        assert choice.bound >= best - 1e-9
        assert best - choice.value <= choice.gap + 1e-9
        shares.append(best - choice.value <= 1e-9)
    assert np.mean(shares) >= 0.8


def test_a_guess_at_the_price_changes_nothing_but_the_work():
    for seed in range(20):
        found, rng = make_lecture(200 + seed)
        limits = Limits(1, 3, float(rng.uniform(15, 50)), rng.uniform(0, 6, 3))
        plain = choose_clips(found, limits)
        for guess in (0.5 * plain.price, 2 * plain.price + 0.1):
            guessed = choose_clips(found, limits, guess)
            check(found, limits, guessed)
            best = max(all_choices(found, limits))
            assert guessed.value <= best + 1e-9 <= guessed.bound + 2e-9


def test_what_is_said_twice_is_chosen_once_and_jointly():
    lost = []
    for seed in range(25):
        found, rng = make_lecture(300 + seed)
        texts = [f"a{n} b{n} c{n} d{n}" for n in range(SENTENCES)]
        texts[7:10] = texts[1:4]
        limits = Limits(1, 3, float(rng.choice([30.0, 999.0])), rng.uniform(0, 3, 3))

        def bag(span, texts=texts):
            return word_pairs(texts[span[0] : span[1] + 1])

        def apart(spans, bag=bag):
            return not alike_pairs([bag(span) for span in spans], 0.6)

        choice = choose_apart(found, limits, bag, [], 0.6)
        check(found, limits, choice)
        assert apart(choice.spans)
        best = max(all_choices(found, limits, apart))
        assert choice.value <= best + 1e-9 <= choice.bound + 2e-9
        lost.append((best - choice.value) / best)
    assert np.mean(lost) <= 0.05
    assert np.mean(np.array(lost) < 1e-9) >= 0.5


def test_nothing_like_what_is_kept_is_chosen():
    found, _ = make_lecture(1)
    texts = [f"a{n} b{n} c{n} d{n}" for n in range(SENTENCES)]
    limits = Limits(1, 3, 999.0, np.zeros(3))

    def bag(span):
        return word_pairs(texts[span[0] : span[1] + 1])

    free = choose_apart(found, limits, bag, [], 0.6)
    kept = bag(free.spans[0])
    beside = choose_apart(found, limits, bag, [kept], 0.6)
    assert beside.spans
    assert not alike_pairs([kept, *map(bag, beside.spans)], 0.6)


def test_no_room_and_no_candidates_give_no_clips():
    none = np.zeros(0, dtype=int)
    limits = Limits(1, 3, 60.0, np.ones(1))
    empty = Candidates(none, none, none, none.astype(float), none.astype(float))
    assert choose_clips(empty, limits).spans == ()
    found, _ = make_lecture(2)
    assert choose_clips(found, Limits(0, 0, 60.0, np.ones(3))).spans == ()
    assert choose_clips(found, Limits(0, 3, 0.0, np.ones(3))).spans == ()
    # whoever asks for clips gets the shortest rather than none
    shortest = choose_clips(found, Limits(1, 3, 0.0, np.ones(3)))
    assert len(shortest.spans) == 1
