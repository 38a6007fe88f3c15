"""The made lectures are what their truth says."""

import itertools

import av
import numpy as np
import pytest

from tests.rendering import Look, Scene, boxes, render_lecture

SCENES = (
    Scene("One", ("first", "second"), (5, 7), "picture_in_picture"),
    Scene("Two", ("third",), (13,), "screen_only", topic=1),
)


@pytest.fixture(scope="module")
def lecture(tmp_path_factory):
    path = tmp_path_factory.mktemp("made") / "short.mp4"
    return path, render_lecture(path, SCENES, Look(size=(320, 180), fps=10, noise_db=None))


def test_truth_covers_the_recording_without_gaps(lecture):
    path, truth = lecture
    with av.open(str(path)) as container:
        assert container.duration / 1e6 == pytest.approx(truth["duration"], abs=0.15)
    edges = sorted(truth["speech"] + truth["silence"])
    assert edges[0][0] == 0
    assert edges[-1][1] == pytest.approx(truth["duration"])
    assert all(a[1] == b[0] for a, b in itertools.pairwise(edges))


def test_sound_is_silent_exactly_where_the_truth_says(lecture):
    path, truth = lecture
    with av.open(str(path)) as container:
        blocks = [f.to_ndarray()[0] for f in container.decode(audio=0)]
        rate = container.streams.audio[0].rate
    sound = np.concatenate(blocks)
    for start, end in truth["silence"]:
        inside = sound[round((start + 0.05) * rate) : round((end - 0.05) * rate)]
        assert np.abs(inside).max(initial=0) < 0.02
    for start, end in truth["speech"]:
        assert np.abs(sound[round(start * rate) : round(end * rate)]).max() > 0.2


def test_slide_and_camera_change_when_and_where_the_truth_says(lecture):
    path, truth = lecture
    with av.open(str(path)) as container:
        frames = [f.to_ndarray(format="gray") for f in container.decode(video=0)]
    change = round(truth["slides"][0] * 10)
    before, after = frames[change - 2].astype(int), frames[change + 1].astype(int)
    assert np.abs(before - after)[:, :160].mean() > 3
    _, camera = boxes("picture_in_picture", (320, 180))
    moved = np.abs(frames[5].astype(int) - frames[15])
    x, y, w, h = camera
    assert moved[y : y + h, x : x + w].mean() > 2
    moved[y : y + h, x : x + w] = 0
    assert moved.mean() < 0.5
