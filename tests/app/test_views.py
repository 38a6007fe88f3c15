"""Words and figures of the pages, without any page."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from agents.compile.params import CompileParams
from agents.silence import SilenceParams
from agents.types import Usage
from app.views.cards import poster_html
from app.views.clips import clip_table
from app.views.layouts import layout_table, missing_sights
from app.views.stages import steps
from app.views.text import ago, clock, file_size, length, plain, usage_line
from app.views.tunables import tunable_fields, tunable_label
from app.views.why import contribution_bars, drop_out_lines

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


def test_what_a_run_spent_is_one_sentence():
    usage = Usage("gemini-x", "v1", 3, 2, 12_000, 100, 900, 4_000, 0.01234, "2026-10-07")
    told = usage_line(usage)
    assert "3 answers, 2 answers were known" in told
    assert "12,000 tokens in (100 cached), 900 out, 4,000 thinking" in told
    assert "$0.0123 at the prices of 2026-10-07" in told
    assert "price not known" in usage_line(replace(usage, usd=None))
    assert "was not asked" in usage_line(replace(usage, requests=0))


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


def test_plain_text_names_no_picture_and_turns_nothing_round():
    assert not re.search(r":[a-z]", plain(":material/face: :smile: a:b"))
    assert plain("left\u202eright\u2066 rest") == "leftright rest"


def test_poster_escapes_what_people_typed():
    assert "<script>" not in poster_html("/p?a=1&b", '"><script>')
    assert "<script>" not in poster_html(None, '"><script>')


def test_stages_that_run_side_by_side_share_a_step():
    at = steps()
    assert at["intake"] == 0
    assert at["silence"] == at["transcript"] == at["layout"] == 1
    assert at["layout"] < at["content"] < at["extract"] < at["compile"]


def test_contributions_are_told_from_large_to_small_and_what_moved_nothing_is_left_out():
    told = contribution_bars({"novelty": -0.1, "question": 0.0, "emphasis": 0.4, "<b>": 0.01})
    assert re.findall(r'scope="row" title="[^"]*">([^<]+)<', told) == [
        "emphasis",
        "novelty",
        "&lt;b&gt;",
    ]
    assert re.findall(r"width:([\d.]+)%", told) == ["100.0", "25.0", "2.5"]
    assert re.findall(r"<td>([+-][\d.]+)</td>", told) == ["+0.40", "-0.10", "+0.01"]
    assert told.count("lh-bar-against") == 1


def test_every_tunable_is_a_field_with_its_value_and_bounds():
    fields = tunable_fields(SilenceParams(min_silence_s=0.7))
    assert [field["name"] for field in fields] == list(SilenceParams.model_fields)
    pause = next(field for field in fields if field["name"] == "min_silence_s")
    assert pause == {
        "name": "min_silence_s",
        "label": "Min silence",
        "help": "Shorter pauses are ignored.",
        "type": "number",
        "low": 0.1,
        "high": 5,
        "step": 0.05,
        "unit": "s",
        "choices": [],
        "value": 0.7,
        "default": 0.3,
        "group": "",
    }


def test_tunable_with_choices_offers_them():
    fields = {field["name"]: field for field in tunable_fields(CompileParams())}
    assert fields["camera_side"]["choices"] == ["right", "left"]
    assert fields["captions"]["type"] == "boolean"


@pytest.mark.parametrize(
    ("name", "label"),
    [("top_db", "Top dB"), ("min_blank_s", "Min blank"), ("speech_weight", "Speech weight")],
)
def test_label_of_a_tunable_names_no_unit_twice(name, label):
    assert tunable_label(name) == label


def layout(screen, camera, kind="picture_in_picture"):
    return {
        "start": 0.0,
        "end": 75.2,
        "kind": kind,
        "screen": screen,
        "camera": camera,
        "confidence": 0.93,
    }


def test_layout_table_says_boxes_and_certainty():
    table = layout_table([layout([0, 0, 1280, 720], None, "screen_only")])
    assert {name: column[0] for name, column in table.items()} == {
        "From": "0:00",
        "To": "1:15",
        "Layout": "Screen only",
        "Sure": "93 %",
        "Screen": "1280 x 720 at 0, 0",
        "Camera": "none",
    }


@pytest.mark.parametrize(
    ("layouts", "stills", "said"),
    [
        ([], [], ["is not known yet"]),
        ([layout([0, 0, 9, 9], [0, 0, 3, 3])], ["/a"], []),
        ([layout([0, 0, 9, 9], None)], ["/a"], ["No camera"]),
        ([layout(None, [0, 0, 9, 9])], [None, "/a"], ["No screen", "1 of 2 slides"]),
    ],
)
def test_what_one_may_miss_is_said_in_a_sentence(layouts, stills, said):
    found = missing_sights(layouts, [{"still": still} for still in stills])
    assert len(found) == len(said)
    assert all(part in sentence for part, sentence in zip(said, found, strict=True))


def test_clip_table_without_clips_has_its_columns():
    assert set(map(len, clip_table([]).values())) == {0}


DROP_OUT = {
    "margin": 12.34,
    "weight": {"tunable": "weights.slide_dwell", "before": 0.2, "after": 0.07},
    "limit": {"tunable": "max_clips", "before": 8.0, "after": 4.0},
    "rival": {"start": 750.0, "end": 800.0, "title": "Other", "score": 0.5, "behind": 15.0},
}


def test_it_is_said_what_would_make_a_clip_drop_out():
    assert drop_out_lines({"kept": False, "drop_out": DROP_OUT}) == [
        "It drops out when the weight of slide dwell falls from 0.20 to 0.07.",
        "It drops out when no more than 4 instead of 8 clips are wanted.",
        "Next in line is 12:30–13:20, “Other” (score 0.50): with it the plan would be worth"  # noqa: RUF001
        " 15.0 s of outstanding speech less.",
        "The best plan without it is worth 12.3 s of outstanding speech less.",
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"weight": None}, "No single weight makes it drop out."),
        (
            {"limit": {"tunable": "max_total_s", "before": 480.0, "after": 90.0}},
            "It drops out when all clips together may last 90 s instead of 480 s.",
        ),
        (
            {"weight": {"tunable": "weights.question", "before": 0.01, "after": 0.5}},
            "It drops out when the weight of question rises from 0.01 to 0.50.",
        ),
        (
            {"weight": None, "limit": None, "rival": None},
            "It is all there is to choose from: no weight and no limit makes it drop out.",
        ),
    ],
    ids=["no weight", "total", "rises", "alone"],
)
def test_each_way_of_dropping_out_is_put_into_words(changes, said):
    assert said in drop_out_lines({"kept": False, "drop_out": DROP_OUT | changes})


def test_a_clip_that_was_kept_does_not_drop_out_and_one_that_was_changed_says_nothing():
    (line,) = drop_out_lines({"kept": True, "drop_out": None})
    assert line.startswith("It was kept by hand")
    assert drop_out_lines({"kept": False, "drop_out": None}) == []
