"""Words and figures of the pages, without any page."""

import re
from datetime import datetime, timedelta

import pytest

from app.views.cards import poster_html
from app.views.clips import clip_table
from app.views.stages import steps
from app.views.text import ago, clock, file_size, length, plain
from app.views.why import contribution_figure

NOON = datetime(2026, 11, 22, 12, 0, 0)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (75.9, "1:15"), (3675, "1:01:15"), (-3, "0:00")]
)
def test_clock_is_short_and_never_negative(seconds, text):
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "length not known yet"), (22.4, "22 s"), (75.2, "1 min 15 s"), (5400, "90 min")],
)
def test_length_is_said_in_words(seconds, text):
    assert length(seconds) == text


@pytest.mark.parametrize(
    ("back", "text"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(days=3), "2026-11-19"),
    ],
)
def test_past_moments_are_told_from_now(back, text):
    assert ago(NOON - back, NOON) == text


@pytest.mark.parametrize(
    ("size", "text"), [(600_000, "0.6 MB"), (250_000_000, "250 MB"), (8_589_934_592, "8.6 GB")]
)
def test_sizes_are_said_in_the_unit_that_fits(size, text):
    assert file_size(size) == text


@pytest.mark.parametrize(
    "text",
    [
        "![x](http://a/b.png)",
        "[l](javascript:1)",
        "$x$",
        ":red[x]",
        "<b>",
        "# head",
        "a_b_c",
        "`c`",
    ],
)
def test_plain_text_leaves_nothing_for_markdown_to_act_on(text):
    escaped = plain(text)
    special = set("\\`*_{}[]()<>#+-.!|~:$&")
    for at, character in enumerate(escaped):
        if character in special - {"\\"}:
            assert escaped[at - 1] == "\\"


@pytest.mark.parametrize("text", ["http://a.example", "WWW.a.example", "me@a.example"])
def test_plain_text_holds_no_address_that_markdown_links_by_itself(text):
    shown = plain(text).replace("\\", "")
    assert not re.search(r"(?i)https?://|www\.|@[-\w]", shown)
    assert shown.replace("\u2060", "") == text


def test_poster_escapes_what_people_typed():
    assert "<script>" not in poster_html("/p?a=1&b", '"><script>')
    assert "<script>" not in poster_html(None, '"><script>')


def test_stages_that_run_side_by_side_share_a_step():
    at = steps()
    assert at["intake"] == 0
    assert at["silence"] == at["transcript"] == at["layout"] == 1
    assert at["layout"] < at["content"] < at["extract"] < at["compile"]


def test_bars_show_only_what_moved_the_score_largest_on_top():
    figure = contribution_figure({"novelty": 0.1, "question": 0.0, "emphasis": 0.4})
    assert list(figure.data[0].x) == [0.1, 0.4]
    assert list(figure.data[0].y) == ["novelty", "emphasis"]


def test_clip_table_without_clips_has_its_columns():
    assert set(map(len, clip_table([]).values())) == {0}
