from itertools import pairwise

import pytest

from agents.transcript.sentences import split_sentences
from agents.transcript.words import RawUtterance, RawWord, Utterance, repair_utterances
from agents.types import Word


def said(text, *, start=0.0, pauses=None, speaker="", logprob=0.0):
    """Return an utterance at 0.3 s a word; `pauses` maps a word's number to the pause after it."""
    words, at = [], start
    for i, token in enumerate(text.split()):
        words.append(Word(at, at + 0.3, token))
        at += 0.35 + (pauses or {}).get(i, 0.0)
    return Utterance(tuple(words), logprob, 0.0, speaker)


def texts(segments):
    return [segment.text for segment in segments]


def test_punctuation_divides_and_abbreviations_and_numbers_do_not():
    text = "Dr. Smith measured 3.14 volts, e.g. in Fig. 3 of it. Was he right? Yes!"
    assert texts(split_sentences([said(text)])) == [
        "Dr. Smith measured 3.14 volts, e.g. in Fig. 3 of it.",
        "Was he right?",
        "Yes!",
    ]


def test_sentence_goes_on_over_several_utterances():
    parts = [said("It begins in one cue"), said("and ends in the next. Then more.", start=1.9)]
    assert texts(split_sentences(parts)) == [
        "It begins in one cue and ends in the next.",
        "Then more.",
    ]


def test_pauses_divide_where_punctuation_is_missing():
    text = "so we look at every item in turn and then we are done with the list"
    segments = split_sentences([said(text, pauses={7: 0.7, 2: 0.2})])
    assert texts(segments) == [
        "so we look at every item in turn",
        "and then we are done with the list",
    ]


def test_short_pause_after_few_words_does_not_divide_but_a_long_one_does():
    text = "well every item in it is looked at in turn"
    assert len(split_sentences([said(text, pauses={0: 0.8})])) == 1
    assert texts(split_sentences([said(text, pauses={0: 1.3})]))[0] == "well"


def test_hesitation_inside_a_punctuated_sentence_does_not_divide():
    text = "We take the, well, second item. Then we stop. And so on."
    assert len(split_sentences([said(text, pauses={2: 0.9})])) == 3


@pytest.mark.parametrize("max_words", [10, 40])
def test_endless_speech_is_divided_at_its_best_pauses(max_words):
    text = " ".join(f"w{i}" for i in range(120))
    segments = split_sentences([said(text, pauses={47: 0.4})], max_words=max_words)
    assert all(len(segment.words) <= max_words for segment in segments)
    assert any(segment.words[-1].text == "w47" for segment in segments)
    assert [w.text for s in segments for w in s.words] == text.split()


def test_hundred_thousand_words_without_a_pause_are_divided_too():
    segments = split_sentences([said("a " * 100_000)])
    assert sum(len(segment.words) for segment in segments) == 100_000


def test_pauses_are_weighed_by_the_words_around_them():
    text = "that is the first of all steps so we look at the second one today"
    pause = {6: 0.3, 11: 0.9}  # after "steps" before "so"; after "the"
    assert texts(split_sentences([said(text, pauses=pause)])) == [
        "that is the first of all steps",
        "so we look at the second one today",
    ]


@pytest.mark.parametrize("change", [str.lower, str.upper, str])
def test_case_is_not_needed(change):
    text = change("We ask Dr. Smith. He has No. 5 of them. Is it enough? It is not.")
    assert len(split_sentences([said(text)])) == 4


@pytest.mark.parametrize(
    "text",
    [
        "Prof. J. R. Smith of the U.S. Army shows Fig. 3 and approx. 1,000.5 items i.e. nothing.",
        "See https://example.org/a.b?c=d. or www.example.org for it.",
        "We wait... and then we go on to Mt. Everest.",
        "The Yahoo! index and the e.g. part of vol. 2, p. 17 agree.",
        "Das ist z.B. bzw. ca. 5 Mio. Euro lt. Abb. 7 wert.",
        "Mme. Curie et M. Dupont y sont.",
    ],
)
def test_points_that_end_no_sentence(text):
    assert texts(split_sentences([said(text)])) == [text]


def test_change_of_speaker_ends_a_sentence():
    parts = [said("and that is why", speaker="Ann"), said("but why", start=3, speaker="Bob")]
    assert [(s.speaker, s.text) for s in split_sentences(parts)] == [
        ("Ann", "and that is why"),
        ("Bob", "but why"),
    ]


def test_sentence_has_the_mean_confidence_of_its_words():
    parts = [said("one two three", logprob=-1.0), said("four.", start=1.5, logprob=-3.0)]
    (segment,) = split_sentences(parts)
    assert segment.avg_logprob == pytest.approx(-1.5)
    assert (segment.start, segment.end) == (0.0, pytest.approx(1.8))


def test_japanese_sentences_are_divided_and_joined_without_spaces():
    words = tuple(Word(i * 0.2, i * 0.2 + 0.2, c) for i, c in enumerate("話します。次です。"))
    assert texts(split_sentences([Utterance(words)])) == ["話します。", "次です。"]


def test_no_words_give_no_sentences():
    assert split_sentences([]) == ()


# --- repair at the border -------------------------------------------------------------------------


def utterance(start, end, *words):
    return RawUtterance(start, end, [RawWord(*word) for word in words])


def check(utterances, duration):
    words = [word for u in utterances for word in u.words]
    for before, after in pairwise(words):
        assert before.end <= after.start + 1e-9
    assert all(0 <= w.start < w.end <= duration + 1e-9 for w in words)
    return [word.text for word in words]


def test_words_without_length_out_of_order_and_past_the_end_are_repaired():
    raw = [
        utterance(0.0, 4.0, (1.0, 1.0, " same"), (0.5, 0.9, " back"), (3.0, 99.0, " far")),
        utterance(4.0, 12.0, (9.0, 8.0, " turned"), (50.0, 60.0, " gone")),
    ]
    assert check(repair_utterances(raw, 10.0), 10.0) == ["same", "back", "far", "turned", "gone"]


def test_times_that_are_no_numbers_are_replaced():
    nan, inf = float("nan"), float("inf")
    raw = [utterance(0.0, 2.0, (nan, inf, "a"), (1.0, nan, "b")), utterance(nan, nan, (0, 1, "c"))]
    assert check(repair_utterances(raw, 5.0), 5.0)[:2] == ["a", "b"]


def test_utterances_beyond_the_recording_or_empty_are_dropped():
    raw = [utterance(20.0, 25.0, (20.0, 21.0, "late")), utterance(0.0, 1.0, (0.0, 1.0, " \x00 "))]
    assert repair_utterances(raw, 10.0) == []


def test_utterance_with_a_wrong_end_leaves_room_for_the_next():
    raw = [
        utterance(0.0, 60.0, (0.0, 1.0, "one"), (59.0, 60.0, "two")),
        utterance(5.0, 7.0, (5.0, 6.0, "three"), (6.0, 7.0, "four")),
    ]
    repaired = repair_utterances(raw, 60.0)
    assert check(repaired, 60.0) == ["one", "two", "three", "four"]
    assert repaired[1].words[0].start == pytest.approx(5.0)
