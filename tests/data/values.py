"""Strategies for the values of every stage, and an intake made by hand."""

import string
import wave

import numpy as np
from hypothesis import strategies as st

from agents.content.components import COMPONENTS
from agents.types import (
    Box,
    Clip,
    ClipPlan,
    Content,
    ContentSegment,
    Cue,
    Intake,
    Interval,
    KeyFrames,
    LayoutRegion,
    Levels,
    Media,
    Notice,
    PacketTable,
    Prosody,
    Sentence,
    SilenceRegion,
    SpeechProbability,
    Transcript,
    TranscriptSegment,
    Word,
)

# PostgreSQL keeps no NUL, and half a surrogate pair is no text
text = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=30)
seconds = st.floats(0, 20_000, allow_subnormal=False)
unit = st.floats(0, 1)
number = st.floats(allow_nan=False, allow_infinity=False)
components = st.dictionaries(
    st.sampled_from([component.name for component in COMPONENTS] + ["a later one"]), unit
)
notices = st.lists(st.builds(Notice, text, text), max_size=2).map(tuple)
boxes = st.none() | st.builds(Box, *[st.integers(0, 8000)] * 4)


def spans(kind, *fields, **named):
    """Build `kind`, an Interval, with a start below its end."""
    ends = st.tuples(seconds, st.floats(0.001, 500)).map(lambda pair: (pair[0], sum(pair)))
    return st.builds(
        lambda span, args, kw: kind(*span, *args, **kw),
        ends,
        st.tuples(*fields),
        st.fixed_dictionaries(named),
    )


def many(strategy, least=0):
    return st.lists(strategy, min_size=least, max_size=4).map(tuple)


silence = many(
    spans(SilenceRegion, number, st.sampled_from(["audio_silence", "blank_screen", "both"]))
)
words = many(spans(Word, text, unit))
transcript = st.builds(
    Transcript,
    st.sampled_from(["en", "und"]),
    text,
    many(spans(TranscriptSegment, text, words, number, unit, text)),
    notices,
)
regions = many(
    spans(
        LayoutRegion,
        st.sampled_from(["screen_only", "camera_only", "picture_in_picture", "side_by_side"]),
        boxes,
        boxes,
        unit,
    )
)
content = st.builds(
    Content,
    many(spans(ContentSegment, st.integers(0, 99), text, text, many(text), components)),
    many(spans(Sentence, st.integers(0, 5000), text, st.integers(0, 99), components)),
    text,
    notices,
)
plans = st.builds(
    ClipPlan,
    parts=many(spans(Interval), least=1),
    rank=st.integers(1, 20),
    title=text,
    score=number,
    contributions=components,
    reason=text,
    quote=text,
    topic=st.integers(0, 99),
    layout=regions,
    cues=many(spans(Cue, text)),
)


def make_plan(rank=1, title="Why graphs", start=10.0):
    """Return a plan of two stretches with a gap between them."""
    parts = (Interval(start, start + 5), Interval(start + 8.25, start + 9))
    return ClipPlan(parts, rank, title, 0.5, {"novelty": 0.5}, "It is new.", "A quote", 2, (), ())


def make_clip(folder, plan, *, key="0a"):
    """Return a clip whose files are there, in a folder named by its key."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ("clip.mp4", "poster.jpg", "clip.srt", "clip.vtt")
    for name in names:
        (folder / name).write_text(name)
    return Clip(key, plan, *(folder / name for name in names), 640, 360, plan.duration, 12_345)


def make_intake(folder, *, minutes=1, proxy=False):
    """Return an intake with a real WAV: loud in its first half, silent in its second."""
    rate, chance = 16_000, np.random.default_rng(3)
    half = np.full(rate * 30 * minutes, 16_000, np.int16)
    half[::2] = -16_000
    with wave.open(str(folder / "audio.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(np.concatenate([half, np.zeros_like(half)]).tobytes())
    (folder / "poster.jpg").write_bytes(b"jpeg")
    n = 6000 * minutes

    def floats(count):
        return chance.random(count, dtype=np.float32)

    return Intake(
        media=Media(
            folder.parent / "upload", "mov", 60.0 * minutes, 640, 360, 29.97, True, 0, 1, "ab", 99
        ),
        levels=Levels(0.01, floats(n), floats(n)),
        speech=SpeechProbability(0.032, floats(0)),
        prosody=Prosody(floats(60), floats(60), floats(60)),
        packets=PacketTable(chance.random(90), np.arange(90), np.arange(90) % 30 == 0),
        key_frames=KeyFrames(chance.random(3), chance.integers(0, 255, (3, 180, 320), np.uint8)),
        audio=folder / "audio.wav",
        poster=folder / "poster.jpg",
        proxy=folder / "proxy.mp4" if proxy else None,
        notices=(Notice("quiet", "The recording is quiet."),),
    )


def alphabet_words(count):
    """Return `count` different short words."""
    letters = string.ascii_lowercase
    return [f"{letters[n % 26]}{letters[n // 26 % 26]}{n}" for n in range(count)]
