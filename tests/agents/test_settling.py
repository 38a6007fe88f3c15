from itertools import pairwise

import numpy as np
import pytest

from agents.transcript.activity import Activity
from agents.transcript.settling import settle_words
from agents.types import Word


def voice(*spans, duration=20.0):
    """Return an activity with a voice in these stretches only."""
    active = np.zeros(round(duration * 100), bool)
    for start, end in spans:
        active[round(start * 100) : round(end * 100)] = True
    return Activity(0.01, active)


def settled(activity, *words, invents=True):
    given = [Word(start, end, text) for start, end, text in words]
    return [
        (word.text, round(word.start, 2), round(word.end, 2))
        for word in settle_words(given, activity, invents=invents)
    ]


def test_silence_at_the_ends_of_a_word_is_taken_off():
    assert settled(voice((1.0, 1.5)), (0.6, 1.9, "so")) == [("so", 1.0, 1.5)]


def test_word_reaches_to_where_its_voice_begins_and_ends():
    assert settled(voice((1.0, 2.0)), (1.2, 1.4, "so"), (1.4, 1.8, "on")) == [
        ("so", 1.0, 1.4),
        ("on", 1.4, 2.0),
    ]


def test_word_far_from_the_edge_of_its_voice_stays():
    assert settled(voice((1.0, 4.0)), (2.0, 2.5, "so")) == [("so", 2.0, 2.5)]


@pytest.mark.parametrize("invents", [True, False])
def test_word_in_a_pause_beside_a_voice_shares_its_time(invents):
    words = settled(voice((1.0, 2.0)), (1.0, 1.9, "one"), (2.1, 2.4, "two"), invents=invents)
    assert [text for text, *_ in words] == ["one", "two"]
    assert words[0][1] == 1.0
    assert words[0][2] == words[1][1] == pytest.approx(1.45, abs=0.06)
    assert words[1][2] == 2.0


def test_word_before_the_voice_that_says_it_shares_its_time():
    words = settled(voice((5.0, 6.0)), (4.6, 4.8, "one"), (5.1, 6.0, "two"))
    assert [word[0] for word in words] == ["one", "two"]
    assert (words[0][1], words[-1][2]) == (5.0, 6.0)
    assert words[0][2] <= words[1][1]


def test_words_far_from_any_voice_are_dropped_only_if_the_engine_invents():
    activity = voice((1.0, 2.0))
    words = ((1.0, 2.0, "said"), (9.0, 9.5, "thanks"), (9.5, 10.0, "you"))
    assert settled(activity, *words) == [("said", 1.0, 2.0)]
    assert [text for text, *_ in settled(activity, *words, invents=False)] == [
        "said", "thanks", "you",
    ]  # fmt: skip
    assert settled(voice(), *words) == []


def test_word_over_a_pause_belongs_to_its_longer_side_and_a_plosive_is_no_pause():
    assert settled(voice((1.0, 1.1), (1.8, 2.3)), (1.0, 2.3, "so")) == [("so", 1.8, 2.3)]
    assert settled(voice((1.0, 1.3), (1.42, 1.7)), (1.0, 1.7, "actor")) == [("actor", 1.0, 1.7)]


def test_no_word_lies_in_a_silence_whatever_the_engine_says():
    rng = np.random.default_rng(5)
    edges = np.sort(rng.uniform(0, 60, 40))
    activity = voice(*edges.reshape(-1, 2).tolist(), duration=60.0)
    starts = np.sort(rng.uniform(0, 59, 200))
    words = [Word(t, t + 0.3, f"w{i}") for i, t in enumerate(starts)]
    found = settle_words(words, activity, invents=True)
    assert len(found) > 50
    for word in found:
        assert activity.share(word.start - 0.01, word.end + 0.01) > 0
        spans = activity.spans(word.start, word.end)
        gaps = [b[0] - a[1] for a, b in pairwise(spans)]
        assert max(gaps, default=0.0) < 0.31
