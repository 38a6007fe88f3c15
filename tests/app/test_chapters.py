"""Chapters as files: whatever a topic is called, each format is read back as it was meant."""

import json
import re
from itertools import pairwise

import pysubs2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.transcript.captions import parse_captions
from agents.types import ContentSegment
from app.chapters import (
    CHAPTER_FORMATS,
    TITLE_CHARS,
    make_chapters,
    youtube_chapters,
    youtube_notices,
)

HOSTILE = (
    "a --> b",
    "00:01.000 --> 00:02.000\n\nNOTE second cue",
    "WEBVTT\n\nSTYLE\n::cue { color: red }",
    "<v Speaker>said</v> <script>x</script> &lt;b&gt; AT&T",
    "at 12:30 and 1:02:03",
    "word " * 2000,
    "x" * 10_000,
    "\u202eright to left\u2066",
    '"quoted" \\ and \u2028 broken',
    "\ud800 half a pair",
    "",
)
LINE = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d\d) (\S.*)")


def topics(*titles, length=20.0, first=0.0):
    """Return one topic after another, each `length` seconds long with a pause before the next."""
    return tuple(
        ContentSegment(first + length * i, first + length * (i + 1) - 0.5, i, title, "", ())
        for i, title in enumerate(titles)
    )


def write(chapters, suffix):
    return CHAPTER_FORMATS[suffix].write(chapters, "Heat & <mass>")


def read_youtube(text):
    """Return (second, title) per line, as YouTube reads a description."""
    found = []
    for line in text.splitlines():
        hours, minutes, seconds, title = LINE.fullmatch(line).groups()
        found.append((int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds), title))
    return found


def test_chapters_cover_the_recording_from_its_beginning_to_its_end():
    made = make_chapters(topics("One", "Two", "Three", first=3.0), duration=70.0)
    assert [(c.start, c.end, c.text) for c in made] == [
        (0.0, 23.0, "One"), (23.0, 43.0, "Two"), (43.0, 70.0, "Three"),
    ]  # fmt: skip
    assert make_chapters(()) == ()


def test_titles_are_one_line_and_never_too_long_nor_empty():
    made = make_chapters(topics(*HOSTILE))
    assert len(made) == len(HOSTILE)
    for chapter in made:
        assert 0 < len(chapter.text) <= TITLE_CHARS + 1
        assert chapter.text.isprintable()
    assert made[5].text.endswith("word…")
    assert made[-1].text == f"Topic {len(HOSTILE)}"


def test_webvtt_gives_every_hostile_title_back_to_two_readers():
    made = make_chapters(topics(*HOSTILE))
    text = write(made, "vtt")
    read = parse_captions(text)
    shown = [(c.start, c.end, c.text.replace("\u200b", "")) for c in read]
    assert shown == [(c.start, c.end, c.text) for c in made]
    assert text.count("-->") == len(made)
    assert "<" not in text
    other = pysubs2.SSAFile.from_string(text, format_="vtt").events
    assert [event.start for event in other] == [c.start * 1000 for c in made]


def test_youtube_text_keeps_to_youtubes_rules():
    text = write(make_chapters(topics(*HOSTILE, "Far", length=400.0)), "txt")
    listed = read_youtube(text)
    assert listed[0][0] == 0
    assert len(listed) == len(HOSTILE) + 1
    assert listed[-1] == (4400, "Far")
    for line in text.splitlines():
        assert not set("<>") & set(line)
        assert len(re.findall(r"\d:(?=\d)", line)) == line.split()[0].count(":")


def test_short_chapters_are_joined_to_a_neighbour_and_it_is_said():
    lengths = {"Hello": 4, "Sorting": 60, "A break": 6, "Searching": 40, "Thanks": 3}
    at, segments = 0.0, []
    for number, (title, length) in enumerate(lengths.items()):
        segments.append(ContentSegment(at, at + length, number, title, "", ()))
        at += length
    made = make_chapters(segments, at)
    assert youtube_chapters(made) == [(0, "Sorting"), (64, "Searching")]
    assert [notice.message for notice in youtube_notices(made)] == [
        "5 topics gave 2 of YouTube's chapters: those shorter than 10 s were joined to another.",
        "YouTube shows chapters from 3 on; this lecture has 2.",
    ]
    assert len(parse_captions(write(made, "vtt"))) == 5
    assert youtube_notices(make_chapters(topics("One", "Two", "Three"))) == ()


def test_podcast_json_has_the_fields_of_version_1_2():
    made = make_chapters(topics("Heat", "Mass <b>"), duration=40.1234567)
    assert json.loads(write(made, "json")) == {
        "version": "1.2.0",
        "title": "Heat & <mass>",
        "chapters": [
            {"startTime": 0.0, "title": "Heat", "endTime": 20.0},
            {"startTime": 20.0, "title": "Mass <b>", "endTime": 40.123},
        ],
    }


@pytest.mark.parametrize("suffix", CHAPTER_FORMATS)
def test_a_lecture_without_topics_gives_a_file_that_can_be_read(suffix):
    text = write((), suffix)
    if suffix == "json":
        assert json.loads(text)["chapters"] == []
    elif suffix == "vtt":
        assert parse_captions(text) == []
    else:
        assert text == ""


@given(
    st.lists(
        st.tuples(st.floats(0, 20_000), st.floats(0.001, 900), st.text()), min_size=1, max_size=9
    ),
    st.none() | st.floats(1, 21_000),
)
def test_no_title_and_no_time_breaks_any_format(parts, duration):
    segments = [ContentSegment(t, t + d, i, title, "", ()) for i, (t, d, title) in enumerate(parts)]
    made = make_chapters(segments, duration)
    assert made[0].start == 0
    assert all(a.end == b.start for a, b in pairwise(made))
    read = pysubs2.SSAFile.from_string(write(made, "vtt"), format_="vtt").events
    assert len(read) == len(made)
    assert [c["title"] for c in json.loads(write(made, "json"))["chapters"]] == [
        c.text for c in made
    ]
    starts = [start for start, _ in read_youtube(write(made, "txt"))]
    ends = [*starts[1:], int(made[-1].end)]
    assert starts[0] == 0
    assert len(starts) == 1 or min(b - a for a, b in zip(starts, ends, strict=True)) >= 10
