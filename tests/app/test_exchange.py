"""Cut lists: what OpenTimelineIO reads from each format is what was planned."""

import csv
import io
import itertools
import json
from fractions import Fraction
from xml.etree import ElementTree

import numpy as np
import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.types import Interval
from app.exchange import EXCHANGE_FORMATS, Source, make_cutlist
from app.exchange.edl import drops, timecode

TITLE = "Heat & <mass>"
READERS = {"otio": "otio_json", "edl": "cmx_3600", "xml": "fcp_xml", "fcpxml": "fcpx_xml"}
FIRST, SECOND = Interval(59.2, 90.88), (Interval(1801.04, 1821.52), Interval(1825.0, 1840.0))
WANTED = [(59.2, 90.88), (1801.04, 1821.52), (1825.0, 1840.0)]
HOSTILE = (
    "a\nb --> c",
    "<script>x</script> & ]]> <!--",
    '* FROM CLIP NAME: "x"\n002  AX V C 00:00:00:00',
    "\x00\x1b[31m\u202eevil\ufffe",
    "=HYPERLINK(1)",
    "Größe, Ελλάδα, 統計",
)


def cutlist(fps=25.0, titles=("First", "Second & <b>"), has_audio=True):
    """Return two clips, the later one given first, the second of two parts."""
    source = Source("my talk.mp4", "my%20talk.mp4", fps, 3600.5, 1280, 720, has_audio)
    clips = [(titles[1], "why b", SECOND), (titles[0], "why a", (FIRST,))]
    return make_cutlist(source, clips)


def read(suffix, made):
    """Return what OpenTimelineIO reads: the timeline of the first sequence."""
    rate = {"rate": float(made.rate)} if suffix == "edl" else {}
    text = EXCHANGE_FORMATS[suffix].write(made, TITLE)
    found = otio.adapters.read_from_string(text, READERS[suffix], **rate)
    return found if isinstance(found, otio.schema.Timeline) else found[0]


def clips_of(timeline, kind="Video"):
    """Return the clips of the first track of a kind; the reader frees what has no timeline."""
    track = next(track for track in timeline.tracks if track.kind == kind)
    return [child for child in track if isinstance(child, otio.schema.Clip)]


def seconds(clip):
    span = clip.source_range
    return span.start_time.to_seconds(), span.end_time_exclusive().to_seconds()


WHOLE, BROKEN = (25.0, 30.0, 50.0, 14.87), (29.97, 23.976, 59.94)
# the reader of FCPXML counts whole frames a second only: broken rates are read back further below
CASES = [(s, fps) for s in READERS for fps in (WHOLE if s == "fcpxml" else WHOLE + BROKEN)]


@pytest.mark.parametrize(("suffix", "fps"), CASES)
def test_another_reader_finds_the_same_cuts(suffix, fps):
    made = cutlist(fps)
    within = 0.5 / float(made.rate) + 1e-6
    timeline = read(suffix, made)
    # the reader of FCPXML counts whole frames a second, so it is wrong by a thousandth at 29.97
    slack = 0.06 if suffix == "fcpxml" and made.rate.denominator > 1 else 0
    within = 0.5 / float(made.rate) + slack + 1e-6
    found = [seconds(clip) for clip in clips_of(timeline)]
    assert np.array(found) == pytest.approx(np.array(WANTED), abs=within)
    lengths = [clip.range_in_parent() for clip in clips_of(timeline)]
    assert all(a.end_time_exclusive() == b.start_time for a, b in itertools.pairwise(lengths))


@pytest.mark.parametrize("suffix", ["otio", "xml", "edl"])
def test_sound_goes_with_the_picture(suffix):
    timeline, silent = read(suffix, cutlist()), read(suffix, cutlist(has_audio=False))
    picture, sound = (clips_of(timeline, kind) for kind in ("Video", "Audio"))
    assert [seconds(clip) for clip in sound] == [seconds(clip) for clip in picture]
    assert [track.kind for track in silent.tracks] == ["Video"]


@pytest.mark.parametrize("suffix", READERS)
def test_a_marker_stands_where_each_clip_begins(suffix):
    timeline = read(suffix, cutlist())
    clips = clips_of(timeline)
    names = [marker.name for clip in clips for marker in clip.markers]
    names = names or [marker.name for marker in timeline.tracks.markers]
    assert names == ["First", "Second & <b>"]


@pytest.mark.parametrize("suffix", ["otio", "xml"])
def test_the_recording_is_found_beside_the_cut_list(suffix):
    timeline = read(suffix, cutlist())
    clip = clips_of(timeline)[0]
    assert clip.media_reference.target_url == "my%20talk.mp4"
    assert clip.available_range().duration.to_seconds() == pytest.approx(3600.5, abs=0.05)


def test_losslesscut_reads_the_csv():
    rows = list(csv.reader(io.StringIO(EXCHANGE_FORMATS["csv"].write(cutlist(), TITLE))))
    assert all(len(row) == 3 for row in rows)
    assert [(float(a), float(b)) for a, b, _ in rows] == WANTED
    assert [name for *_, name in rows] == ["First", "Second & <b>", "Second & <b>"]


@pytest.mark.parametrize("fps", WHOLE + BROKEN)
def test_losslesscut_reads_the_fcpxml(fps):
    """It takes nothing but fractions, in one project of one event of one library."""
    root = ElementTree.fromstring(EXCHANGE_FORMATS["fcpxml"].write(cutlist(fps), TITLE))
    clips = root.findall("library/event/project/sequence/spine/asset-clip")
    edges = []
    for clip in clips:
        start, length = (Fraction(clip.get(n).removesuffix("s")) for n in ("start", "duration"))
        assert "/" in clip.get("start")
        edges.append((float(start), float(start + length)))
    assert np.array(edges) == pytest.approx(np.array(WANTED), abs=0.02)
    asset = root.find("resources/asset")
    assert asset.find("media-rep").get("src") == "my%20talk.mp4"
    assert Fraction(asset.get("duration").removesuffix("s")) == pytest.approx(3600.5, abs=0.02)


@pytest.mark.parametrize("suffix", EXCHANGE_FORMATS)
@given(titles=st.tuples(st.sampled_from(HOSTILE), st.sampled_from(HOSTILE)))
def test_no_title_breaks_out_of_any_format(suffix, titles):
    made = cutlist(titles=titles)
    text = EXCHANGE_FORMATS[suffix].write(made, TITLE)
    if suffix == "csv":
        rows = list(csv.reader(io.StringIO(text)))
        assert len(rows) == 3
        assert all(not row[2].startswith("=") for row in rows)
        return
    assert len(clips_of(read(suffix, made))) == 3
    if suffix == "edl":
        assert sum(line[:3].isdigit() for line in text.splitlines()) == 3
    if suffix == "otio":
        assert (
            json.loads(text)["tracks"]["children"][0]["children"][0]["name"] == made.cuts[0].title
        )


@pytest.mark.parametrize("rate", [Fraction(30000, 1001), Fraction(60000, 1001)])
@given(frame=st.integers(0, 2_500_000))
def test_drop_frame_timecode_is_that_of_the_reader(rate, frame):
    assert drops(rate)
    theirs = otio.opentime.RationalTime(frame, float(rate)).to_timecode(float(rate), True)
    assert timecode(frame, rate) == theirs


@given(frame=st.integers(0, 2_000_000), fps=st.sampled_from([24, 25, 30, 50]))
def test_timecode_is_that_of_the_reader(frame, fps):
    theirs = otio.opentime.RationalTime(frame, fps).to_timecode(fps)
    assert timecode(frame, Fraction(fps)) == theirs


def test_a_cut_shorter_than_a_frame_is_one_frame():
    source = Source("a.mp4", "a.mp4", 25.0, 10.0, 640, 360, has_audio=True)
    made = make_cutlist(source, [("a", "", (Interval(1.0, 1.001),))])
    assert [(cut.first, cut.last) for cut in made.cuts] == [(25, 26)]
    assert made.frames == 1
