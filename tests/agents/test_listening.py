"""Sound of an upload as samples: sought, one channel of one track, in time, silence around it."""

import numpy as np
import pytest

from agents.decoder import open_container
from agents.listening import RATE, write_sound
from tests.recordings import SIZE, counting, ffmpeg, write_recording

SECONDS = 6


@pytest.fixture(scope="module")
def voices():
    """Return two tracks of noise, float32 (n, 2), that is found again sample by sample."""
    noise = np.random.default_rng(5).normal(0, 0.1, (2, SECONDS * RATE, 2))
    return list(np.round(noise * 32768).clip(-32768, 32767).astype(np.float32) / 32768)


@pytest.fixture(scope="module")
def recording(tmp_path_factory, voices):
    """Return an MP4 with whole samples whose key frames lie 2 s apart."""
    path = tmp_path_factory.mktemp("listening") / "noise.mov"
    codecs = ["-c:v", "libx264", "-g", "20", "-c:a", "pcm_s16le"]
    return write_recording(path, counting(SECONDS), voices, codecs=codecs)


def read(path, folder, stretches, *, stream=0, channel=0):
    asked = [
        {"begin": begin, "length": length, "path": str(folder / f"{number}.f32")}
        for number, (begin, length) in enumerate(stretches)
    ]
    source = {"path": str(path), "demuxer": "mov", "width": SIZE[0], "height": SIZE[1]}
    with open_container(source["path"], source["demuxer"]) as opened:
        write_sound(source, {"stream": stream, "channel": channel, "stretches": asked}, opened)
    return [np.fromfile(one["path"], "<f4") for one in asked]


@pytest.mark.parametrize(("stream", "channel"), [(0, 0), (0, 1), (1, 0)])
def test_each_stretch_holds_the_samples_of_its_channel(
    recording, voices, tmp_path, stream, channel
):
    stretches = [(3.5, 1.25), (0.0, 0.5), (2.0, 2.0)]
    found = read(recording, tmp_path, stretches, stream=stream, channel=channel)
    for samples, (begin, length) in zip(found, stretches, strict=True):
        first = round(begin * RATE)
        truth = voices[stream][first : first + round(length * RATE), channel]
        assert len(samples) == len(truth)
        assert np.abs(samples - truth).max() < 1e-4


def test_what_lies_beyond_the_end_is_not_made_up(recording, voices, tmp_path):
    late, beyond = read(recording, tmp_path, [(SECONDS - 1, 5.0), (SECONDS + 1, 2.0)])
    assert np.abs(late - voices[0][-RATE:, 0]).max() < 1e-4
    assert len(beyond) == 0


def test_a_track_that_begins_late_is_silent_before(tmp_path, voices):
    codecs = ["-c:v", "libx264", "-c:a", "pcm_s16le"]
    path = write_recording(tmp_path / "plain.mov", counting(SECONDS), voices[:1], codecs=codecs)
    shifted = tmp_path / "late.mov"
    both = ["-i", path, "-itsoffset", "2", "-i", path, "-map", "0:v", "-map", "1:a"]
    ffmpeg(*both, "-c", "copy", shifted)
    (samples,) = read(shifted, tmp_path, [(1.0, 2.0)])
    assert not samples[:RATE].any()
    assert np.abs(samples[RATE:] - voices[0][:RATE, 0]).max() < 1e-4
