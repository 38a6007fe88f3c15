"""A picture is stored in groups: only what changed is encoded, and the bytes stay the same."""

import dataclasses

import pytest

import agents.compile.captions as captions_module
import agents.compile.picture as picture_module
from agents.compile.params import CompileParams
from agents.compile.render import render_clip
from agents.compile.shelf import NAME, scratch_shelf
from agents.types import Box
from tests.colour_lecture import make_colour_lecture

PARAMS = CompileParams(size="360p", preset="ultrafast")
CUES = ((0.3, 1.2, "One"), (6.0, 7.0, "Two"))


@pytest.fixture(scope="module")
def lecture(tmp_path_factory):
    return make_colour_lecture(
        tmp_path_factory.mktemp("groups") / "lecture.mp4",
        seconds=14,
        size=(320, 180),
        fps=10,
        screen=Box(0, 0, 240, 136),
        camera=Box(240, 0, 80, 60),
    )


@pytest.fixture
def shelf(tmp_path):
    (tmp_path / "shelf").mkdir()
    return scratch_shelf(tmp_path / "shelf")


@pytest.fixture
def encoded(monkeypatch):
    """Return how many groups were encoded by each rendering that encoded any."""
    counts = []
    encode = picture_module._run

    def counting(picture, request, folder, hear):
        def heard(line):
            counts[-1] += '"group"' in line
            hear(line)

        counts.append(0)
        encode(picture, request, folder, heard)

    monkeypatch.setattr(picture_module, "_run", counting)
    return counts


def render(lecture, plan, folder, shelf=None):
    folder.mkdir()
    clip = render_clip(
        lecture.intake,
        plan,
        params=PARAMS,
        folder=folder,
        progress=lambda percent: None,
        threads=1,
        shelf=shelf,
    )
    return clip.video.read_bytes()


def test_only_touched_groups_are_encoded_and_the_bytes_are_a_cold_renders(
    lecture, tmp_path, shelf, encoded
):
    plan = lecture.plan((0.5, 12.0), cues=CUES)
    first = render(lecture, plan, tmp_path / "first", shelf)
    assert encoded == [6]
    assert render(lecture, plan, tmp_path / "again", shelf) == first
    assert encoded == [6]
    edited = lecture.plan((0.5, 12.0), cues=(CUES[0], (6.0, 7.0, "Another")))
    warm = render(lecture, edited, tmp_path / "edited", shelf)
    assert encoded == [6, 1]
    assert warm == render(lecture, edited, tmp_path / "cold", None)
    assert warm != first
    shorter = lecture.plan((0.5, 11.0), cues=CUES)
    render(lecture, shorter, tmp_path / "shorter", shelf)
    assert encoded == [6, 1, 6, 1]


def test_only_subtitles_of_touched_groups_are_drawn(lecture, tmp_path, shelf, monkeypatch):
    asked = []
    draw = captions_module._Drawing.picture
    monkeypatch.setattr(
        captions_module._Drawing,
        "picture",
        lambda drawing, word: asked.append(drawing.lines) or draw(drawing, word),
    )
    render(lecture, lecture.plan((0.5, 12.0), cues=CUES), tmp_path / "first", shelf)
    assert sorted(asked) == [("One",), ("Two",)]
    edited = lecture.plan((0.5, 12.0), cues=(CUES[0], (6.0, 7.0, "Another")))
    render(lecture, edited, tmp_path / "edited", shelf)
    assert asked[2:] == [("Another",)]


def test_a_moved_edge_keeps_the_sound_away_from_it(lecture, tmp_path, shelf):
    def passages():
        return len(list((tmp_path / "shelf").glob("passage-*")))

    render(lecture, lecture.plan((0.5, 12.0)), tmp_path / "first", shelf)
    assert passages() == 2
    for number, edges in enumerate([(0.5, 11.0), (2.3, 12.0)], 1):
        warm = render(lecture, lecture.plan(edges), tmp_path / f"warm{number}", shelf)
        assert passages() == 2 + number
        assert warm == render(lecture, lecture.plan(edges), tmp_path / f"cold{number}")


def test_a_damaged_group_is_noticed_and_made_anew(lecture, tmp_path, shelf, encoded):
    plan = lecture.plan((0.5, 8.0))
    first = render(lecture, plan, tmp_path / "first", shelf)
    file = sorted((tmp_path / "shelf").glob("group-*"))[0] / NAME
    content = file.read_bytes()
    file.write_bytes(content[:-5] + b"wrong")
    assert render(lecture, plan, tmp_path / "again", shelf) == first
    assert encoded[1:] == [1]
    assert file.read_bytes() == content


def test_a_title_changes_no_group(lecture, tmp_path, shelf, encoded):
    plan = lecture.plan((0.5, 4.0))
    first = render(lecture, plan, tmp_path / "first", shelf)
    renamed = dataclasses.replace(plan, title="Another", rank=4)
    assert render(lecture, renamed, tmp_path / "renamed", shelf) == first
    assert len(encoded) == 1
