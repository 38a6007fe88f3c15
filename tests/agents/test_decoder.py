"""Frames come back exact in time, upright and in shown pixels, from every container."""

import io
import json
import subprocess
import sys
from dataclasses import replace

import av
import numpy as np
import pytest
from PIL import Image

from agents import decoder
from agents.decoder import decode_frames, decode_luma, decoding, watch_frames
from agents.errors import MediaError, StageError
from agents.ffmpeg import ffmpeg_path, input_options, run_ffmpeg
from agents.pictures import picture, picture_bytes
from agents.sandbox import open_module
from tests.recordings import FPS, SIZE, STEP, counting, ffmpeg, media_of, tone, write_recording

SECONDS = 8
KINDS = {
    "mp4": ("mov", ["-c:v", "libx264", "-bf", "2", "-g", "20"]),
    "mkv": ("matroska", ["-c:v", "libx264", "-g", "200"]),
    "webm": ("matroska", ["-c:v", "libvpx", "-b:v", "400k", "-deadline", "realtime"]),
    "avi": ("avi", ["-c:v", "mpeg4", "-q:v", "3"]),
    "ts": ("mpegts", ["-c:v", "libx264", "-g", "20", "-output_ts_offset", "3600"]),
}


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("counting")
    frames, sound = counting(SECONDS), tone(SECONDS)
    made = {}
    for kind, (demuxer, codecs) in KINDS.items():
        audio = ["-c:a", "libopus" if kind == "webm" else "mp2" if kind == "avi" else "aac"]
        path = write_recording(folder / f"count.{kind}", frames, [sound], codecs=codecs + audio)
        made[kind] = media_of(path, demuxer=demuxer)
    return made


def number_shown(frame):
    """Return the index of a `counting` frame from its grey level, as a float."""
    grey = np.median(frame[frame.shape[0] // 2 :])
    return (grey - 30) / STEP


@pytest.mark.parametrize("kind", KINDS)
def test_the_frame_shown_at_a_time_is_the_last_one_at_or_before_it(recordings, kind):
    times = [5.05, 0.0, 2.0, 7.95, 2.09, 6.3]
    frames = decode_frames(recordings[kind], times)
    assert frames.shape == (6, SIZE[1], SIZE[0], 3)
    assert frames.dtype == np.uint8
    truth = [np.floor(time * FPS + 1e-3) for time in times]
    # audio priming may shift a container's start by a few milliseconds: allow one frame
    tolerance = 1.3 if kind in ("webm", "ts") else 0.8
    assert [number_shown(frame) for frame in frames] == pytest.approx(truth, abs=tolerance)


def test_a_time_past_the_end_shows_the_last_frame_and_width_scales(recordings):
    frames = decode_frames(recordings["mp4"], [99.0], width=160)
    assert frames.shape == (1, 90, 160, 3)
    assert number_shown(frames[0]) == pytest.approx(SECONDS * FPS - 1, abs=1.6)


def test_no_times_give_no_frames(recordings):
    assert decode_frames(recordings["mp4"], []).shape == (0, SIZE[1], SIZE[0], 3)


@pytest.mark.parametrize(("angle", "corner"), [(90, "bottom"), (-90, "top"), (180, "bottom")])
def test_rotated_frames_are_upright_as_ffmpeg_shows_them(recordings, tmp_path, angle, corner):
    turned = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", angle, "-i", recordings["mp4"].path, "-c", "copy", turned)
    shown = SIZE if angle == 180 else SIZE[::-1]
    command = [ffmpeg_path(), "-v", "error", "-i", str(turned), "-frames:v", "1"]
    command += ["-f", "rawvideo", "-pix_fmt", "gray", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    truth = np.frombuffer(raw, np.uint8).reshape(shown[1], shown[0])
    frame = decode_frames(media_of(turned, size=shown), [0.0])[0]
    assert np.abs(frame.mean(2) - truth).mean() < 3
    bright = np.argwhere(frame.mean(2) > 230).mean(0)[0] / shown[1]
    assert bright > 0.5 if corner == "bottom" else bright < 0.5


def test_a_damaged_packet_costs_its_frames_and_not_the_others(recordings, tmp_path):
    cut = tmp_path / "bad.avi"
    content = bytearray(recordings["avi"].path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 3000] = bytes(3000)
    cut.write_bytes(content)
    frames = decode_frames(media_of(cut, demuxer="avi"), [0.5, 7.5])
    assert number_shown(frames[0]) == pytest.approx(5, abs=1)


def test_bytes_that_are_no_video_are_a_stage_error_without_details(tmp_path):
    upload = tmp_path / "upload"
    upload.write_bytes(b"ffconcat version 1.0\nfile neighbour.mp4\n")
    with pytest.raises(StageError) as caught:
        decode_frames(media_of(upload), [0.0])
    assert "neighbour" not in caught.value.message


def test_too_many_frames_at_once_are_a_mistake_of_the_caller(recordings):
    with pytest.raises(ValueError, match="at most"):
        decode_frames(recordings["mp4"], [0.0] * 10_000)


def test_the_child_needs_no_heavy_library():
    code = "import sys, agents.decoder; print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    loaded = set(answer.stdout.decode().split())
    assert not loaded & {"numpy", "av", "pydantic", "librosa", "cv2", "streamlit", "scipy"}


def test_the_childs_half_gives_the_same_bytes_in_this_process(recordings, monkeypatch):
    media = recordings["mp4"]
    request = {
        "path": str(media.path),
        "demuxer": "mov",
        "width": 320,
        "height": 180,
        "kind": "rgb",
        "rough": False,
    }
    frames = decode_frames(media, [1.0, 4.0])
    one, other = (json.dumps(request | {"times": times}).encode() for times in ([1.0, 4.0], [4.0]))
    asked = b"".join(len(part).to_bytes(4, "little") + part for part in (one, other))
    target = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(asked)))
    monkeypatch.setattr(sys, "stdout", target)
    decoder.main([])
    size = frames[0].size.to_bytes(4, "little")
    first, second = (size + frame.tobytes() for frame in frames)
    assert target.buffer.getvalue() == first + second + bytes(4) + second + bytes(4)


def test_ffmpeg_opens_the_upload_by_its_forced_demuxer_only(recordings, tmp_path):
    options = input_options(recordings["mkv"], seek=1.5)
    assert options[options.index("-f") + 1] == "matroska"
    assert options[options.index("-format_whitelist") + 1] == "mov,matroska,avi,mpegts"
    assert options[-1] == f"file:{recordings['mkv'].path}"
    assert options[options.index("-ss") + 1] == "1.500000"
    heard = []
    run_ffmpeg(
        [*options, "-map", "0:V:0", "-c:v", "libx264", str(tmp_path / "out.mp4")],
        read=[recordings["mkv"].path],
        write=tmp_path,
        duration=6.5,
        progress=heard.append,
    )
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(100, abs=5)
    first = decode_frames(media_of(tmp_path / "out.mp4"), [0.0])[0]
    assert number_shown(first) == pytest.approx(15, abs=1)


def test_ffmpeg_refuses_a_script_that_names_a_neighbour(recordings, tmp_path):
    script = tmp_path / "upload"
    script.write_text(f"ffconcat version 1.0\nfile {recordings['mp4'].path}\n")
    with pytest.raises(StageError):
        run_ffmpeg(
            [*input_options(media_of(script)), str(tmp_path / "out.mp4")],
            read=[script, recordings["mp4"].path],
            write=tmp_path,
        )


@pytest.mark.parametrize("kind", KINDS)
def test_small_luma_shows_what_the_full_frames_do(recordings, kind):
    times = [5.05, 0.0, 2.0, 6.3]
    luma = decode_luma(recordings[kind], times)
    assert luma.shape == (4, 180, 320)
    full = decode_frames(recordings[kind], times, width=320).mean(3)
    assert np.abs(luma - full).mean() < 2
    rough = decode_luma(replace(recordings[kind], fps=30.0), times)
    shown = [number_shown(frame) for frame in luma]
    late = np.array(shown) - [number_shown(frame) for frame in rough]
    assert (late > -0.3).all()
    assert (late < 2.3).all()


@pytest.mark.parametrize("kind", KINDS)
def test_full_pictures_are_those_shown_or_a_key_frame_just_before(recordings, kind):
    times, luma, jpeg = [5.05, 0.1, 2.0, 7.7], {}, {}
    watch_frames(
        recordings[kind],
        (times, lambda i, seen: luma.update({i: seen.copy()})),
        (times[::-1], lambda i, seen: jpeg.update({i: opened(seen).mean(2)})),
        width=SIZE[0],
    )
    assert sorted(luma) == sorted(jpeg) == [0, 1, 2, 3]
    truth = [np.floor(time * FPS + 1e-3) for time in times]
    for pictures in ([luma[i] for i in range(4)], [jpeg[i] for i in (3, 2, 1, 0)]):
        assert {picture.shape for picture in pictures} == {SIZE[::-1]}
        late = np.array(truth) - [number_shown(picture) for picture in pictures]
        assert (late > -1.3).all()
        assert (late < 2.3 + 1).all()


def opened(content):
    """Return the pixels of a JPEG, uint8 (h, w, 3)."""
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "JPEG"
        return np.asarray(image.convert("RGB"))


def shown_as_jpeg(media, width):
    """Return the first picture of a recording as its JPEG shows it."""
    found = []
    watch_frames(
        media, ([], print), ([0.1], lambda _, seen: found.append(opened(seen))), width=width
    )
    return found[0]


@pytest.mark.parametrize("space", ["bt709", "smpte170m", "full range"])
def test_jpeg_has_the_colours_of_the_frame(tmp_path, space):
    bars = tmp_path / "bars.mp4"
    matrix = "bt709" if space == "full range" else space
    full = "pc" if space == "full range" else "tv"
    scale = f"scale=out_color_matrix={matrix}:out_range={full},format=yuv420p"
    tags = ["-colorspace", matrix, "-color_range", full]
    command = ["-f", "lavfi", "-i", "smptebars=size=640x360:rate=10:duration=1"]
    ffmpeg(*command, "-vf", scale, "-c:v", "libx264", "-crf", "12", *tags, bars)
    media = media_of(bars, size=(640, 360))
    truth = decode_frames(media, [0.0])[0].astype(int)
    assert np.ptp(truth, axis=(0, 1)).min() > 150
    assert np.abs(shown_as_jpeg(media, 640) - truth).mean() < 3


def test_jpeg_of_a_turned_recording_with_wide_pixels_is_upright(recordings, tmp_path):
    turned = tmp_path / "turned.mp4"
    wide = ["-i", recordings["mp4"].path, "-vf", "setsar=2", "-c:v", "libx264"]
    ffmpeg(*wide, "-t", 1, tmp_path / "wide.mp4")
    ffmpeg("-display_rotation", 90, "-i", tmp_path / "wide.mp4", "-c", "copy", turned)
    media = media_of(turned, size=(SIZE[1], SIZE[0] * 2))
    truth = decode_frames(media, [0.0])[0].astype(int)
    still = shown_as_jpeg(media, media.width)
    assert still.shape == truth.shape
    assert np.abs(still - truth).mean() < 3
    assert np.abs(still[::-1] - truth).mean() > 6


def starts_of(monkeypatch):
    """Return a list that grows by one with each process started."""
    started, start = [], subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: started.append(a) or start(*a, **k))
    return started


def test_one_child_decodes_all_that_is_asked_of_a_recording(recordings, monkeypatch):
    media, other = recordings["mp4"], recordings["mkv"]
    alone = [decode_luma(media, [5.0, 1.0]), decode_frames(media, [2.0]), decode_luma(media, [7.9])]
    seen, started = {}, starts_of(monkeypatch)
    with decoding(media):
        assert not started
        luma = decode_luma(media, [5.0, 1.0])
        watch_frames(
            media,
            ([1.0], lambda i, picture: seen.update({i: picture})),
            ([], print),
            width=SIZE[0],
        )
        together = [luma, decode_frames(media, [2.0]), decode_luma(media, [7.9])]
        assert len(started) == 1
        decode_luma(other, [1.0])
    assert len(started) == 2
    assert all(np.array_equal(*pair) for pair in zip(alone, together, strict=True))
    assert number_shown(seen[0]) == pytest.approx(10, abs=3)


def test_a_child_reads_no_other_recording_however_it_is_asked(recordings):
    media, other = recordings["mp4"], recordings["mkv"]
    pictures = []
    request = {"width": 320, "height": 180, "kind": "luma", "rough": False, "times": [1.0]}
    with open_module("agents.decoder", read=[media.path], cpu_s=60) as ask:
        allowed = request | {"path": str(media.path), "demuxer": "mov"}
        ask(json.dumps(allowed).encode(), pictures.append, 60)
        assert [len(picture) for picture in pictures] == [320 * 180]
        refused = request | {"path": str(other.path), "demuxer": "matroska"}
        with pytest.raises(StageError):
            ask(json.dumps(refused).encode(), pictures.append, 60)
    assert len(pictures) == 1


def stumble(number, seen):
    """Fail in the middle of an answer."""
    raise ZeroDivisionError


def test_what_is_left_of_an_answer_does_not_pass_for_the_next(recordings):
    media = recordings["mp4"]
    with decoding(media):
        with pytest.raises(ZeroDivisionError):
            watch_frames(media, ([1.0, 2.0], stumble), ([], stumble), width=320)
        with pytest.raises(StageError):
            decode_luma(media, [1.0])
    assert decode_luma(media, [1.0]).shape == (1, 180, 320)


def test_a_child_that_takes_too_long_over_an_answer_is_stopped(recordings):
    media = recordings["mp4"]
    request = {"path": str(media.path), "demuxer": "mov", "width": 320, "height": 180}
    request |= {"kind": "luma", "rough": False, "times": [7.0] * 100_000}
    with (
        open_module("agents.decoder", read=[media.path], cpu_s=60) as ask,
        pytest.raises(MediaError, match="within 1 s"),
    ):
        ask(json.dumps(request).encode(), lambda blob: None, 1)


@pytest.mark.parametrize("kind", ["gray", "rgb24"])
@pytest.mark.parametrize("width", [640, 642])  # rows of the second one are padded
def test_bytes_of_a_picture_are_its_pixels_without_what_pads_the_rows(kind, width):
    pixels = np.random.default_rng(1).integers(0, 256, (36, 64, 3), np.uint8)
    frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
    whole = picture(frame, width, 360, kind)
    assert whole.shape[:2] == (360, width)
    assert picture_bytes(frame, width, 360, kind) == whole.tobytes()


def test_a_child_that_answers_requests_for_pictures_loads_no_numpy(recordings):
    media = recordings["mp4"]
    request = {"path": str(media.path), "demuxer": "mov", "width": 320, "height": 180}
    request |= {"kind": "luma", "rough": False, "times": [1.0]}
    program = "import sys, agents.decoder as d; "
    program += f"assert len(next(d.wanted_frames({request!r}))) == 320 * 180; "
    program += "assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
