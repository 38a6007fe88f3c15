"""`lecture evaluate clips`: the reader of word times, and figures that notice each fault."""

import json
import zipfile
from dataclasses import replace

import pytest

from agents.extract.params import ExtractParams
from agents.types import ClipPlan, Interval
from jobs.evaluation.clips import check_edges, count_repeats, edges_of, exceeds, fits
from jobs.evaluation.formats import find_labelled
from jobs.evaluation.labels import BadLabels
from jobs.evaluation.timelines import Timeline, pauses_between, slide_starts
from tests.app.test_evaluate import evaluate
from tests.talks import speak, write_talk

SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    "{rows}</sheetData></worksheet>"
)
STRINGS = (
    '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    "<si><t>Slidenumber</t></si><si><t>Key</t></si><si><r><t>Val</t></r><r><t>ue</t></r></si></sst>"
)


def write_table(path, rows):
    """Write slide numbers and ends of sentences as spreadsheet programs do, a column left out."""
    heads = '<row><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row>'
    body = "".join(
        f'<row><c r="A{n}"><v>{slide}</v></c><c r="C{n}"><v>{end}</v></c></row>'
        for n, (slide, end) in enumerate(rows, start=2)
    )
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("xl/worksheets/sheet1.xml", SHEET.format(rows=heads + body))
        book.writestr("xl/sharedStrings.xml", STRINGS)


def clock(seconds):
    return f"{int(seconds // 3600):02d}:{int(seconds // 60 % 60):02d}:{seconds % 60:06.3f}"


@pytest.fixture
def folder(tmp_path):
    """A folder like that of the data set, with one lecture of two slides."""
    transcript = speak(write_talk(per_topic=40))
    words = [word for segment in transcript.segments for word in segment.words]
    for name in ("words", "truth"):
        (tmp_path / name).mkdir()
    lines = [f"[{clock(w.start)} --> {clock(w.end)}] {w.text}" for w in words]
    (tmp_path / "words" / "heat_MIT.srt").write_text("\n".join(lines))
    half = transcript.segments[80].start
    write_table(tmp_path / "truth" / "ground_truth_heat_MIT2.xlsx", [(1, 9.0), (-1, half), (2, 99)])
    return tmp_path, transcript, words


def test_word_times_and_slides_are_read_as_a_lecture(folder):
    path, transcript, words = folder
    (found,) = find_labelled(path)
    assert found.name == "words/heat_MIT"
    assert [w.text for w in found.words()] == [w.text for w in words]
    assert [s.text for s in found.transcript().segments] == [s.text for s in transcript.segments]
    half = transcript.segments[80].start
    assert [slide.start for slide in found.layout(999.0).slides] == pytest.approx([0.0, half])
    assert all(0.3 <= region.duration < 2 for region in pauses_between(words))
    assert len(pauses_between(words)) == len(transcript.segments)


def test_a_table_that_is_none_says_so(tmp_path):
    path = tmp_path / "x.xlsx"
    path.write_text("no table")
    with pytest.raises(BadLabels, match=r"'x\.xlsx' is no table"):
        slide_starts(path)
    with pytest.raises(BadLabels, match="holds no words"):
        Timeline("x", path, None).words()


def test_the_command_scores_word_times(folder):
    code, out, err = evaluate("clips", folder[0], "--json", "--extract.max-clips", "4")
    assert code == 0, err
    found = json.loads(out)["overall"]
    assert found["sentence_edges"] == found["pause_edges"] == found["same_again"] == 1.0
    assert 1 <= found["clips"] <= 4
    assert found["edges"] >= 2 * found["clips"]
    assert found["outside_limits"] == found["overlaps"] == found["too_long"] == 0
    assert found["clips_s"] <= 480.0
    assert 0 <= found["gap"] < 0.2


def make_plan(*parts):
    return ClipPlan(tuple(Interval(a, b) for a, b in parts), 1, "T", 0.0, {}, "", "", 0, (), ())


def test_an_edge_inside_a_word_a_sentence_or_a_short_gap_is_noticed():
    transcript = speak(write_talk(per_topic=5, topics=1))
    a, b, c = transcript.segments[1:4]
    good = make_plan((a.start - 0.2, b.end + 0.2))
    assert check_edges(transcript.segments, [good]) == ([True, True], [True, True])
    word = make_plan((a.start + 0.1, b.end + 0.2))
    assert check_edges(transcript.segments, [word]) == ([False, True], [False, True])
    gap = a.words[2].end + 0.01
    inside = make_plan((gap, b.end + 0.2))
    assert check_edges(transcript.segments, [inside]) == ([False, True], [False, True])
    joined = make_plan((a.start - 0.2, a.end + 0.1), (c.words[1].start, c.end + 0.2))
    assert edges_of(joined, transcript.segments) == [
        joined.start, joined.end, joined.parts[0].end, joined.parts[1].start,
    ]  # fmt: skip
    assert check_edges(transcript.segments, [joined])[0] == [True, True, True, False]


def test_limits_and_repeats_are_noticed():
    params = ExtractParams()
    assert fits(make_plan((0, 20.0)), params)
    assert not fits(make_plan((0, 19.9)), params)
    assert not fits(make_plan((0, 120.1)), params)
    assert exceeds([make_plan((0, 1))] * 9, params)
    assert exceeds([make_plan((0, 300)), make_plan((300, 481))], params)
    assert not exceeds([make_plan((0, 300))], params)
    segments = list(speak(write_talk(per_topic=8, topics=1)).segments)
    segments[5] = replace(segments[5], text=segments[1].text)
    plans = [make_plan((s.start - 0.1, s.end + 0.1)) for s in (segments[1], segments[5])]
    assert count_repeats(segments, plans, 0.7) == 1
    assert count_repeats(segments, plans[:1], 0.7) == 0
