"""Frames for clips: sought, hardly anything decoded that is over, and yet the same pixels."""

import numpy as np
import pytest

from agents.container import frames_from, start_time
from agents.recording import Recording
from tests.recordings import FPS, SIZE, counting, write_recording

SECONDS = 8
CODERS = {
    "mp4": ("mov", ["-c:v", "libx264", "-bf", "3", "-g", "60", "-x264-params", "b-pyramid=normal"]),
    "mkv": ("matroska", ["-c:v", "libvpx-vp9", "-b:v", "200k", "-deadline", "realtime"]),
    "ts": ("mpegts", ["-c:v", "libx264", "-bf", "2", "-g", "20"]),
}


@pytest.mark.parametrize("kind", CODERS)
def test_what_is_left_out_on_the_way_changes_no_frame(tmp_path, kind):
    demuxer, codecs = CODERS[kind]
    path = write_recording(tmp_path / f"count.{kind}", counting(SECONDS), [], codecs=codecs)

    def reading():
        return Recording(str(path), demuxer, *SIZE)

    plain = reading()
    whole = list(frames_from(plain.container, plain.stream, start_time(plain.container)))
    decoded = 0
    for time in np.arange(0.3, SECONDS - 0.5, 0.37):
        recording = reading()
        wanted = start_time(recording.container) + time
        shown = recording.at(time)
        expected = [frame for frame in whole if frame.time <= wanted][-1]
        assert shown.time == expected.time
        assert np.array_equal(shown.to_ndarray(), expected.to_ndarray())
        later = recording.at(time + 1.5 / FPS)
        assert later.time == max(f.time for f in whole if f.time <= wanted + 1.5 / FPS)
        decoded += 1
    assert decoded > 15
