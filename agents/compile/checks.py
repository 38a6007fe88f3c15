"""What a clip must pass before it is published, and the poster that is taken on the way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agents.compile.clip_file import ClipFile
from agents.compile.moving import FEWEST, moments_of, save_moving, small_picture, spread
from agents.compile.sound import SAMPLE_RATE
from agents.errors import RenderFailed

if TYPE_CHECKING:
    import av.container
    import av.video

MAX_LENGTH_ERROR_S = 0.1
MAX_APART_S = 0.04
"""Sound this far from its picture is noticed (ITU-R BT.1359: 45 ms early, 125 ms late)."""
STEP_S = 0.001
"""Resolution at which the sound of the clip is laid over the sound that was made."""
SEARCH_S = 1.0
WINDOW_S = 20.0
"""So much sound is compared at the beginning and at the end each: what drifts differs there."""
CLEARER = 0.1
"""A shift must explain this much more of the sound than none does: a steady hum fits anywhere."""
BLACK_LUMA = 24
"""A pixel at most this bright (0-255, limited range) is black."""
POSTER_FROM = 0.15
"""The poster is chosen after this part of the clip: beginnings are seldom representative."""
POSTER_QUALITY = 85


def check_clip(
    path: Path,
    *,
    frames: int,
    fps: float,
    size: tuple[int, int],
    sound: np.ndarray | None,
    source_is_black: bool,
    poster: Path,
    moving: Path,
) -> None:
    """Raise RenderFailed unless the clip is as planned, and write its posters: still and moving.

    `sound` is the outline of what was made for it, None if it is one that was checked before. All
    packets are read; all sound, key frames from beginning to end and the whole last group of
    pictures are decoded. That finds a clip cut short or put together wrongly, and costs a
    twentieth of decoding what x264 has just made.
    """
    import av
    from av.error import FFmpegError

    try:
        with av.open(path) as container:
            file, times = _look_at_file(container, size)
            begin, heard = file.heard()
            seconds = frames / fps
            _check_length(len(times) / fps, len(heard) / SAMPLE_RATE, seconds)
            _check_pace(times, fps)
            if sound is not None:
                _check_in_step(begin, outline(heard), sound)
            still, moments = _look_through(file, seconds, source_is_black)
            _decode_end(file, frames, fps)
    except FFmpegError as error:
        raise RenderFailed(f"the clip does not decode to its end: {error}") from error
    still.to_image().save(poster, quality=POSTER_QUALITY)
    save_moving(moments if len(moments) >= FEWEST else moments_of(path), moving)


def check_joined(path: Path, *, frames: int, fps: float, size: tuple[int, int]) -> None:
    """Raise RenderFailed unless a clip is as planned whose pictures and sound passed before.

    Only what joins them is new, so nothing is decoded.
    """
    import av
    from av.error import FFmpegError

    try:
        with av.open(path) as container:
            file, times = _look_at_file(container, size)
            sound = file.sound_s()
    except FFmpegError as error:
        raise RenderFailed(f"the clip cannot be read to its end: {error}") from error
    _check_length(len(times) / fps, sound, frames / fps)
    _check_pace(times, fps)


def is_black(luma: np.ndarray) -> bool:
    """Return whether a picture, uint8 (h, w), shows nothing: 99 % of it is black."""
    return bool((luma <= BLACK_LUMA).mean() >= 0.99)


def _check_streams(container: av.container.InputContainer, size: tuple[int, int]) -> None:
    if not container.streams.video or not container.streams.audio:
        found = [stream.type for stream in container.streams]
        raise RenderFailed(f"the clip has the streams {found}; it needs picture and sound")
    context = container.streams.video[0].codec_context
    if (context.width, context.height) != size or size[0] % 2 or size[1] % 2:
        message = f"the clip is {context.width}x{context.height}, not {size[0]}x{size[1]}"
        raise RenderFailed(message)
    if context.pix_fmt != "yuv420p":
        raise RenderFailed(f"the clip's pixels are {context.pix_fmt}, not yuv420p")


def _look_at_file(
    container: av.container.InputContainer, size: tuple[int, int]
) -> tuple[ClipFile, np.ndarray]:
    """Check streams, read all packets, and return when each picture is shown, in seconds."""
    _check_streams(container, size)
    file = ClipFile(container)
    times = file.times()
    if len(times) and abs(times[0]) > MAX_APART_S:
        raise RenderFailed(f"the clip's picture begins at {times[0]:.2f} s, not at 0")
    return file, times


def _check_pace(times: np.ndarray, fps: float) -> None:
    """Refuse a picture that stands still or hurries: every one lasts as long as the next."""
    steps = np.diff(times) * fps
    if len(steps) and not 0.5 < steps.min() <= steps.max() < 1.5:
        worst = float(times[int(np.abs(steps - 1).argmax())])
        raise RenderFailed(f"the clip's pictures do not follow evenly at {worst:.2f} s")


def _check_in_step(begin: float, found: np.ndarray, made: np.ndarray) -> None:
    """Refuse sound that is not where it was made, beside a picture that begins at 0: outlines."""
    window = round(WINDOW_S / STEP_S)
    for part in (slice(0, window), slice(max(0, min(len(made), len(found)) - window), None)):
        late = begin + _lag(made[part], found[part]) * STEP_S
        if abs(late) > MAX_APART_S:
            way = "after" if late > 0 else "before"
            raise RenderFailed(f"the clip's sound comes {abs(late):.2f} s {way} its picture")


def outline(samples: np.ndarray) -> np.ndarray:
    """Return how loud each step is, float32 (n,): the cube root, so that soft sounds count too.

    The samples are float32 (n,) at 48 kHz.
    """
    step = round(SAMPLE_RATE * STEP_S)
    whole = samples[: len(samples) // step * step].reshape(-1, step)
    return np.cbrt(np.abs(whole).mean(axis=1))


def _lag(made: np.ndarray, found: np.ndarray) -> int:
    """Return by how many steps `found` comes after `made`, 0 where nothing tells."""
    most = round(SEARCH_S / STEP_S)
    size = len(made) + len(found) + most
    if min(len(made), len(found)) <= 1:
        return 0
    spectra = [np.fft.rfft(each - each.mean(), size) for each in (made, found)]
    likeness = np.fft.irfft(spectra[0].conj() * spectra[1], size)
    whole = float(np.sqrt(((made - made.mean()) ** 2).sum() * ((found - found.mean()) ** 2).sum()))
    near = np.concatenate([likeness[-most:], likeness[: most + 1]])
    best = int(near.argmax())
    return best - most if near[best] - near[most] > CLEARER * whole else 0


def _check_length(picture: float, sound: float, wanted: float) -> None:
    for what, found in (("picture", picture), ("sound", sound)):
        if abs(found - wanted) > MAX_LENGTH_ERROR_S:
            message = f"the clip's {what} lasts {found:.2f} s; the plan asks for {wanted:.2f}"
            raise RenderFailed(message)


def _look_through(
    file: ClipFile, duration: float, source_is_black: bool
) -> tuple[av.video.VideoFrame, list[np.ndarray]]:
    """Return the key frame with the most to see, and up to `MOMENTS` of them small.

    The first ones are taken only if there is no other.
    """
    best, most, moments = None, (False, -1.0), []
    for frame in file.key_frames(set(spread(file.keys()))):
        luma = _luma(frame)
        if best is None and not source_is_black and is_black(luma):
            raise RenderFailed("the clip begins with a black picture; the recording does not")
        moments.append(small_picture(frame))
        worth = frame.time >= POSTER_FROM * duration, float(luma[::4, ::4].std())
        if best is None or worth > most:
            best, most = frame, worth
    if best is None:
        raise RenderFailed("the clip has no picture that can be decoded")
    return best, moments


def _decode_end(file: ClipFile, frames: int, fps: float) -> None:
    decoded = file.frames_from(file.keys()[-1])
    last = max((frame.time for frame in decoded), default=-1.0)
    end, wanted = last + 1 / fps, frames / fps
    # At 10 frames a second and less, one frame is as long as the whole tolerance.
    if wanted - end > max(MAX_LENGTH_ERROR_S, 1.5 / fps):
        raise RenderFailed(f"the clip's picture decodes to {end:.2f} of {wanted:.2f} s")


def _luma(frame: av.video.VideoFrame) -> np.ndarray:
    return frame.to_ndarray()[: frame.height]  # yuv420p: the luma rows come first
