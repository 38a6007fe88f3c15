# ruff: noqa: RUF001 - the typographic apostrophe is meant
"""Topics: the likelihood and the search are exact, and the boundaries lie where subjects change."""

from itertools import combinations, pairwise
from math import lgamma, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.content.delivery import topic_evidence
from agents.content.lexicon import read_lexicon, split_words
from agents.content.topics import best_division, segment_topics, stretch_likelihood
from tests.talks import pauses_of, show, speak, write_talk

WORDS = st.lists(st.lists(st.integers(0, 5), max_size=6), min_size=1, max_size=7)


def topics_of(texts, *, penalty=6.0, evidence=None, min_duration=0.0):
    lexicon = read_lexicon(texts)
    return segment_topics(
        lexicon.content_rows(),
        words=sum(len(row) for row in lexicon.rows),
        penalty=penalty,
        evidence=np.zeros(len(texts)) if evidence is None else evidence,
        durations=np.full(len(texts), 5.0),
        min_duration=min_duration,
    )


def starts(topic):
    return np.flatnonzero(np.diff(topic)) + 1


@pytest.mark.parametrize("language", ["en", "fr", "de", "zh"])
def test_topics_begin_where_the_subject_changes_in_any_language(language):
    found = starts(topics_of(write_talk(language)))
    assert len(found) == 3
    assert np.abs(found - [30, 60, 90]).max() <= 1


def test_a_talk_on_one_subject_is_one_topic():
    assert len(starts(topics_of(write_talk(per_topic=80, topics=1)))) == 0


def test_a_higher_penalty_never_gives_more_topics():
    texts = write_talk(per_topic=12)
    counts = [len(starts(topics_of(texts, penalty=penalty))) for penalty in (1, 3, 6, 12, 20)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] >= 3
    assert counts[-1] == 0


def test_no_topic_is_shorter_than_the_minimum():
    topic = topics_of(write_talk(per_topic=6), penalty=0.5, min_duration=40.0)
    assert np.bincount(topic).min() * 5.0 >= 40.0


@pytest.mark.parametrize("texts", [[], [""], ["..."], ["One sentence only."]])
def test_a_talk_of_next_to_nothing_has_at_most_one_topic(texts):
    assert topics_of(texts).tolist() == [0] * len(texts)


@given(WORDS)
def test_the_likelihood_of_a_stretch_is_the_dirichlet_multinomial_formula(sentences):
    rows = [np.array(words, dtype=np.int64) for words in sentences]
    found = stretch_likelihood(rows)
    tokens = np.concatenate(rows)
    prior = np.sqrt(np.bincount(tokens, minlength=6))
    prior = 20.0 * prior / max(prior.sum(), 1)
    for start, end in combinations(range(len(rows) + 1), 2):
        said = np.concatenate(rows[start:end])
        expected = sum(
            lgamma(prior[w] + n) - lgamma(prior[w])
            for w, n in zip(*np.unique(said, return_counts=True), strict=True)
        )
        expected += lgamma(20.0) - lgamma(20.0 + len(said))
        assert found[start, end] == pytest.approx(expected, abs=1e-6)


@given(st.integers(1, 7), st.integers(0, 10_000))
def test_the_division_found_is_the_best_of_all(count, seed):
    rng = np.random.default_rng(seed)
    likelihood, gain = rng.normal(size=(count + 1, count + 1)), rng.normal(size=count)

    def worth(cuts):
        edges = [0, *cuts, count]
        return sum(likelihood[a, b] + gain[a] for a, b in pairwise(edges))

    inner = range(1, count)
    best = max(worth(cuts) for size in range(count) for cuts in combinations(inner, size))
    assert worth(best_division(likelihood, gain)[1:]) == pytest.approx(best)


def test_a_new_slide_after_a_long_pause_begins_a_topic_that_the_words_alone_do_not_show():
    texts = [f"We look at case {number} of the same method." for number in range(40)]
    transcript = speak(texts, pauses=[3.0 if number == 19 else 0.5 for number in range(40)])
    change = transcript.segments[20].start - 0.5
    evidence = topic_evidence(
        transcript.segments,
        pauses_of(transcript),
        show(transcript, [change]),
        width=640,
        pause_weight=16.0,
        slide_weight=14.0,
    )
    assert np.argmax(evidence) == 20
    assert evidence[20] == pytest.approx(30.0)
    assert starts(topics_of(texts, penalty=20 / log(280), evidence=evidence)).tolist() == [20]
    assert starts(topics_of(texts, penalty=20 / log(280))).tolist() == []


def test_a_slide_that_goes_on_with_the_last_headline_is_no_new_topic():
    transcript = speak([f"We look at case {number} of the same method." for number in range(40)])
    changes = [transcript.segments[n].start - 0.2 for n in (10, 20, 30, 35)]
    headlines = ["Linear search", "Linear search (2)", "Cost of a linear search", "Hash table", ""]
    evidence = topic_evidence(
        transcript.segments,
        (),
        show(transcript, changes, headlines),
        width=640,
        pause_weight=0,
        slide_weight=8,
    )
    assert np.flatnonzero(evidence).tolist() == [30, 35]
    assert evidence[[30, 35]].tolist() == [8.0, 8.0]


def test_where_slides_tell_a_short_talk_is_asked_as_much_as_a_long_one():
    texts = write_talk(per_topic=12)
    talk = read_lexicon(texts)
    rows, words = talk.content_rows(), sum(len(row) for row in talk.rows)
    none, seconds = np.zeros(len(texts)), np.full(len(texts), 5.0)

    def found(evidence, slides_tell):
        return starts(
            segment_topics(
                rows,
                words=words,
                penalty=6.0,
                evidence=evidence,
                durations=seconds,
                slides_tell=slides_tell,
            )
        ).tolist()

    assert found(none, False) == [12, 24, 36]
    assert len(found(none, True)) < 3
    shown = none.copy()
    shown[[12, 18, 24, 36]] = 14.0
    assert found(shown, True) == [12, 24, 36]


def test_equal_pauses_say_nothing_about_topics():
    transcript = speak(write_talk(per_topic=5))
    evidence = topic_evidence(
        transcript.segments,
        pauses_of(transcript),
        show(transcript),
        width=640,
        pause_weight=16.0,
        slide_weight=14.0,
    )
    assert evidence.max() < 1.0


@pytest.mark.parametrize(("language", "words"), [("en", "the and every"), ("de", "die eine und")])
def test_stop_words_are_learned_from_the_lecture(language, words):
    lexicon = read_lexicon(write_talk(language, per_topic=60))
    stop = {lexicon.terms[index] for index in np.flatnonzero(lexicon.stop)}
    assert set(words.split()) <= stop
    subjects = {"volta", "enzyme", "mortga", "violin", "batter", "zelle", "hypoth", "sinfon"}
    assert not subjects & stop


def test_scripts_without_spaces_are_read_in_pairs():
    assert split_words("机器学习") == ["机器", "器学", "学习"]
    assert split_words("L'intégrale d’Euler") == ["l", "intégrale", "d", "euler"]
