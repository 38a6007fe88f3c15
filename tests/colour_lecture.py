"""A recording whose picture and sound can be recognised in a clip made of it.

Left half of the screen red, right half green, a white bar that moves across; the camera is blue
with a yellow disc. At each flash time the disc's panel turns white for 0.2 s and a beep sounds.
"""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from agents.types import (
    Box,
    ClipPlan,
    Cue,
    Intake,
    Interval,
    KeyFrames,
    LayoutRegion,
    Levels,
    Media,
    PacketTable,
    Prosody,
    SpeechProbability,
)
from tests.recordings import ffmpeg

RATE = 48_000
RED, GREEN, BLUE, YELLOW = (200, 30, 30), (30, 170, 30), (30, 30, 200), (220, 220, 30)
FLASH_S = 0.2
SCREEN, CAMERA = Box(0, 45, 480, 270), Box(480, 45, 160, 120)
BEEP_HZ = 1000.0


@dataclass(frozen=True)
class Recording:
    """The file as intake would describe it, and what is in it."""

    intake: Intake
    screen: Box
    camera: Box
    flashes: tuple[float, ...]

    def plan(self, *parts, kind="side_by_side", regions=None, cues=(), **fields):
        """Return a plan that keeps the (start, end) parts; one layout unless regions are given."""
        if regions is None:
            regions = [(0.0, self.intake.media.duration, kind)]
        layout = tuple(self.region(*region) for region in regions)
        return replace(
            ClipPlan(
                parts=tuple(Interval(*part) for part in parts),
                rank=1,
                title="A clip",
                score=1.0,
                contributions={"information": 1.0},
                reason="It says what matters.",
                quote="What matters.",
                topic=0,
                layout=layout,
                cues=tuple(Cue(*cue) for cue in cues),
            ),
            **fields,
        )

    def region(self, start, end, kind):
        """Return a layout region with this recording's boxes."""
        return LayoutRegion(start, end, kind, self.screen, self.camera, 0.9)


def make_colour_lecture(
    path: Path,
    *,
    seconds=12.0,
    size=(640, 360),
    fps=25,
    screen=SCREEN,
    camera=CAMERA,
    flashes=(1.0, 3.0, 5.0, 7.0, 9.0, 11.0),
    sound=None,
    sound_s=None,
    picture_s=None,
    options=(),
    demuxer="mov",
    audio_channel=0,
):
    """Write the recording to `path` and return it with its truth."""
    rgb = b"".join(
        _frame(i / fps, size, screen, camera, flashes).tobytes()
        for i in range(round((picture_s or seconds) * fps))
    )
    track = beeps(sound_s or seconds, flashes) if sound is None else sound
    raw = path.with_suffix(".f32")
    track.astype("<f4").tofile(raw)
    channels = 1 if track.ndim == 1 else track.shape[1]
    ffmpeg(
        *["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{size[0]}x{size[1]}", "-r", fps],
        *["-i", "pipe:0", "-f", "f32le", "-ar", RATE, "-ac", channels, "-i", raw],
        *["-c:v", "libx264", "-preset", "ultrafast", "-crf", "16", "-g", fps * 4, "-bf", 2],
        *["-vf", "scale=out_color_matrix=bt709", "-pix_fmt", "yuv420p"],
        *["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"],
        *["-c:a", "aac", "-b:a", "160k", *options, path],
        stdin=rgb,
    )
    raw.unlink()
    intake = describe(path, size=size, fps=fps, demuxer=demuxer, audio_channel=audio_channel)
    return Recording(intake, screen, camera, tuple(flashes))


def beeps(seconds, flashes):
    """Return a 1 kHz beep at each flash over soft noise, float32 (n,)."""
    time = np.arange(round(seconds * RATE)) / RATE
    track = 0.002 * np.random.default_rng(1).standard_normal(len(time))
    for flash in flashes:
        on = (time >= flash) & (time < flash + FLASH_S)
        track[on] += 0.3 * np.sin(2 * np.pi * BEEP_HZ * (time[on] - flash))
    return track.astype(np.float32)


def describe(path: Path, *, size, fps, demuxer="mov", audio_channel=0) -> Intake:
    """Return what intake would measure of it, as far as clips need it."""
    import av

    times, sizes, keys, end = [], [], [], 0.0
    with av.open(path) as container:
        zero = (container.start_time or 0) / 1e6
        for packet in container.demux():
            if packet.pts is None:
                continue
            time = float(packet.pts * packet.time_base) - zero
            end = max(end, time + float((packet.duration or 0) * packet.time_base))
            if packet.stream.type == "video":
                times.append(time)
                sizes.append(packet.size)
                keys.append(packet.is_keyframe)
        has_audio = bool(container.streams.audio)
    order = np.argsort(times)
    empty = np.zeros(0, np.float32)
    content = path.read_bytes()
    media = Media(
        path=path,
        demuxer=demuxer,
        duration=end,
        width=size[0],
        height=size[1],
        fps=fps,
        has_audio=has_audio,
        audio_stream=0,
        audio_channel=audio_channel,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
    )
    return Intake(
        media=media,
        levels=Levels(0.01, empty, empty),
        speech=SpeechProbability(0.01, empty),
        prosody=Prosody(empty, empty, empty),
        packets=PacketTable(*(np.array(x)[order] for x in (times, sizes, keys))),
        key_frames=KeyFrames(empty, empty),
        audio=path,
        poster=path,
        proxy=None,
    )


def _frame(time, size, screen, camera, flashes):
    w, h = size
    frame = np.zeros((h, w, 3), np.uint8)
    if screen:
        x, y, sw, sh = screen
        frame[y : y + sh, x : x + sw // 2] = RED
        frame[y : y + sh, x + sw // 2 : x + sw] = GREEN
        bar = x + int(time * 20) % (sw - 8)
        frame[y : y + sh, bar : bar + 6] = 255
    if camera:
        x, y, cw, ch = camera
        frame[y : y + ch, x : x + cw] = BLUE
        rows, columns = np.mgrid[0:ch, 0:cw]
        disc = np.hypot(rows - ch / 2, columns - cw / 2) < min(cw, ch) / 3
        frame[y : y + ch, x : x + cw][disc] = YELLOW
        if any(flash <= time + 1e-6 < flash + FLASH_S for flash in flashes):
            frame[y : y + ch, x : x + cw] = 255
    return frame


def read_frames(path, box=None):
    """Return all frames as RGB, uint8 (n, h, w, 3), cut to the box."""
    import av

    x, y, w, h = box or (0, 0, 100_000, 100_000)
    with av.open(path) as container:
        return np.stack(
            [f.to_ndarray(format="rgb24")[y : y + h, x : x + w] for f in container.decode(video=0)]
        )


def read_sound(path, tmp_path):
    """Return the sound of a clip as ffmpeg's decoder gives it, float32 (n,) at 48 kHz."""
    raw = tmp_path / "heard.f32"
    ffmpeg("-i", path, "-map", "0:a", "-ac", 1, "-ar", RATE, "-f", "f32le", raw)
    return np.fromfile(raw, "<f4")


def onsets(active, rate):
    """Return the times in seconds at which `active`, bool (n,), turns on."""
    return np.flatnonzero(np.diff(np.r_[0, active.astype(np.int8)]) == 1) / rate


def make_tiny_lecture(path):
    """Make three seconds of screen and camera in 320x180 at 10 fps, with a flash near the end."""
    return make_colour_lecture(
        path,
        seconds=3,
        size=(320, 180),
        fps=10,
        screen=Box(0, 0, 240, 136),
        camera=Box(240, 0, 80, 60),
        flashes=(2.9,),
    )


def drawn(images):
    """Yield a layer's images with their times, sketches drawn."""
    for time, image in images:
        yield time, image if isinstance(image, np.ndarray) else image.draw()
