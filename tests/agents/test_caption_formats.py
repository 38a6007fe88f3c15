"""What each program writes its captions like, as a small file with the cues that it holds."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.transcript.captions import CaptionsError, parse_captions, read_captions
from agents.transcript.ttml import MAX_DEPTH

HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n<tt xmlns="http://www.w3.org/ns/ttml"'
    ' xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xmlns:ttm="http://www.w3.org/ns/ttml#metadata"'
)


def cues(text):
    return [(round(c.start, 3), round(c.end, 3), c.text) for c in parse_captions(text)]


def ttml(body, given="", parameters=""):
    return f"{HEAD} {parameters}><head/><body {given}>{body}</body></tt>"


# --- TTML -----------------------------------------------------------------------------------------


def test_ttml_paragraphs_are_cues_and_metadata_is_no_speech():
    text = ttml(
        '<metadata><ttm:title>A title</ttm:title></metadata><div><p begin="00:00:01.500"'
        ' end="00:00:04.000"><ttm:desc>no</ttm:desc>R&amp;D<br/>\n   is <span>fun</span>.</p></div>'
    )
    assert cues(text) == [(1.5, 4.0, "R&D is fun.")]


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("00:00:01.25", 1.25),
        ("00:01:01", 61.0),
        ("00:00:02:05", 2.2),
        ("1.5h", 5400.0),
        ("2m", 120.0),
        ("7.5s", 7.5),
        ("2500ms", 2.5),
        ("50f", 2.0),
        ("30000000t", 3.0),
        ("12.5", 12.5),
    ],
)
def test_ttml_clock_times_and_offsets_count_in_their_units(written, seconds):
    rates = 'ttp:frameRate="25" ttp:tickRate="10000000"'
    text = ttml(f'<div><p begin="{written}" dur="2s">Hello</p></div>', parameters=rates)
    assert cues(text) == [(seconds, seconds + 2, "Hello")]


def test_ttml_frames_count_by_rate_and_multiplier():
    rates = 'ttp:frameRate="24" ttp:frameRateMultiplier="1000 1001"'
    text = ttml('<div><p begin="00:00:10:12" end="00:00:20:18">Hello</p></div>', parameters=rates)
    assert cues(text) == [(10.501, 20.751, "Hello")]


def test_ttml_begins_add_up_and_a_sequence_counts_from_the_sibling_before():
    text = ttml(
        '<div begin="5s"><p begin="1s" end="2s">nested</p></div>'
        '<div begin="20s" end="23s" timeContainer="seq"><p dur="1s">first</p>'
        '<p begin="0.5s" dur="1s">second</p><p dur="9s">third</p></div>',
        'begin="10s"',
    )
    assert cues(text) == [
        (16.0, 17.0, "nested"),
        (30.0, 31.0, "first"),
        (31.5, 32.5, "second"),
        (32.5, 33.0, "third"),
    ]


def test_ttml_spans_with_times_of_their_own_time_the_words():
    text = ttml(
        '<div><p begin="1s" end="9s"><span begin="0s">Hello</span> <span begin="1.2s">all</span>'
        '</p><p><span begin="10s" end="11s">two</span> <span begin="11s" end="12s">spans</span></p>'
        "</div>"
    )
    first, second = parse_captions(text)
    assert (first.text, first.marks) == ("Hello all", ((0, 1.0), (6, 2.2)))
    assert (second.start, second.end) == (10.0, 12.0)
    assert (second.text, second.marks) == ("two spans", ((0, 10.0), (4, 11.0)))


def test_ttml_cue_takes_the_time_of_its_div_and_an_open_end_lasts_until_the_next():
    text = ttml(
        '<div begin="1s" end="3s"><p>in the div</p></div><div><p begin="4s">open</p>'
        '<p begin="6s" end="8s">next</p><p>no time at all</p></div>'
    )
    assert cues(text) == [(1.0, 3.0, "in the div"), (4.0, 6.0, "open"), (6.0, 8.0, "next")]


def test_ttml_with_prefixes_entities_and_bare_ampersands_is_read():
    text = (
        '<tt:tt xmlns:tt="http://www.w3.org/2006/10/ttaf1"><tt:body><tt:div>'
        '<tt:p begin="1s" end="2s">R&D&nbsp;costs &lt;b&gt; &eacute;</tt:p>'
        "</tt:div></tt:body></tt:tt>"
    )
    assert cues(text) == [(1.0, 2.0, "R&D costs <b> é")]


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'<!DOCTYPE tt [<!ENTITY l0 "ha">{LAUGHS}]>\n<tt><body><p>&l9;</p></body></tt>', "type"),
        ('<!DOCTYPE tt [<!ENTITY x SYSTEM "file:///etc/passwd">]><tt><p>&x;</p></tt>', "type"),
        ('<!DOCTYPE tt SYSTEM "http://127.0.0.1:8899/x.dtd"><tt><p>x</p></tt>', "type"),
        ("<tt>" + "<div>" * 2 * MAX_DEPTH, "nested too deeply"),
        ("<tt>" + "<br/>" * 500_000, "too many elements"),
        ("<tt><body><p begin='1s' end='2s'>never closed", "no sound XML"),
    ],
    ids=["laughs", "file", "network", "deep", "many", "open"],
)
def test_ttml_made_to_harm_is_refused_in_a_sentence(text, said):
    with pytest.raises(CaptionsError, match=said):
        parse_captions(text)


# --- YouTube --------------------------------------------------------------------------------------

JSON3 = {
    "wireMagic": "pb3",
    "events": [
        {"tStartMs": 0, "dDurationMs": 90_000, "id": 1, "wpWinPosId": 1},
        {
            "tStartMs": 160,
            "dDurationMs": 4560,
            "wWinId": 1,
            "segs": [
                {"utf8": "hello", "acAsrConf": 0},
                {"utf8": " everyone", "tOffsetMs": 320},
                {"utf8": " <welcome>", "tOffsetMs": 1040},
            ],
        },
        {"tStartMs": 2389, "dDurationMs": 2331, "aAppend": 1, "segs": [{"utf8": "\n"}]},
        {
            "tStartMs": 2399,
            "dDurationMs": 3000,
            "segs": [{"utf8": "to"}, {"utf8": " this", "tOffsetMs": 400}],
        },
        {"tStartMs": 5500, "dDurationMs": 1000, "segs": [{"utf8": "[Music]"}]},
    ],
}


def test_json3_windows_that_roll_are_said_once_with_the_times_of_their_words():
    captions = parse_captions(json.dumps(JSON3))
    assert [(c.start, c.end, c.text) for c in captions] == [
        (0.16, 2.399, "hello everyone <welcome>"),
        (2.399, 5.399, "to this"),
    ]
    assert captions[0].marks == ((5, 0.48), (14, 1.2))
    assert captions[1].marks == ((2, 2.799),)


@pytest.mark.parametrize(
    "text",
    [
        '{"events": ' + "[" * 100_000,
        '{"events": 3}',
        '{"events": [1, null, {"segs": 3}, {"tStartMs": "x", "segs": [{"utf8": "x"}]}]}',
        '{"events": [{"tStartMs": 1e400, "segs": [{"utf8": "x"}]}, {"segs": [{"utf8": 3}]}]}',
        '{"events": [{"tStartMs": NaN, "dDurationMs": 1, "segs": [{"utf8": "x"}]}]}',
        '{"events": [{"tStartMs": %s, "segs": [{"utf8": "x"}]}]}' % ("9" * 400),
        '{"events": [{"tStartMs": true, "dDurationMs": true, "segs": [null, {"utf8": "x"}]}]}',
        '{"segments": [{"start": 0.0, "end": 9.0, "title": "no captions"}]}',
    ],
)
def test_other_json_is_refused_or_holds_no_cue(tmp_path, text):
    path = tmp_path / "upload"
    path.write_text(text)
    with pytest.raises(CaptionsError, match=r"captions|json3"):
        read_captions(path, "talk.json")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda values: (
            st.lists(values)
            | st.dictionaries(
                st.sampled_from(["events", "segs", "utf8", "tStartMs", "dDurationMs", "tOffsetMs"]),
                values,
            )
        ),
    )
)
def test_any_json_is_read_or_refused_in_a_sentence(value):
    with suppress(CaptionsError):
        captions = parse_captions(json.dumps({"events": value}))
        assert all(0 <= c.start < c.end and c.text for c in captions)


def test_youtubes_timed_text_is_read_in_milliseconds_and_in_seconds():
    third = (
        '<?xml version="1.0"?><timedtext format="3"><body><p t="160" d="4560" w="1">'
        '<s ac="0">hello</s><s t="320"> everyone</s></p><p t="2389" d="10" a="1">\n</p>'
        '<p t="2399" d="4000"><s>to</s><s t="400"> this</s></p></body></timedtext>'
    )
    assert cues(third) == [(0.16, 2.399, "hello everyone"), (2.399, 6.399, "to this")]
    assert parse_captions(third)[1].marks == ((2, 2.799),)
    first = (
        '<transcript><text start="0.16" dur="2">it&amp;#39;s &amp;lt;b&amp;gt;</text></transcript>'
    )
    assert cues(first) == [(0.16, 2.16, "it's <b>")]


# --- Panopto, Zoom, Teams, Stream -----------------------------------------------------------------


def test_panoptos_remark_and_numbers_are_no_speech():
    text = (
        "\ufeff1\r\n00:00:00.120 --> 00:00:03.480\r\n[Auto-generated transcript. Edits may have"
        " been applied for clarity.]\r\nWelcome &amp; hello.\r\n\r\n2\r\n00:00:03.480 -->"
        " 00:00:06.000\r\nIn 2024\r\n1984\r\n\r\n3\r\n00:00:06,000 --> 00:00:08,000\r\nBye.\r\n"
    )
    assert cues(text) == [
        (0.12, 3.48, "Welcome & hello."),
        (3.48, 6.0, "In 2024 1984"),
        (6.0, 8.0, "Bye."),
    ]


@pytest.mark.parametrize(
    ("times", "cue"),
    [
        ("00:01,500 --> 00:04,000", (1.5, 4.0)),
        ("00:00:01 --> 00:00:04", (1.0, 4.0)),
        ("0:00:01.5 -> 0:00:04.25", (1.5, 4.25)),
        ("00:00:01.5000000 --> 00:00:04.0000000", (1.5, 4.0)),
        ("  00:00:01,500-->00:00:04,000  X1:10 X2:20", (1.5, 4.0)),
    ],
)
def test_times_are_read_with_or_without_hours_and_fractions(times, cue):
    assert cues(f"1\n{times}\nHello\n") == [(*cue, "Hello")]


def test_zooms_speakers_are_names_with_pronouns_titles_and_commas():
    lines = ["Jane Doe (she/her): Hello.", "Jane Doe (she/her): So: trees.", "Bob, PhD: Why?"]
    blocks = [f"{i}\n00:00:0{i}.000 --> 00:00:0{i}.900\n{t}\n" for i, t in enumerate(lines, 1)]
    captions = parse_captions("WEBVTT\r\n\r\n" + "\n".join(blocks))
    assert [(c.speaker, c.text) for c in captions] == [
        ("Jane Doe (she/her)", "Hello."),
        ("Jane Doe (she/her)", "So: trees."),
        ("Bob, PhD", "Why?"),
    ]


def test_teams_voices_ids_and_confidences_are_no_speech():
    text = (
        'WEBVTT\n\nNOTE duration:"00:10:00.1000000"\n\nNOTE language:en-us\n\n'
        "NOTE Confidence: 0.8984\n\n7f3c1b2e-0a0c-4ce5-9c1f-3f2f9a1b8f11/12-0\n"
        "00:00:01.000 --> 00:00:04.000\n<v Doe, Jane>Hello\nall.</v>\n\n"
        "NOTE Confidence: 0.7\n\n7f3c1b2e-0a0c-4ce5-9c1f-3f2f9a1b8f12\n"
        "00:00:05.000 --> 00:00:06.000\n<v Bob>Bye.\n"
    )
    assert [(c.start, c.speaker, c.text) for c in parse_captions(text)] == [
        (1.0, "Doe, Jane", "Hello all."),
        (5.0, "Bob", "Bye."),
    ]
