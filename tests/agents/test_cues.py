"""Cues of any words after any cuts: limits that always hold, and what is read well."""

from itertools import pairwise, zip_longest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.subtitles import join_words, make_cues, split_words, text_width, wrap_text
from agents.types import Interval, Word

STEP_S = 0.08
BLINK_S = 0.25
LEXICON = ["the", "a", "of", "to", "and", "that", "is", "so", "we", "now", "model", "gradient"]
LEXICON += ["function,", "because", "learning", "network.", "data,", "results!", "very", "e.g."]
LEXICON += ["long-winded", "internationalisation", "question?", "Dr.", "3.14"]

spoken_words = st.lists(
    st.tuples(
        st.sampled_from(LEXICON),
        st.floats(0.05, 0.8),
        st.one_of(st.just(0.0), st.floats(0.0, 0.6), st.floats(0.6, 4.0)),
    ),
    min_size=1,
    max_size=120,
)
cuts = st.lists(st.tuples(st.floats(0.5, 30), st.floats(0.3, 20)), min_size=1, max_size=6)


def say(pieces, start=0.0):
    """Return words from (text, seconds, pause after it)."""
    words, at = [], start
    for text, seconds, pause in pieces:
        words.append(Word(at, at + seconds, text))
        at += seconds + pause
    return words


def keep(kept):
    """Return parts from (seconds kept, seconds cut after them)."""
    parts, at = [], 0.0
    for length, gone in kept:
        parts.append(Interval(at, at + length))
        at += length + gone
    return parts


def heard(words, parts):
    """Return text, start and end in the clip of each word whose middle is kept."""
    found, offset = [], 0.0
    for part in parts:
        for word in words:
            if part.start <= (word.start + word.end) / 2 < part.end:
                start = max(word.start, part.start) - part.start + offset
                found.append((word.text, start, min(word.end, part.end) - part.start + offset))
        offset += part.duration
    return found


def divided(cues, said):
    """Yield each cue, what was said in it, and the next cue."""
    at = 0
    for cue, after in zip_longest(cues, cues[1:]):
        count = len(cue.text.split())
        yield cue, said[at : at + count], after
        at += count
    assert at == len(said)


@settings(max_examples=200)
@given(spoken_words, cuts)
def test_cues_keep_to_their_limits_and_to_the_words_whatever_is_cut(pieces, kept):
    words, parts = say(pieces), keep(kept)
    said = heard(words, parts)
    cues = make_cues(words, parts)
    assert " ".join(" ".join(cue.text.split("\n")) for cue in cues) == " ".join(w for w, *_ in said)
    duration = max(sum(part.duration for part in parts), max((e for *_, e in said), default=0))
    for cue, inside, after in divided(cues, said):
        lines = cue.text.split("\n")
        assert len(lines) <= 2
        assert all(len(line) <= 42 for line in lines)
        assert 0 < cue.duration <= 7.0001
        assert abs(cue.start - inside[0][1]) <= STEP_S
        assert cue.end >= inside[-1][2] - STEP_S
        limit = after.start if after else duration
        assert cue.end <= limit + 0.0011
        # Shown as long as it needs, where the words that follow leave the time.
        wanted = min(cue.start + max(1.0, text_width(cue.text) / 20), limit)
        assert cue.end >= min(wanted, cue.start + 7.0) - 0.001
        assert after is None or not 0.0011 < after.start - cue.end < BLINK_S


@settings(max_examples=100)
@given(spoken_words, cuts)
def test_every_word_has_its_time_for_a_highlight(pieces, kept):
    words, parts = say(pieces), keep(kept)
    said = heard(words, parts)
    for cue, inside, _ in divided(make_cues(words, parts), said):
        assert len(cue.spoken) == len(cue.text.split())
        assert all(abs(a - b[1]) <= STEP_S for a, b in zip(cue.spoken, inside, strict=True))
        assert list(cue.spoken) == sorted(cue.spoken)


def test_no_word_stands_alone_and_none_is_cut_from_what_it_belongs_to():
    text = (
        "So what I would like to show you today is the relation between the size of the data and"
        " the number of parameters. Yes. Because of that, in the end, we will see that a model"
        " that is too large for what we have learns every example by heart. Right? And nothing else"
    )
    words = say([(t, 0.28, 0.45 if t[-1] in ".?" else 0.02) for t in text.split()])
    cues = make_cues(words, [Interval(0, words[-1].end + 0.3)])
    ends = [line.split()[-1] for cue in cues for line in cue.text.split("\n")]
    assert not set(ends) & {"the", "a", "of", "to", "that", "and", "in", "is", "we", "between"}
    assert all(len(cue.text.split()) > 1 for cue in cues)
    assert all(len(line.split()) > 1 for cue in cues for line in cue.text.split("\n"))


def test_a_gap_too_short_to_be_seen_is_closed_and_a_longer_one_is_not():
    text = "This is one of two sentences, both of them too long for one cue."
    for pause, closed in ((0.3, True), (1.2, False)):
        words = say([(t, 0.3, 0.0) for t in text.split()])
        words += say([(t, 0.3, 0.0) for t in text.split()], start=words[-1].end + pause)
        first, second = make_cues(words, [Interval(0, 20)])
        assert (first.end == second.start) is closed
        assert closed or first.end == pytest.approx(words[13].end + STEP_S)


def test_a_cut_inside_a_sentence_leaves_no_trace_in_its_cues():
    text = "We divide the sum by the number of the samples we have drawn from it"
    words = say([(t, 0.3, 6.0 if t == "number" else 0.0) for t in text.split()])
    parts = [Interval(0, words[6].end + 0.3), Interval(words[7].start - 0.3, words[-1].end + 0.3)]
    cues = make_cues(words, parts)
    assert " ".join(cue.text.replace("\n", " ") for cue in cues) == text
    assert all(b.start - a.end < 0.7 for a, b in pairwise(cues))
    assert cues[-1].end <= sum(part.duration for part in parts) + 0.001


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("we look at the mean of all values, and then at the variance", "values,"),
        ("the number of the parameters is much larger than what we have", "parameters"),
        ("das Ergebnis der Messung mit dem Sensor ist besser als gedacht", "Messung"),
    ],
)
def test_a_line_ends_where_a_phrase_ends(text, first):
    lines = wrap_text(text, 42)
    assert len(lines) == 2
    assert lines[0].split()[-1] == first


def test_a_title_and_the_name_after_it_stay_on_one_line():
    for shift in range(8):
        lines = wrap_text(
            f"{'x' * (10 + shift)} was proven in Göttingen by Dr. Hilbert himself", 42
        )
        assert "Dr. Hilbert" in " / ".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        "การเรียนรู้ของเครื่องเป็นสาขาหนึ่งของปัญญาประดิษฐ์ที่ศึกษาวิธีการให้คอมพิวเตอร์เรียนรู้จากข้อมูล",
        "機械学習とは、データから規則を見つける方法のことです。例えば、画像に何が写っているかを当てます。",
        "머신러닝은 데이터에서 규칙을 찾는 방법입니다. 예를 들어, 사진에 무엇이 있는지 맞힙니다.",
        "التعلم الآلي هو دراسة الخوارزميات التي تتحسن تلقائيا من خلال التجربة واستخدام البيانات.",
        "למידת מכונה היא ענף של מדעי המחשב העוסק בפיתוח אלגוריתמים שמאפשרים למחשב ללמוד.",
    ],
    ids=["Thai", "Japanese", "Korean", "Arabic", "Hebrew"],
)
def test_other_scripts_are_divided_without_breaking_a_letter(text):
    pieces = split_words(text)
    words = [Word(i * 0.12, i * 0.12 + 0.11, piece) for i, piece in enumerate(pieces)]
    cues = make_cues(words, [Interval(0, words[-1].end + 1)])
    lines = [line for cue in cues for line in cue.text.split("\n")]
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(text_width(line) <= 42 for line in lines)
    marks = "\u0e31\u0e34\u0e35\u0e36\u0e37\u0e38\u0e39\u0e47\u0e48\u0e49\u0e4a\u0e4b\u0e4c。、"
    assert not any(line[0] in marks for line in lines)
    assert not any(line[-1] in "\u0e40\u0e41\u0e42\u0e43\u0e44" for line in lines)
    assert join_words(pieces).split() == text.split()


def test_a_full_stop_that_comes_as_a_word_stays_with_the_one_before():
    words = [Word(0, 0.5, "今日"), Word(0.5, 1, "は"), Word(1, 1.1, "。"), Word(3.5, 4, "次")]
    assert [cue.text for cue in make_cues(words, [Interval(0, 6)])] == ["今日は。", "次"]
