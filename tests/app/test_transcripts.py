"""The transcript as files: what is written is read back, by our own reader and by others."""

import json
import re
from xml.etree import ElementTree

import pysubs2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from agents.subtitles import clean_text
from agents.transcript.captions import parse_captions
from agents.types import Notice, Transcript, TranscriptSegment, Word
from app.transcripts import TRANSCRIPT_FORMATS, subtitle_cues, transcript_text

TTML = "{http://www.w3.org/ns/ttml}"
HOSTILE = (
    "a --> b and",
    "00:00:01,000 --> 00:00:02,000 so",
    "the <b> tag </b> and <script>x</script>",
    "{\\an8} AT&T &lt;i&gt; &amp; R&D",
    "]]> <!-- remark --> &#x41;",
    'he said "quite" and it\'s true',
    "NOTE WEBVTT STYLE 7",
)


def transcript_of(*texts, pause_s=0.5, speakers=()):
    """Return a transcript with a sentence for each text, at 0.4 s a word."""
    segments, at = [], 0.0
    for number, text in enumerate(texts):
        words = []
        for token in text.split():
            words.append(Word(at, at + 0.4, token, 0.5))
            at += 0.4
        speaker = speakers[number] if speakers else ""
        segments.append(TranscriptSegment(words[0].start, at, text, tuple(words), speaker=speaker))
        at += pause_s
    return Transcript("en", "captions (talk.vtt)", tuple(segments), (Notice("n", "A remark."),))


def write(transcript, suffix, title="Heat & <mass>"):
    return TRANSCRIPT_FORMATS[suffix].write(transcript, title)


def shown(cues):
    return [(round(c.start, 3), round(c.end, 3), " ".join(c.text.split())) for c in cues]


def ttml_cues(text):
    """Read TTML as XML: (start, end, text with a space for each line break)."""
    found = []
    for p in ElementTree.fromstring(text).iter(f"{TTML}p"):
        times = [
            sum(float(part) * 60**i for i, part in enumerate(reversed(p.get(name).split(":"))))
            for name in ("begin", "end")
        ]
        lines = [p.text or "", *((br.tail or "") for br in p.iter(f"{TTML}br"))]
        found.append(
            (round(times[0], 3), round(times[1], 3), " ".join(lines).replace("\u200b", ""))
        )
    return found


@pytest.mark.parametrize("suffix", ["srt", "vtt", "ttml"])
def test_our_own_reader_finds_the_same_cues(suffix):
    transcript = transcript_of(*HOSTILE, "Two plain sentences follow.", "This is one of them.")
    read = parse_captions(write(transcript, suffix))
    assert shown(read) == shown(subtitle_cues(transcript))


def test_ttml_holds_the_same_cues_and_hostile_text_stays_text():
    transcript = transcript_of(*HOSTILE, "Two plain sentences follow.")
    text = write(transcript, "ttml")
    assert ttml_cues(text) == shown(subtitle_cues(transcript))
    assert "<script>" not in text


@pytest.mark.parametrize(("suffix", "kind"), [("srt", "srt"), ("vtt", "vtt"), ("ttml", "ttml")])
def test_another_reader_finds_the_same_times(suffix, kind):
    transcript = transcript_of(*HOSTILE)
    if kind == "ttml":
        pytest.importorskip("pysubs2.formats.ttml", reason="this pysubs2 reads no TTML")
    read = pysubs2.SSAFile.from_string(write(transcript, suffix), format_=kind).events
    times = [(round(c.start * 1000), round(c.end * 1000)) for c in subtitle_cues(transcript)]
    assert [(event.start, event.end) for event in read] == times


def test_ttml_names_profile_language_and_title():
    root = ElementTree.fromstring(write(transcript_of("Hello there."), "ttml"))
    profile = root.get("{http://www.w3.org/ns/ttml#parameter}contentProfiles")
    assert profile == "http://www.w3.org/ns/ttml/profile/imsc1.1/text"
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    title = root.find(".//{http://www.w3.org/ns/ttml#metadata}title")
    assert title.text == "Heat & <mass>"
    ids = {e.get("{http://www.w3.org/XML/1998/namespace}id") for e in root.iter()}
    body = root.find(f"{TTML}body")
    assert {body.get("region"), body.get("style")} <= ids


def test_json_gives_the_transcript_back_as_it_was():
    transcript = transcript_of(*HOSTILE)
    document = json.loads(write(transcript, "json"))
    assert (document["schema_version"], document["title"]) == (1, "Heat & <mass>")
    kept = {name: document[name] for name in ("language", "engine", "segments", "notices")}
    read = TypeAdapter(Transcript).validate_python(kept)
    assert [s.text for s in read.segments] == list(HOSTILE)
    for one, other in zip(read.segments, transcript.segments, strict=True):
        assert (one.start, one.end) == pytest.approx((other.start, other.end), abs=1e-6)
        assert [w.text for w in one.words] == [w.text for w in other.words]


def test_every_field_of_the_json_is_described():
    from pathlib import Path

    described = Path(__file__).parents[2].joinpath("docs/transcript.md").read_text()
    document = json.loads(write(transcript_of("Hello there."), "json"))
    names = set(document) | set(document["segments"][0]) | set(document["notices"][0])
    names |= set(document["segments"][0]["words"][0])
    assert sorted(name for name in names if f"`{name}`" not in described) == []


def test_text_has_paragraphs_at_pauses_and_names_a_new_speaker():
    long = " ".join(["word"] * 70) + "."
    transcript = transcript_of(long, "Next.", "Why?", pause_s=1.5, speakers=("Ann", "Ann", "Bob"))
    assert transcript_text(transcript) == f"Ann: {long}\n\nNext.\n\nBob: Why?\n"


def test_text_without_pauses_still_ends_its_paragraphs():
    paragraphs = transcript_text(transcript_of(*["one two three four."] * 100, pause_s=0.1))
    assert {len(p.split()) for p in paragraphs.split("\n\n")} == {200}


def test_sentence_without_word_times_is_shown_all_the_same():
    bare = Transcript("und", "x", (TranscriptSegment(1.0, 3.0, "Hello there.", ()),))
    assert shown(parse_captions(write(bare, "srt"))) == [(1.0, 3.0, "Hello there.")]
    assert 'xml:lang=""' in write(bare, "ttml")


@pytest.mark.parametrize("suffix", TRANSCRIPT_FORMATS)
def test_empty_transcript_gives_a_file_that_can_be_read(suffix):
    text = write(Transcript("und", "none", ()), suffix)
    if suffix == "ttml":
        assert ttml_cues(text) == []
    elif suffix == "json":
        assert json.loads(text)["segments"] == []
    else:
        assert parse_captions(text) == []


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_no_text_breaks_out_of_any_format(texts):
    segments = tuple(
        TranscriptSegment(2.0 * i, 2.0 * i + 1, text, (Word(2.0 * i, 2.0 * i + 1, text),))
        for i, text in enumerate(texts)
    )
    transcript = Transcript("en", "x", segments)
    cues = subtitle_cues(transcript)
    assert len(ttml_cues(write(transcript, "ttml", title=texts[0]))) == len(cues)
    assert json.loads(write(transcript, "json"))["segments"][0]["text"] == texts[0]
    for suffix, point in (("srt", ","), ("vtt", r"\.")):
        timing = rf"^\d\d:\d\d:\d\d{point}\d{{3}} --> \d\d:\d\d:\d\d{point}\d{{3}}$"
        assert len(re.findall(timing, write(transcript, suffix), re.MULTILINE)) == len(cues)
    assert not [c for c in transcript_text(transcript) if ord(c) < 32 and c != "\n"]
    assert clean_text(write(transcript, "txt")) is not None
