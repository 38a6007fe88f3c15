"""A stage table that gives small true values at once: the app is tested without decoding."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from agents.params import Params
from agents.registry import Agent, all_agents
from agents.types import (
    Change,
    Clip,
    ClipPlan,
    Content,
    ContentSegment,
    Cue,
    DropOut,
    Intake,
    Interval,
    KeyFrames,
    Layout,
    LayoutRegion,
    Levels,
    Media,
    Notice,
    PacketTable,
    Prosody,
    Rival,
    Sentence,
    SilenceRegion,
    Slide,
    SpeechProbability,
    Transcript,
    TranscriptSegment,
    Word,
)

DURATION = 120.0
SENTENCE_S = 10.0
CLIP_BYTES = bytes(range(256)) * 40
ENGINE = "captions (talk.vtt)"


DROP_OUT = DropOut(
    margin=12.3456784,
    weight=Change("weights.information", 0.14, 0.05),
    limit=Change("max_clips", 8.0, 1.0),
    rival=Rival(90.0, 110.5, "Rival <b>&", 0.4321, 15.25),
)


class NoParams(Params):
    """Nothing to tune."""


def measure(upload, *, params, context):
    """Return intake's value for any upload; its waveform is loud in the first half only."""
    levels = np.full(int(DURATION * 100), -6.0, np.float32)
    levels[len(levels) // 2 :] = -60.0
    poster = context.workdir / "poster.jpg"
    poster.write_bytes(b"\xff\xd8poster\xff\xd9")
    none = np.zeros(0, np.float32)
    return Intake(
        media=Media(Path(upload), "mov", DURATION, 320, 180, 25.0, True, 0, 0, "0" * 64, 1),
        levels=Levels(0.01, levels, levels),
        speech=SpeechProbability(0.032, none),
        prosody=Prosody(none, none, none),
        packets=PacketTable(none, none, none),
        key_frames=KeyFrames(np.zeros(0), np.zeros((0, 180, 320), np.uint8)),
        audio=context.workdir / "audio.wav",
        poster=poster,
        proxy=None,
        notices=(Notice("extension_mismatch", "'talk.mp4' is really Matroska"),),
    )


def detect_silence(intake, *, params, context):
    """Return one pause."""
    return (SilenceRegion(58.0, 60.0, -60.0),)


def transcribe(intake, *, params, context):
    """Return a sentence every ten seconds."""
    starts = np.arange(0, DURATION, SENTENCE_S)
    segments = tuple(
        TranscriptSegment(
            float(t),
            float(t) + 9,
            f"Sentence {i} <b>&",
            tuple(
                Word(float(t) + 2 * n, float(t) + 2 * n + 2, text)
                for n, text in enumerate(("Sentence", str(i), "<b>&"))
            ),
        )
        for i, t in enumerate(starts)
    )
    return Transcript("en", ENGINE, segments, (Notice("captions", "captions were used"),))


def detect_layout(intake, *, params, context):
    """Return one region and two slides, the first with a still."""
    still = context.workdir / "slide-0.jpg"
    still.write_bytes(b"\xff\xd8slide\xff\xd9")
    return Layout(
        (LayoutRegion(0, DURATION, "screen_only", None, None, 0.9),),
        (Slide(0, 60.0, still, "First"), Slide(60.0, DURATION, None, "Second")),
    )


def analyze(intake, transcript, silence, layout, *, params, context):
    """Return two topics whose sentences differ in one component."""
    sentences = tuple(
        Sentence(s.start, s.end, i, s.text, int(s.start >= 60), {"information": (i % 4) / 4})
        for i, s in enumerate(transcript.segments)
    )
    topics = tuple(
        ContentSegment(60.0 * n, 60.0 * (n + 1), n, f"Topic {n}", "About it.", ("word",))
        for n in range(2)
    )
    return Content(topics, sentences, "local")


def plan(transcript, silence, layout, content, *, params, context=None):
    """Return one clip per topic."""
    return tuple(
        ClipPlan(
            parts=(Interval(t, t + 20.0), Interval(t + 25.0, t + 30.0)),
            rank=rank,
            title=title,
            score=score,
            contributions={"information": score},
            reason="It says most.",
            quote="Sentence 3",
            topic=rank - 1,
            layout=layout.regions,
            cues=(Cue(0.0, 5.0, "Hello"),),
            drop_out=DROP_OUT if rank == 1 else None,
        )
        for rank, t, score, title in ((1, 20.0, 0.8, "Größe & Form"), (2, 70.0, 0.5, "Second"))
    )


def render(intake, plans, *, params, context):
    """Return clips whose bytes are known."""
    return tuple(_render(p, context) for p in plans)


def _render(plan, context):
    def make(folder):
        (folder / "clip.mp4").write_bytes(CLIP_BYTES)
        (folder / "clip.srt").write_text("1\n00:00:00,000 --> 00:00:05,000\nHello\n")
        (folder / "clip.vtt").write_text("WEBVTT\n\n00:00:00.000 --> 00:00:05.000\nHello\n")
        (folder / "poster.jpg").write_bytes(b"\xff\xd8clip\xff\xd9")

    key = f"clip-test-{plan.rank}"
    folder = context.once(key, make)
    return Clip(
        key=key,
        plan=plan,
        video=folder / "clip.mp4",
        poster=folder / "poster.jpg",
        srt=folder / "clip.srt",
        vtt=folder / "clip.vtt",
        width=320,
        height=180,
        duration=25.0,
        size_bytes=len(CLIP_BYTES),
    )


def stages():
    """Return the table of a whole pipeline."""
    parallel = ("intake",)
    table = [
        ("intake", (), measure, Intake),
        ("silence", parallel, detect_silence, tuple[SilenceRegion, ...]),
        ("transcript", parallel, transcribe, Transcript),
        ("layout", parallel, detect_layout, Layout),
        ("content", ("intake", "transcript", "silence", "layout"), analyze, Content),
        ("extract", ("transcript", "silence", "layout", "content"), plan, tuple[ClipPlan, ...]),
        ("compile", ("intake", "extract"), render, tuple[Clip, ...]),
    ]
    params = {agent.name: agent.params for agent in all_agents()}
    return {
        name: Agent(name, name.title(), 1, params.get(name, NoParams), needs, run, gives)
        for name, needs, run, gives in table
    }


def failing_stages():
    """Return the same table with an intake that refuses."""
    from agents.errors import MediaError

    def refuse(upload, *, params, context):
        raise MediaError("'talk.mp4' is damaged: no frame can be decoded", code="corrupt")

    table = stages()
    return {**table, "intake": replace(table["intake"], run=refuse)}
