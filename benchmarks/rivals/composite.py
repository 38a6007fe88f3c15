"""A clip by MoviePy as its manual shows it: `python -m benchmarks.rivals.composite SOURCE ...`."""

from __future__ import annotations

import json
import sys

from moviepy import ColorClip, CompositeVideoClip, TextClip, VideoFileClip


def main(source: str, start: str, length: str, cues: str, font: str, target: str) -> None:
    """Compose screen, camera and captions of some seconds, and encode them."""
    begin, seconds = float(start), float(length)
    with VideoFileClip(source) as lecture:
        clip = lecture.subclipped(begin, begin + seconds)
        screen = clip.cropped(x1=20, y1=122, width=844, height=476).resized((960, 540))
        camera = clip.cropped(x1=884, y1=216, width=378, height=288).resized((304, 232))
        texts = [
            TextClip(text=text, font=font, font_size=32, color="white", bg_color="black")
            .with_start(at)
            .with_duration(until - at)
            .with_position(("center", 600))
            for at, until, text in json.loads(cues)
            if until <= seconds
        ]
        layers = [
            ColorClip((1280, 720), color=(18, 18, 18), duration=seconds),
            screen.with_position((0, 40)),
            camera.with_position((976, 40)),
            *texts,
        ]
        made = CompositeVideoClip(layers, size=(1280, 720)).with_audio(clip.audio)
        made.write_videofile(
            target, codec="libx264", preset="veryfast", ffmpeg_params=["-crf", "23"],
            audio_codec="aac", threads=2, logger=None,
        )  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
