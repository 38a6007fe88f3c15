import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.transcript.captions import (
    CaptionsError,
    decode_text,
    parse_captions,
    read_captions,
)

SRT = """1
00:00:01,000 --> 00:00:04,000
Hello there,
everyone.

2
00:00:05,500 --> 00:00:06,250
Welcome.
"""


def plain(captions):
    return [(c.start, c.end, c.text) for c in captions]


def one_cue(text, times="00:00:01,000 --> 00:00:04,000"):
    return parse_captions(f"1\n{times}\n{text}\n")


def test_srt_gives_times_and_one_line_of_text():
    assert plain(parse_captions(SRT)) == [
        (1.0, 4.0, "Hello there, everyone."),
        (5.5, 6.25, "Welcome."),
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_encodings_and_line_ends_are_recognised(tmp_path, encoding, newline):
    path = tmp_path / "talk.srt"
    path.write_bytes(SRT.replace("there", "Zoë").replace("\n", newline).encode(encoding))
    assert read_captions(path, "talk.srt")[0].text == "Hello Zoë, everyone."


def test_broken_bytes_do_not_stop_the_reader():
    captions = parse_captions(decode_text(SRT.encode().replace(b"there", b"th\xe9\x81re")))
    assert captions[0].text.startswith("Hello th\u00e9")
    assert captions[1].text == "Welcome."


def test_vtt_names_notes_styles_and_settings_are_no_speech():
    captions = parse_captions(
        "WEBVTT - a title\n\nSTYLE\n::cue { color: red }\n\nNOTE a remark\n\n"
        "intro-1\n00:01.000 --> 00:02.500 align:start position:0%\n"
        "<v Dr. Ada>Good <b>morning</b> &amp; welcome</v>\n\n"
        "NOTE another\nremark\n\n7\n01:00:03.000 --> 01:00:04.000\nx &lt;b&gt; y\n"
    )
    assert plain(captions) == [
        (1.0, 2.5, "Good morning & welcome"),
        (3603.0, 3604.0, "x <b> y"),
    ]
    assert captions[0].speaker == "Dr. Ada"


def test_whisper_text_and_ass_are_read_too():
    assert plain(parse_captions("[00:00:15.850 --> 00:00:16.330] So\n")) == [(15.85, 16.33, "So")]
    ass = (
        "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
        "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        "Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\i1}One{\\i0}\\Ntwo\n"
        "Comment: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,hidden\n"
    )
    assert plain(parse_captions(ass)) == [(1.0, 2.5, "One two")]


def test_lines_that_scroll_are_said_once_and_keep_their_word_times():
    captions = parse_captions(
        "WEBVTT\nKind: captions\nLanguage: en\n\n"
        "00:00:00.160 --> 00:00:02.389 align:start position:0%\n \n"
        "hello<00:00:00.480><c> everyone</c><00:00:01.200><c> welcome</c>\n\n"
        "00:00:02.389 --> 00:00:02.399 align:start position:0%\nhello everyone welcome\n \n\n"
        "00:00:02.399 --> 00:00:04.710 align:start position:0%\nhello everyone welcome\n"
        "to<00:00:02.800><c> this</c><00:00:03.500><c> course</c>\n\n"
    )
    assert [c.text for c in captions] == ["hello everyone welcome", "to this course"]
    assert captions[0].marks == ((5, 0.48), (14, 1.2))
    assert captions[0].text[5:].startswith(" everyone")


def test_what_is_really_said_twice_stays():
    texts = ["Yes.", "Yes.", "One more.", "And then.", "The end."]
    blocks = [f"{i}\n00:00:0{i},000 --> 00:00:0{i},900\n{t}\n" for i, t in enumerate(texts)]
    assert [c.text for c in parse_captions("\n".join(blocks))] == texts


def test_names_before_the_text_become_speakers_where_that_is_a_habit():
    lines = ["Jane Doe: Hello everyone.", "Jane Doe: Today: trees.", "Bob O'Neil: Why?", "Because."]
    blocks = [f"{i}\n00:00:0{i},000 --> 00:00:0{i},900\n{t}\n" for i, t in enumerate(lines)]
    found = [(c.speaker, c.text) for c in parse_captions("\n".join(blocks))]
    assert found[:2] == [("Jane Doe", "Hello everyone."), ("Jane Doe", "Today: trees.")]
    assert found[3] == ("", "Because.")


def test_a_colon_alone_makes_no_speaker():
    (caption,) = one_cue("One question: why is it so?")
    assert (caption.speaker, caption.text) == ("", "One question: why is it so?")


@pytest.mark.parametrize(
    "text", ["[Music]", "(applause)", "♪ la la la ♪", "♪", "-", "   ", "<i></i>", "\x00\x07"]
)
def test_cue_without_speech_is_dropped(text):
    assert one_cue(text) == []


def test_noise_inside_a_cue_is_cut_out_and_other_brackets_stay():
    assert one_cue("so [LAUGHTER] we take f(x) [1]")[0].text == "so we take f(x) [1]"


@pytest.mark.parametrize(
    "times",
    [
        "00:00:09,000 --> 00:00:04,000",
        "-00:00:01,000 --> 00:00:02,000",
        "00:00:04,000 --> 00:00:04,000",
        "00:00:00,000 --> 99:59:59,999",
    ],
    ids=["backwards", "negative", "zero", "everlasting"],
)
def test_cue_with_impossible_times_is_dropped(times):
    assert one_cue("text", times) == []


def test_markup_and_overrides_are_taken_out_and_remain_harmless_text():
    assert one_cue("<script>alert(1)</script>")[0].text == "alert(1)"
    assert one_cue("{\\an8}{\\fs500}top <font color='red'>red</font>")[0].text == "top red"
    assert one_cue("if a < b and c > d then")[0].text == "if a < b and c > d then"
    assert one_cue("we write a --> b")[0].text == "we write a --> b"


def test_overlong_cue_is_cut_at_what_can_be_said_in_its_time():
    (caption,) = one_cue("word " * 40_000)
    assert 100 < len(caption.text) < 400
    assert set(caption.text.split()[:-1]) == {"word"}


def test_overlapping_cues_are_put_one_after_another():
    captions = parse_captions(
        "1\n00:00:01,000 --> 00:00:05,000\nfirst\n\n2\n00:00:04,000 --> 00:00:07,000\nsecond\n\n"
        "3\n00:00:04,000 --> 00:00:07,000\nthird\n"
    )
    assert [c.text for c in captions] == ["first", "second", "third"]
    for before, after in pairwise(captions):
        assert before.start < before.end <= after.start


def test_cues_out_of_order_are_sorted():
    text = "1\n00:00:09,000 --> 00:00:10,000\nlate\n\n2\n00:00:01,000 --> 00:00:02,000\nearly\n"
    assert [c.text for c in parse_captions(text)] == ["early", "late"]


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), b"{}", b"WEBVTT\n"]
)
def test_file_without_cues_is_refused_by_name(tmp_path, data):
    path = tmp_path / "upload"
    path.write_bytes(data)
    with pytest.raises(CaptionsError, match=r"'talk\.srt' hold no cue"):
        read_captions(path, "talk.srt")


def test_missing_and_huge_files_are_refused(tmp_path):
    with pytest.raises(CaptionsError, match="missing"):
        read_captions(tmp_path / "none.srt", "none.srt")
    big = tmp_path / "big.srt"
    with big.open("wb") as file:
        file.truncate(9_000_000)
    with pytest.raises(CaptionsError, match="larger than 8 MB") as refused:
        read_captions(big, "big.srt")
    assert refused.value.code == "captions_large"


@pytest.mark.parametrize(
    "text",
    [
        " " * 300_000 + "-->",
        "<a" * 150_000,
        "1\n00:00:01,000 --> 00:00:02,000\n" + "<!--" * 75_000,
        "1\n00:00:01,000 --> 00:00:02,000\n" + "((((" * 75_000,
        "1\n00:00:01,000 --> 00:00:02,000\n" + "A a " * 75_000 + ":",
        "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "<00:01.000>" * 30_000,
        "\n" * 1_000_000,
        "00:00:01,0-->00:00:02,0\n" * 20_000,
    ],
    ids=["spaces", "tags", "comments", "brackets", "names", "marks", "lines", "cues"],
)
def test_text_made_to_stall_the_reader_does_not(text):
    begin = time.process_time()
    parse_captions(text)
    assert time.process_time() - begin < 3


@given(st.text())
def test_any_text_is_read_without_complaint(text):
    for body in (text, f"WEBVTT\n\n{text}", f"1\n00:00:01,000 --> 00:00:02,000\n{text}"):
        for caption in parse_captions(body):
            assert 0 <= caption.start < caption.end
            assert caption.text == " ".join(caption.text.split())
            assert caption.text
