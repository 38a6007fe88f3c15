# ruff: noqa: RUF001 - other scripts are meant
import re
from itertools import pairwise, zip_longest

import pysubs2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.subtitles import (
    clean_text,
    ends_sentence,
    format_time,
    join_words,
    make_cues,
    split_words,
    text_width,
    to_srt,
    to_vtt,
    wrap_text,
)
from agents.types import Cue, Interval, Word

HOSTILE = [
    "<script>alert(1)</script>",
    "a --> b",
    "a ----> b",
    "one\n\n2\n00:00:00,000 --> 00:00:09,000\nforged",
    "one\r\n\r\nNOTE forged\r\n",
    "STYLE\n::cue{background:url(http://example.org)}",
    "line\u2028separator\u2029and\x85next\x0bline\x0cfeed",
    "--\u200b> hidden arrow",
    "--\x00> hidden arrow",
    "{\\an8}{\\fs500}top",
    "\ufeffWEBVTT",
    "7",
    "",
    "\x00\x1b[31m\u202egnp.exe",
    "& &amp; < >",
    "word " * 40_000,
]


def say(text, start=0.0, word_s=0.3, gap_s=0.05):
    """Return the words said at an even pace; a sentence end is followed by a pause of 0.4 s."""
    words, at = [], start
    for token in split_words(text):
        words.append(Word(at, at + word_s, token))
        at += word_s + (0.4 if token.endswith((".", "?", "!")) else gap_s)
    return words


def cue_texts(cues):
    return [cue.text.replace("\n", " ") for cue in cues]


# --- times ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (59.9996, "00:01:00.000"),
        (0.0, "00:00:00.000"),
        (-1.0, "00:00:00.000"),
        (3599.9994, "00:59:59.999"),
        (3599.9996, "01:00:00.000"),
        (360_000.0, "100:00:00.000"),
    ],
)
def test_time_is_rounded_to_whole_milliseconds_before_it_is_split(seconds, text):
    assert format_time(seconds, ".") == text


# --- writers --------------------------------------------------------------------------------------


def vtt_cues(text):
    """Read WebVTT as its specification says: blocks end at an empty line."""
    blocks = [block.split("\n") for block in re.split(r"\n{2,}", text.strip("\n"))]
    assert blocks[0] == ["WEBVTT"]
    for times, *lines in blocks[1:]:
        assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} --> \d\d:\d\d:\d\d\.\d{3}", times)
        assert lines
        assert not any("<" in line or ">" in line for line in lines)
    return blocks[1:]


def srt_blocks(text):
    blocks = [block.split("\n") for block in re.split(r"\n{2,}", text.strip("\n"))]
    for number, (index, times, *lines) in enumerate(blocks, start=1):
        assert index == str(number)
        assert re.fullmatch(r"\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}", times)
        assert lines
        assert not any("-->" in line for line in lines)
    return blocks


def test_hostile_cues_come_out_as_many_as_went_in():
    cues = [Cue(i, i + 1.0, text) for i, text in enumerate(HOSTILE)]
    assert len(srt_blocks(to_srt(cues))) == len(cues)
    assert len(vtt_cues(to_vtt(cues))) == len(cues)


def test_another_reader_finds_the_same_cues():
    cues = [Cue(i, i + 1.0, text) for i, text in enumerate(HOSTILE)]
    for text, kind in ((to_srt(cues), "srt"), (to_vtt(cues), "vtt")):
        read = pysubs2.SSAFile.from_string(text, format_=kind).events
        assert [(e.start, e.end) for e in read] == [(c.start * 1000, c.end * 1000) for c in cues]


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_no_text_can_forge_a_cue(texts):
    cues = [Cue(i, i + 1.0, text) for i, text in enumerate(texts)]
    assert len(srt_blocks(to_srt(cues))) == len(cues)
    assert len(vtt_cues(to_vtt(cues))) == len(cues)


def test_markup_in_srt_is_text_to_its_readers():
    written = to_srt([Cue(0, 1, "the <b> tag and {\\an8} of ASS, a < b")])
    assert not re.search(r"<[A-Za-z/]|\{\\", written)
    assert "a < b" in written
    assert clean_text(written).count("<b>") == 1


def test_cue_shorter_than_a_millisecond_still_ends_after_it_begins():
    assert "00:00:05.000 --> 00:00:05.001" in to_vtt([Cue(5.0, 5.0001, "x")])


def test_no_cues_give_a_file_that_is_still_valid():
    assert to_vtt([]) == "WEBVTT\n"
    assert to_srt([]) == ""


# --- text -----------------------------------------------------------------------------------------


def test_cleaning_keeps_accents_and_joiners_and_drops_controls():
    assert clean_text("cafe\u0301\x07 \x00x\r\n\n  y\t z ") == "café x\ny z"
    assert clean_text("می\u200cخواهم") == "می\u200cخواهم"
    assert clean_text("abc\u202etxt.exe\u2066\ufeff") == "abctxt.exe"


@given(st.text())
def test_cleaning_twice_changes_nothing(text):
    assert clean_text(clean_text(text)) == clean_text(text)


def test_words_of_scripts_without_spaces_are_joined_without_them():
    assert join_words(["今", "日", "は", "NumPy", "を", "使う"]) == "今日は NumPy を使う"
    assert join_words(["the", "word"]) == "the word"


@pytest.mark.parametrize(
    ("text", "following", "ends"),
    [
        ("done.", "Then", True),
        ("done.", "then", False),
        ("Dr.", "Smith", False),
        ("e.g.", "Apples", False),
        ("J.", "Smith", False),
        ("I.", "Then", True),
        ("Fig.", "3", False),
        ("No.", "5", False),
        ("No.", "The", True),
        ("3.14", "Then", False),
        ("2020.", "Then", True),
        ("3.", "Oktober", False),
        ("wait...", "and", False),
        ("wait...", "And", True),
        ("what?!", "he", True),
        ('said."', "He", True),
        ("です。", "次", True),
        ("كذلك؟", "نعم", True),
        ("है।", "यह", True),
        ("comma,", "Then", False),
    ],
)
def test_sentence_ends_are_told_from_abbreviations_and_numbers(text, following, ends):
    assert ends_sentence(text, following) is ends


def test_pause_decides_whether_a_doubtful_abbreviation_ends_a_sentence():
    assert not ends_sentence("p.m.", "Monday", 0.05)
    assert ends_sentence("p.m.", "Monday", 0.6)


def test_lines_are_about_equally_long_and_never_too_wide():
    lines = wrap_text("a title that is a little too long for a single line", 42)
    assert len(lines) == 2
    assert abs(len(lines[0]) - len(lines[1])) <= 8
    assert all(text_width(line) <= 42 for line in wrap_text("x" * 500 + " 語" * 90, 42))


# --- cues -----------------------------------------------------------------------------------------

LECTURE = (
    "So today we are going to talk about Dr. Smith and the 3.14 things, e.g. apples and oranges,"
    " that he found. It is a very long sentence that goes on and on without any punctuation at all"
    " because nobody ever wrote one down and so it has to be broken somewhere sensible. Yes. No."
    " The answer is forty-two! And finally we conclude this section with a shorter one."
)


def test_cues_have_two_lines_of_42_characters_and_can_be_read_in_time():
    cues = make_cues(say(LECTURE), [Interval(0, 40)])
    assert " ".join(cue_texts(cues)) == LECTURE
    for cue, after in zip_longest(cues, cues[1:]):
        lines = cue.text.split("\n")
        assert len(lines) <= 2
        assert all(len(line) <= 42 for line in lines)
        assert 1.0 <= cue.duration <= 7.0
        assert len(cue.text) / cue.duration <= 20
        assert after is None or cue.end <= after.start
        assert len(cue.text.split()) > 1


def test_cue_begins_with_its_first_word():
    words = say(LECTURE, start=3.0)
    cues = make_cues(words, [Interval(0, 60)])
    position = 0
    for cue in cues:
        assert cue.start == pytest.approx(words[position].start)
        position += len(cue.text.split())


def test_words_after_a_cut_move_with_the_sound():
    words = [*say("First things first.", 1.0), *say("Then the second.", 10.0)]
    cues = make_cues(words, [Interval(0.5, 3.0), Interval(9.0, 12.0)])
    assert cue_texts(cues) == ["First things first.", "Then the second."]
    assert cues[0].start == pytest.approx(0.5)
    assert cues[1].start == pytest.approx(2.5 + 1.0)
    assert cues[1].end <= 5.5


def test_words_in_what_is_cut_out_are_left_out():
    words = [Word(0.0, 1.0, "kept"), Word(1.0, 2.0, "gone"), Word(2.0, 3.0, "stays")]
    cues = make_cues(words, [Interval(0.0, 1.0), Interval(2.0, 3.0)])
    assert cue_texts(cues) == ["kept stays"]


def test_word_that_straddles_a_cut_belongs_to_the_side_with_its_middle():
    words = [Word(0.0, 0.9, "one"), Word(0.9, 2.0, "two")]
    assert cue_texts(make_cues(words, [Interval(0.0, 1.0)])) == ["one"]
    assert cue_texts(make_cues(words, [Interval(1.0, 2.0)])) == ["two"]


def test_long_pause_begins_a_new_cue():
    words = [*say("before the pause", 0.0), *say("after the pause", 4.0)]
    assert cue_texts(make_cues(words, [Interval(0, 9)])) == ["before the pause", "after the pause"]


def test_word_without_end_is_divided_over_lines_in_its_time():
    cues = make_cues([Word(0.0, 4.0, "x" * 300)], [Interval(0, 9)])
    assert "".join(cue_texts(cues)).replace(" ", "") == "x" * 300
    assert all(len(line) <= 42 for cue in cues for line in cue.text.split("\n"))


def test_japanese_is_divided_without_spaces():
    text = "今日は機械学習について話します。まず、基本的な考え方を説明します。" * 3
    words = [Word(i * 0.2, i * 0.2 + 0.19, c) for i, c in enumerate(text)]
    cues = make_cues(words, [Interval(0, 60)])
    assert "".join(cue.text.replace("\n", "") for cue in cues) == text
    assert all(text_width(line) <= 42 for cue in cues for line in cue.text.split("\n"))


def test_no_words_give_no_cues():
    assert make_cues([], [Interval(0, 9)]) == ()
    assert make_cues(say("gone"), [Interval(5, 9)]) == ()


@given(
    st.lists(
        st.tuples(st.text(max_size=60), st.floats(0.01, 12), st.floats(0, 3)),
        max_size=40,
    ),
    st.lists(st.tuples(st.floats(0.1, 20), st.floats(0, 5)), min_size=1, max_size=4),
)
def test_cues_of_any_words_are_in_order_and_apart(pieces, kept):
    words, at = [], 0.0
    for text, length, gap in pieces:
        words.append(Word(at, at + length, text))
        at += length + gap
    parts, at = [], 0.0
    for length, gap in kept:
        parts.append(Interval(at, at + length))
        at += length + gap
    cues = make_cues(words, parts)
    for cue, after in pairwise(cues):
        assert cue.end <= after.start + 0.0011
        assert cue.start < after.start
    for cue in cues:
        assert 0 < cue.duration <= 7.000001
        assert cue.text.strip()
        assert all(text_width(line) <= 42 for line in cue.text.split("\n"))
