"""A lecture of 90 minutes without any recording: real topics, scores and clips over a made talk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from agents.content import AGENT as CONTENT
from agents.extract import AGENT as EXTRACT
from agents.registry import Agent, Context
from agents.types import Intake, Layout, Levels, PacketTable, Prosody, SilenceRegion, Transcript
from tests.app import small_stages
from tests.talks import pauses_of, show, speak, write_talk

PER_TOPIC, TOPICS, SLIDES = 300, 4, 40
FPS = 25


def _talk() -> Transcript:
    return speak(write_talk(per_topic=PER_TOPIC, topics=TOPICS))


TALK = _talk()
DURATION = TALK.segments[-1].end + 1.0


def measure(upload: Any, *, params: Any, context: Context) -> Intake:  # noqa: ANN401
    """Return what intake would measure of so long a recording."""
    small = small_stages.measure(upload, params=params, context=context)
    chance, seconds = np.random.default_rng(1), int(DURATION)
    levels = chance.normal(-30, 8, seconds * 100).clip(-120, 0).astype(np.float32)
    frames = np.arange(seconds * FPS)
    voice = (chance.normal(mean, 3, seconds).astype(np.float32) for mean in (-25, 140, 6))
    return replace(
        small,
        media=replace(small.media, duration=DURATION),
        levels=Levels(0.01, levels, levels),
        prosody=Prosody(*voice),
        packets=PacketTable(
            frames / FPS, chance.integers(100, 9000, len(frames)), frames % 50 == 0
        ),
    )


def transcribe(*values: Any, params: Any, context: Context) -> Transcript:  # noqa: ANN401
    """Return the talk."""
    return TALK


def detect_silence(*values: Any, params: Any, context: Context) -> tuple[SilenceRegion, ...]:  # noqa: ANN401
    """Return its pauses."""
    return pauses_of(TALK)


def detect_layout(*values: Any, params: Any, context: Context) -> Layout:  # noqa: ANN401
    """Return its slides."""
    return show(TALK, [DURATION * at / SLIDES for at in range(1, SLIDES)])


def stages() -> dict[str, Agent]:
    """Return the table: content and extract are the product's own."""
    made_up = small_stages.stages()
    runs = {
        "intake": measure,
        "silence": detect_silence,
        "transcript": transcribe,
        "layout": detect_layout,
        "compile": lambda *values, params, context: (),
    }
    own = {name: replace(made_up[name], run=run) for name, run in runs.items()}
    return {**made_up, **own, "content": CONTENT, "extract": EXTRACT}
