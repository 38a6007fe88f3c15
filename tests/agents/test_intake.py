"""What intake measures is what was put into the recording; what it refuses, it names."""

import io
import json
import sys
import wave

import numpy as np
import pytest

from agents.decoder import decode_frames
from agents.errors import LectureTooLong, MediaError, NoAudio
from agents.ffmpeg import rendering_source
from agents.intake import measure, reading
from agents.intake.reading import read_upload
from agents.intake.silero import find_silero
from agents.registry import Context, Resources
from tests.recordings import FPS, SIZE, STEP, counting, ffmpeg, tone, write_recording

SECONDS = 6


def listen_to(workdir, heard=None, name=""):
    """Return a context that notes its progress; intake shares nothing, so `once` is not there."""
    heard = [] if heard is None else heard
    resources = Resources(upload_name=name)
    return Context(workdir, resources, lambda *said: heard.append(said), None)


@pytest.fixture
def taken(tmp_path):
    """Return a function that measures an upload into a new folder."""

    def take(upload, name=""):
        workdir = tmp_path / f"work-{upload.name}"
        workdir.mkdir()
        return measure(upload, context=listen_to(workdir, name=name))

    return take


@pytest.fixture(scope="session")
def plain(tmp_path_factory):
    """A counting picture with a 440 Hz tone at -20 dB, key frames every 2 s."""
    folder = tmp_path_factory.mktemp("plain")
    return write_recording(folder / "plain.mp4", counting(SECONDS), [tone(SECONDS)])


@pytest.fixture(scope="session")
def measured(plain, tmp_path_factory):
    heard = []
    workdir = tmp_path_factory.mktemp("measured")
    return measure(plain, context=listen_to(workdir, heard)), heard, workdir


def samples_of(intake):
    with wave.open(str(intake.audio)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


def level(sound):
    return 20 * np.log10(np.sqrt(np.mean(np.square(sound))) + 1e-9)


# --- truth ----------------------------------------------------------------------------------------


def test_the_media_says_what_was_recorded(measured, plain):
    media = measured[0].media
    assert media.duration == pytest.approx(SECONDS, abs=0.05)
    assert (media.width, media.height) == SIZE
    assert media.fps == pytest.approx(FPS)
    assert (media.path, media.demuxer, media.has_audio) == (plain, "mov", True)
    assert media.size_bytes == plain.stat().st_size
    assert len(media.sha256) == 64


def test_levels_of_a_known_tone_survive_the_codec(measured):
    levels = measured[0].levels
    assert levels.hop_s == 0.01
    assert len(levels.rms_db) == len(levels.peak_db) == pytest.approx(SECONDS * 100, abs=3)
    assert levels.rms_db.dtype == levels.peak_db.dtype == np.float32
    inside = slice(20, SECONDS * 100 - 20)
    # the codec at 69 kb/s lets single steps waver by as much again
    assert np.median(levels.rms_db) == pytest.approx(-20, abs=0.1)
    assert np.abs(levels.rms_db[inside] + 20).max() < 1
    assert np.abs(levels.peak_db[inside] + 17).max() < 1


def test_without_a_codec_every_step_of_the_levels_is_right(tmp_path, taken):
    path = tmp_path / "exact.mov"
    write_recording(path, counting(SECONDS), [tone(SECONDS)], "-c:a", "pcm_s16le")
    levels = taken(path).levels
    inside = slice(20, SECONDS * 100 - 20)
    assert np.abs(levels.rms_db[inside] + 20).max() < 0.2
    assert np.abs(levels.peak_db[inside] + 17).max() < 0.2


def test_the_wav_is_as_long_as_the_lecture_and_as_loud_as_the_tone(measured):
    intake = measured[0]
    sound = samples_of(intake)
    assert len(sound) == round(intake.media.duration * 16_000)
    assert level(sound[8000:-8000]) == pytest.approx(-20, abs=0.2)


def test_every_packet_is_in_the_table_in_order_of_presentation(measured):
    table = measured[0].packets
    assert table.time == pytest.approx(np.arange(SECONDS * FPS) / FPS, abs=1e-3)
    assert np.flatnonzero(table.key).tolist() == [0, 20, 40]
    assert 0 < table.size.sum() < measured[0].media.size_bytes


def test_key_frames_have_their_time_and_their_picture(measured):
    keys = measured[0].key_frames
    assert keys.time == pytest.approx([0, 2, 4], abs=1e-3)
    assert keys.luma.shape == (3, 180, 320)
    shown = (np.median(np.asarray(keys.luma)[:, 90:], axis=(1, 2)) - 30) / STEP
    assert shown == pytest.approx([0, 20, 40], abs=1.3)


def test_the_folder_holds_audio_and_poster_and_nothing_else(measured):
    intake, _, workdir = measured
    assert sorted(path.name for path in workdir.iterdir()) == ["audio.wav", "poster.jpg"]
    assert intake.proxy is None
    assert intake.audio.parent == intake.poster.parent == workdir
    assert intake.poster.read_bytes()[:2] == b"\xff\xd8"


def test_progress_only_grows_and_says_what_is_done(measured):
    percents = [percent for percent, _ in measured[1]]
    assert percents == sorted(percents)
    assert 0 <= percents[0] <= percents[-1] <= 100
    assert {message for _, message in measured[1]} == {
        "Reading the recording",
        "Listening for speech",
    }


def test_the_same_upload_gives_the_same_measurements(measured, plain, taken):
    first, second = measured[0], taken(plain)
    assert first.media == second.media
    assert np.array_equal(first.levels.rms_db, second.levels.rms_db)
    assert np.array_equal(first.speech.values, second.speech.values)
    assert np.array_equal(first.key_frames.luma, second.key_frames.luma)
    assert first.audio.read_bytes() == second.audio.read_bytes()


# --- sound ----------------------------------------------------------------------------------------


def onset(intake):
    return np.flatnonzero(intake.levels.rms_db > -40)[0] / 100


@pytest.mark.parametrize("kind", ["mp4", "mkv", "ts"])
def test_an_audio_track_that_starts_late_stays_late(tmp_path, taken, kind):
    path = tmp_path / f"late.{kind}"
    write_recording(path, counting(SECONDS), [tone(SECONDS - 1)], "-af", "asetpts=PTS+0.3/TB")
    assert onset(taken(path)) == pytest.approx(0.3, abs=0.02)


def test_a_gap_in_the_sound_is_kept_as_silence(tmp_path, taken):
    path = tmp_path / "gap.mkv"
    cut = ["-af", "asetnsamples=480,aselect=not(between(t\\,2\\,3.5))", "-c:a", "pcm_s16le"]
    write_recording(path, counting(SECONDS), [tone(SECONDS)], *cut)
    quiet = np.flatnonzero(taken(path).levels.rms_db < -60) / 100
    assert quiet[0] == pytest.approx(2.0, abs=0.05)
    assert quiet[-1] == pytest.approx(3.5, abs=0.05)
    assert len(quiet) == pytest.approx(150, abs=8)


def test_a_constant_offset_is_taken_out_of_the_sound(tmp_path, taken):
    sound = tone(SECONDS, level_db=-30) + 0.5
    sound[: 3 * 48_000] = 0.5
    path = tmp_path / "offset.mov"
    write_recording(path, counting(SECONDS), [sound], "-c:a", "pcm_s16le")
    intake = taken(path)
    assert abs(samples_of(intake).mean()) < 0.002
    assert intake.levels.rms_db[20:280].max() < -70
    assert intake.levels.rms_db[320:-10] == pytest.approx(-30, abs=0.5)


def test_stereo_in_antiphase_is_heard_because_nothing_is_mixed(tmp_path, taken):
    one = tone(SECONDS)
    path = write_recording(tmp_path / "a.mp4", counting(SECONDS), [np.hstack([one, -one])])
    intake = taken(path)
    assert np.median(intake.levels.rms_db) == pytest.approx(-20, abs=0.5)


def test_the_channel_with_the_speech_is_chosen(tmp_path, taken):
    sound = np.hstack([tone(SECONDS, level_db=-60), tone(SECONDS, level_db=-25)])
    path = write_recording(tmp_path / "right.mp4", counting(SECONDS), [sound])
    intake = taken(path)
    assert (intake.media.audio_stream, intake.media.audio_channel) == (0, 1)
    assert np.median(intake.levels.rms_db) == pytest.approx(-25, abs=0.5)


def test_the_track_with_the_speech_is_chosen_and_browsers_get_a_copy_with_it(tmp_path, taken):
    tracks = [np.zeros((SECONDS * 48_000, 1)), tone(SECONDS)]
    intake = taken(write_recording(tmp_path / "second.mp4", counting(SECONDS), tracks))
    assert (intake.media.audio_stream, intake.media.audio_channel) == (1, 0)
    again = taken(intake.proxy)
    assert np.median(again.levels.rms_db) == pytest.approx(-20, abs=0.5)


def test_sound_and_picture_of_different_length_count_to_the_longer_one(tmp_path, taken):
    short = taken(write_recording(tmp_path / "s.mp4", counting(SECONDS), [tone(3)]))
    assert short.media.duration == pytest.approx(SECONDS, abs=0.1)
    assert len(samples_of(short)) == round(short.media.duration * 16_000)
    assert short.levels.rms_db[-200:].max() == -120
    still = taken(write_recording(tmp_path / "v.mp4", counting(0.1), [tone(SECONDS)]))
    assert still.media.duration == pytest.approx(SECONDS, abs=0.1)
    assert len(still.packets.time) == 1


def test_many_channels_are_measured_one_by_one(tmp_path, taken):
    sound = np.zeros((SECONDS * 48_000, 6), np.float32)
    sound[:, 2:3] = tone(SECONDS, level_db=-30)
    path = tmp_path / "surround.mkv"
    write_recording(path, counting(SECONDS), [sound], "-c:a", "flac")
    intake = taken(path)
    assert intake.media.audio_channel == 2
    assert np.median(intake.levels.rms_db) == pytest.approx(-30, abs=0.5)


# --- picture --------------------------------------------------------------------------------------


def test_a_turned_phone_video_has_its_shown_size(plain, tmp_path, taken):
    turned = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", 90, "-i", plain, "-c", "copy", turned)
    intake = taken(turned)
    assert (intake.media.width, intake.media.height) == SIZE[::-1]
    assert decode_frames(intake.media, [1.0]).shape == (1, 320, 180, 3)
    assert intake.proxy is None


def test_odd_sizes_and_oblong_pixels_are_measured_as_shown(tmp_path, taken):
    frames = counting(4, size=(321, 179))
    odd = ["-pix_fmt", "yuv444p"]
    intake = taken(write_recording(tmp_path / "odd.mp4", frames, [tone(4)], *odd))
    assert (intake.media.width, intake.media.height) == (321, 179)
    path = write_recording(tmp_path / "sar.mp4", counting(4), [tone(4)], "-vf", "setsar=4/3")
    assert taken(path).media.width == round(SIZE[0] * 4 / 3)


def test_the_poster_is_not_the_black_beginning(tmp_path, taken):
    frames = np.concatenate([np.full((40, 180, 320), 16, np.uint8), counting(4)])
    frames[40:, 90:, :160] = 220
    intake = taken(write_recording(tmp_path / "dark.mp4", frames, [tone(8)]))
    picture = tmp_path / "poster.gray"
    ffmpeg("-i", intake.poster, "-f", "rawvideo", "-pix_fmt", "gray", picture)
    poster = np.frombuffer(picture.read_bytes(), np.uint8).reshape(180, 320)
    assert poster[120:, 20:140].mean() > 180


def test_an_all_black_picture_still_has_a_poster(tmp_path, taken):
    intake = taken(
        write_recording(tmp_path / "b.mp4", np.zeros((40, 180, 320), np.uint8), [tone(4)])
    )
    assert intake.poster.stat().st_size > 100


def test_a_recording_of_key_frames_only_keeps_one_every_two_seconds(tmp_path, taken):
    path = tmp_path / "keys.mov"
    write_recording(path, counting(8), [tone(8)], codecs=["-c:v", "mjpeg", "-c:a", "pcm_s16le"])
    intake = taken(path)
    assert intake.packets.key.all()
    assert np.diff(intake.key_frames.time).min() >= 1.9
    assert intake.proxy is not None


def test_a_recording_with_a_single_key_frame_is_sampled_all_the_same(tmp_path):
    path = tmp_path / "one.mkv"
    codecs = ["-c:v", "libx264", "-g", "1000", "-sc_threshold", "0", "-preset", "ultrafast"]
    write_recording(path, counting(130, fps=2), [tone(130)], codecs=codecs, fps=2)
    (tmp_path / "out").mkdir()
    read_upload(path, "matroska", find_silero(), tmp_path / "out", lambda percent: None)
    times = np.load(tmp_path / "out" / "luma_time.npy")
    luma = np.fromfile(tmp_path / "out" / "luma.raw", np.uint8).reshape(-1, 180, 320)
    assert len(times) == len(luma) >= 3
    truth = (30 + STEP * times * 2) % 200
    assert np.median(luma[:, 90:], axis=(1, 2)) == pytest.approx(truth, abs=3)


# --- containers and copies for browsers -----------------------------------------------------------

CONTAINERS = {
    "whole.mov": ("mov", [], False),
    "fragmented.mp4": ("mov", ["-movflags", "frag_keyframe+empty_moov"], True),
    "h264.mkv": ("matroska", [], True),
    "vp8.webm": ("matroska", ["-c:v", "libvpx", "-b:v", "300k", "-c:a", "libopus"], False),
    "mpeg4.avi": ("avi", ["-c:v", "mpeg4", "-c:a", "mp2"], True),
    "later.ts": ("mpegts", ["-output_ts_offset", "36000"], True),
    "tenbit.mp4": ("mov", ["-pix_fmt", "yuv420p10le", "-preset", "ultrafast"], True),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_each_container_is_read_in_full_and_copied_only_if_browsers_need_it(tmp_path, taken, name):
    demuxer, codecs, needs_copy = CONTAINERS[name]
    path = write_recording(tmp_path / name, counting(SECONDS), [tone(SECONDS)], *codecs)
    intake = taken(path)
    assert intake.media.demuxer == demuxer
    assert intake.media.duration == pytest.approx(SECONDS, abs=0.15)
    assert len(intake.packets.time) == SECONDS * FPS
    assert np.median(intake.levels.rms_db) == pytest.approx(-20, abs=0.5)
    assert (intake.proxy is not None) == needs_copy
    if intake.proxy:
        copy = taken(intake.proxy)
        assert copy.proxy is None
        assert copy.media.duration == pytest.approx(SECONDS, abs=0.15)
        times = [1.05, 4.05]
        shown = [np.median(frame[90:]) for frame in decode_frames(copy.media, times)]
        truth = [np.median(frame[90:]) for frame in decode_frames(intake.media, times)]
        assert shown == pytest.approx(truth, abs=2 * STEP)


def test_what_cannot_be_seeked_in_is_rendered_from_its_copy(tmp_path, taken, measured):
    intake = taken(write_recording(tmp_path / "a.ts", counting(4), [tone(4)]))
    source = rendering_source(intake)
    assert (source.path, source.demuxer) == (intake.proxy, "mov")
    assert rendering_source(measured[0]) == measured[0].media


# --- refusals and notices -------------------------------------------------------------------------


def refused(taken, path, code, words):
    with pytest.raises(MediaError, match=words) as caught:
        taken(path)
    assert caught.value.code == code
    assert "\n" not in caught.value.message
    assert str(path.parent) not in caught.value.message
    return caught.value


def test_a_recording_without_sound_is_refused(plain, tmp_path, taken):
    ffmpeg("-i", plain, "-an", "-c", "copy", tmp_path / "talk.mp4")
    error = refused(taken, tmp_path / "talk.mp4", "no_audio", "needs? one|need one")
    assert isinstance(error, NoAudio)
    assert error.message == "'talk.mp4' has no audio track; silence and transcript need one"


def test_a_recording_of_silence_is_refused_with_its_level(tmp_path, taken):
    sound = tone(SECONDS, level_db=-85)
    path = tmp_path / "quiet.mkv"
    write_recording(path, counting(SECONDS), [sound], "-c:a", "pcm_s16le")
    refused(taken, path, "no_speech", r"'quiet\.mkv' is at -8[456] dB; speech needs")


def test_sound_alone_is_refused_and_cover_art_is_no_picture(plain, tmp_path, taken):
    ffmpeg("-i", plain, "-vn", "-c", "copy", tmp_path / "sound.mp4")
    refused(taken, tmp_path / "sound.mp4", "no_video", "no moving picture")
    ffmpeg("-i", plain, "-frames:v", 1, "-update", 1, tmp_path / "cover.png")
    cover = ["-map", "0:a", "-map", "1:v", "-c", "copy", "-disposition:v:0", "attached_pic"]
    ffmpeg("-i", plain, "-i", tmp_path / "cover.png", *cover, tmp_path / "album.mp4")
    refused(taken, tmp_path / "album.mp4", "no_video", "no moving picture")


def test_a_file_cut_before_its_index_is_refused_as_incomplete(plain, tmp_path, taken):
    content = plain.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(content[: content.rindex(b"moov") - 4])
    refused(taken, tmp_path / "cut.mp4", "truncated", "is incomplete")
    (tmp_path / "half.mp4").write_bytes(content[: content.rindex(b"moov") + 200])
    refused(taken, tmp_path / "half.mp4", "truncated", "is incomplete")


def test_a_file_cut_behind_its_index_is_read_as_far_as_it_goes(plain, tmp_path, taken):
    whole = tmp_path / "whole.mp4"
    ffmpeg("-i", plain, "-c", "copy", "-movflags", "+faststart", whole)
    (tmp_path / "cut.mp4").write_bytes(whole.read_bytes()[: whole.stat().st_size * 7 // 10])
    intake = taken(tmp_path / "cut.mp4")
    assert 3 < intake.media.duration < 5
    assert intake.notices[0].code == "truncated"
    said = f"only {intake.media.duration:.1f} of 6.0 s can be read"
    assert said in intake.notices[0].message


def test_text_under_a_recordings_name_is_refused(tmp_path, taken):
    (tmp_path / "notes.mp4").write_text("Dear diary,\n" * 50)
    refused(taken, tmp_path / "notes.mp4", "not_media", r"'notes\.mp4' is not an MP4")


def test_too_short_too_small_and_too_large_are_refused_with_the_actual_value(tmp_path, taken):
    path = write_recording(tmp_path / "short.mp4", counting(1), [tone(1)])
    refused(taken, path, "too_short", r"lasts 1\.0 s; at least 3 s")
    path = write_recording(tmp_path / "small.mp4", counting(4, size=(60, 180)), [tone(4)])
    refused(taken, path, "too_small", "60x180; each side needs at least 64")
    path = write_recording(tmp_path / "large.mp4", counting(0.2, size=(4400, 2304)), [tone(4)])
    refused(taken, path, "too_large_frame", "4400x2304; at most 4096x2304")


def test_too_long_is_refused_on_the_way_and_too_many_streams_at_once(tmp_path, taken):
    path = tmp_path / "long.mkv"
    spread = ["-vf", "setpts=N*700/TB", "-fps_mode", "passthrough"]
    write_recording(path, counting(2), [tone(2)], *spread)
    error = refused(taken, path, "too_long", r"lasts 3\.\d hours; at most 3 hours")
    assert isinstance(error, LectureTooLong)
    path = write_recording(tmp_path / "many.mkv", counting(1), [tone(1)] * 16)
    refused(taken, path, "too_many_streams", "holds 17 streams; at most 16")


def test_a_clock_that_starts_again_is_refused(tmp_path, taken):
    parts = []
    for i in (0, 1):
        part = tmp_path / f"{i}.ts"
        write_recording(part, counting(4), [tone(4)], "-output_ts_offset", str(60 * (1 - i)))
        parts.append(part.read_bytes())
    (tmp_path / "joined.ts").write_bytes(b"".join(parts))
    refused(taken, tmp_path / "joined.ts", "corrupt", "its clock starts again")


def test_damage_in_the_middle_is_passed_over_and_said(plain, tmp_path, taken):
    content = bytearray(plain.read_bytes())
    middle = content.index(b"mdat") + (content.rindex(b"moov") - content.index(b"mdat")) // 2
    content[middle : middle + 30_000] = np.random.default_rng(7).bytes(30_000)
    (tmp_path / "bad.mp4").write_bytes(content)
    intake = taken(tmp_path / "bad.mp4")
    assert intake.media.duration == pytest.approx(SECONDS, abs=0.1)
    assert "corrupt" in [notice.code for notice in intake.notices]


def test_a_header_that_lies_about_the_length_is_not_believed(plain, tmp_path, taken):
    content = bytearray(plain.read_bytes())
    at = content.index(b"mvhd") + 4 + 12
    scale = int.from_bytes(content[at : at + 4], "big")
    content[at + 4 : at + 8] = (3600 * scale).to_bytes(4, "big")
    (tmp_path / "lie.mp4").write_bytes(content)
    intake = taken(tmp_path / "lie.mp4")
    assert intake.media.duration == pytest.approx(SECONDS, abs=0.1)
    notice = next(notice for notice in intake.notices if notice.code == "duration_mismatch")
    assert "claims to last 3600.0 s, but 6.0 s can be read" in notice.message


def test_a_file_that_grows_while_it_is_read_is_refused(plain, tmp_path):
    upload = tmp_path / "upload"
    upload.write_bytes(plain.read_bytes())
    workdir = tmp_path / "work"
    workdir.mkdir()

    def append(percent, message):
        with upload.open("ab") as file:
            file.write(b"more")

    context = Context(workdir, Resources(), append, None)
    with pytest.raises(MediaError, match="changed while it was read") as caught:
        measure(upload, context=context)
    assert caught.value.code == "changed_while_reading"


def test_messages_use_the_name_people_gave_and_never_the_stored_one(tmp_path, taken):
    upload = tmp_path / "upload"
    upload.write_bytes(b"not a video at all")
    with pytest.raises(MediaError, match=r"^'Лекция 1\.mp4' is not"):
        taken(upload, name="Лекция 1.mp4")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "stored").write_bytes(b"not a video at all")
    with pytest.raises(MediaError, match=r"^The recording is not"):
        taken(tmp_path / "other" / "stored")


def test_a_wrong_extension_is_said_and_does_no_harm(plain, tmp_path, taken):
    upload = tmp_path / "upload"
    upload.write_bytes(plain.read_bytes())
    notices = {notice.code: notice.message for notice in taken(upload, name="t.mkv").notices}
    assert notices["extension_mismatch"] == "'t.mkv' is really MP4; it was read as such"


# --- the child's half, in this process ------------------------------------------------------------


def test_the_child_leaves_the_same_summary_in_this_process(plain, tmp_path, monkeypatch):
    request = {"path": str(plain), "demuxer": "mov", "folder": str(tmp_path)}
    request |= {"voice": str(find_silero())}
    source = io.TextIOWrapper(io.BytesIO(json.dumps(request).encode()))
    monkeypatch.setattr(sys, "stdin", source)
    reading.main([])
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["packets"] == SECONDS * FPS
    assert summary["video_codec"] == "h264"
    assert (tmp_path / "audio.wav").stat().st_size == 44 + 2 * round(summary["duration"] * 16_000)


def test_a_picture_that_nothing_can_decode_is_refused_as_damaged(plain, tmp_path):
    path = tmp_path / "upload"
    path.write_bytes(plain.read_bytes().replace(b"avc1", b"zzzz"))
    summary = read_upload(path, "mov", find_silero(), tmp_path, lambda percent: None)
    assert summary["refused"] == "corrupt"


def test_a_header_that_cannot_be_read_is_refused_as_damaged(plain, tmp_path):
    path = tmp_path / "upload"
    path.write_bytes(plain.read_bytes()[:60])
    summary = read_upload(path, "mov", find_silero(), tmp_path, lambda percent: None)
    assert summary["refused"] == "corrupt"
