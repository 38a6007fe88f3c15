"""Asides: what a clip leaves out in its middle, and what it never does."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from agents.extract.params import ExtractParams
from agents.extract.planner import plan_clips
from agents.extract.reasons import with_cues
from agents.types import SilenceRegion
from tests.agents.test_extract import make_content
from tests.talks import pauses_of, show, speak, write_talk

STRONG = range(10, 26)
ASIDE = range(17, 18)
ASIDES = (
    "The window over there is open and the rain is coming in so please could someone near the"
    " door be so kind as to get up and close it.",
)
LIMITS = {"min_clips": 1, "max_clips": 1, "max_clip_s": 90.0, "max_total_s": 90.0}


def lecture(*, after=None, before=None, asides=ASIDES, weak=-0.2):
    """Return a talk with one strong passage and an aside in its middle."""
    texts = write_talk(per_topic=40, topics=1)
    texts[ASIDE.start : ASIDE.stop] = asides
    texts[ASIDE.stop] = after or texts[ASIDE.stop]
    texts[ASIDE.start - 1] = before or texts[ASIDE.start - 1]
    values = np.full(len(texts), 0.2)
    values[STRONG] = 1.0
    values[ASIDE] = 0.2 + weak
    return speak(texts), values


def plan(transcript, values, silence=None, **params):
    (only,) = plan_clips(
        transcript,
        pauses_of(transcript) if silence is None else silence,
        show(transcript),
        make_content(transcript, values, 40),
        params=ExtractParams(**{**LIMITS, **params}),
    )
    (cued,) = with_cues([only], transcript.segments)
    return cued


def text_of(clip):
    return " ".join(cue.text.replace("\n", " ") for cue in clip.cues)


def test_an_aside_is_left_out_and_both_sides_stay():
    transcript, values = lecture()
    clip = plan(transcript, values)
    before, after = clip.parts
    last, following = transcript.segments[ASIDE.start - 1], transcript.segments[ASIDE.stop]
    # each join lies in the pause beside whole sentences
    assert last.end < before.end < transcript.segments[ASIDE.start].start
    assert transcript.segments[ASIDE.stop - 1].end < after.start < following.start
    assert clip.start < transcript.segments[STRONG.start + 1].start
    assert clip.end > transcript.segments[STRONG.stop - 2].end
    for aside in ASIDES:
        assert aside not in text_of(clip)
    for kept in (last, following):
        assert kept.text in text_of(clip)
    assert clip.quote not in ASIDES


def test_subtitles_after_a_join_are_in_step_with_the_speech():
    transcript, values = lecture()
    clip = plan(transcript, values)
    following = transcript.segments[ASIDE.stop]
    cue = next(c for c in clip.cues if c.text.replace("\n", " ") in following.text)
    spoken = clip.parts[0].duration + following.start - clip.parts[1].start
    assert cue.start == pytest.approx(spoken, abs=0.001)
    assert clip.cues[-1].end <= clip.duration + 1e-6


def test_what_is_left_out_neither_scores_nor_counts():
    transcript, values = lecture()
    clip = plan(transcript, values)
    whole = plan(transcript, values, max_skip_s=0.0)
    assert clip.score > whole.score
    assert clip.duration < clip.end - clip.start - 4.0
    assert len(whole.parts) == 1
    assert clip.score == pytest.approx(sum(clip.contributions.values()))


@pytest.mark.parametrize(
    ("changes", "params"),
    [
        ({"after": "It is this that changes the current."}, {}),
        ({"before": "So what happens to the current now?"}, {}),
        ({"weak": 0.6}, {}),
        ({}, {"max_skip_s": 3.0}),
        ({}, {"min_part_s": 60.0}),
        ({}, {"skip_below": 3.0}),
    ],
    ids=["leans on it", "it may be the answer", "not low", "too long", "short parts", "not so low"],
)
def test_what_belongs_to_the_idea_stays(changes, params):
    transcript, values = lecture(**changes)
    assert len(plan(transcript, values, **params).parts) == 1


def test_nothing_is_joined_where_there_is_no_pause():
    transcript, values = lecture()
    segments = list(transcript.segments)
    shift = segments[ASIDE.start].start - segments[ASIDE.start - 1].end
    early = segments[ASIDE.start]
    words = tuple(replace(w, start=w.start - shift, end=w.end - shift) for w in early.words)
    segments[ASIDE.start] = replace(early, start=words[0].start, end=words[-1].end, words=words)
    transcript = replace(transcript, segments=tuple(segments))
    silence = tuple(
        SilenceRegion(a.end, b.start, -60.0) for a, b in pairwise(segments) if b.start - a.end > 0.1
    )
    assert len(plan(transcript, values, silence=silence).parts) == 1
