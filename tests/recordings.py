"""Small recordings made with the bundled ffmpeg, each returned with its truth."""

import subprocess
from pathlib import Path

import numpy as np

from agents.ffmpeg import ffmpeg_path
from agents.types import Media

SIZE = (320, 180)
FPS = 10
STEP = 1.6
"""Grey levels by which each frame of `counting` is lighter than the one before."""


def ffmpeg(*args, stdin=None):
    """Run the bundled ffmpeg on trusted input."""
    command = [ffmpeg_path(), "-v", "error", "-y", *map(str, args)]
    done = subprocess.run(command, input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def counting(seconds, *, size=SIZE, fps=FPS):
    """Return raw grey frames: frame i is uniform but for a white top left corner."""
    w, h = size
    levels = (30 + STEP * np.arange(round(seconds * fps))) % 200
    frames = np.repeat(levels.astype(np.uint8), w * h).reshape(-1, h, w)
    frames[:, : h // 4, : w // 4] = 255
    return frames


def tone(seconds, *, level_db=-20.0, hz=440.0, rate=48_000, channels=1):
    """Return float32 (n, channels): a sine whose RMS level is `level_db`."""
    time = np.arange(round(seconds * rate)) / rate
    wave = np.sqrt(2) * 10 ** (level_db / 20) * np.sin(2 * np.pi * hz * time)
    return np.repeat(wave.astype(np.float32)[:, None], channels, axis=1)


def write_recording(path, frames, tracks, *args, fps=FPS, rate=48_000, codecs=None):
    """Mux grey `frames` and float `tracks` (n, channels); `args` are ffmpeg's output options."""
    inputs, maps = [], ["-map", "0:v"]
    path = Path(path)
    for i, track in enumerate(tracks):
        raw = path.with_name(f"{path.name}.{i}.f32")
        raw.write_bytes(np.ascontiguousarray(track, np.float32).tobytes())
        inputs += ["-f", "f32le", "-ar", str(rate)]
        inputs += ["-ac", str(track.shape[1]), "-i", raw]
        maps += ["-map", f"{i + 1}:a"]
    h, w = frames.shape[1:]
    video = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{w}x{h}", "-r", fps, "-i", "pipe:0"]
    codecs = codecs or ["-c:v", "libx264", "-preset", "ultrafast", "-g", "20", "-crf", "18"]
    codecs = [*codecs, "-pix_fmt", "yuv420p"] if "-pix_fmt" not in args else codecs
    ffmpeg(*video, *inputs, *maps, *codecs, *args, path, stdin=frames.tobytes())
    for i in range(len(tracks)):
        path.with_name(f"{path.name}.{i}.f32").unlink()
    return path


def media_of(path, *, demuxer="mov", size=SIZE, duration=8.0, fps=FPS):
    """Return the Media that intake would find."""
    return Media(
        path=path,
        demuxer=demuxer,
        duration=duration,
        width=size[0],
        height=size[1],
        fps=fps,
        has_audio=True,
        audio_stream=0,
        audio_channel=0,
        sha256="0" * 64,
        size_bytes=path.stat().st_size,
    )
