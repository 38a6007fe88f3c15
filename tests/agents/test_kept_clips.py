"""What people have decided binds the choice: kept clips stay, rejected stretches stay away."""

from dataclasses import replace

import numpy as np
import pytest

from agents.errors import TuningError
from agents.extract import AGENT
from agents.extract.drop_out import plan_and_explain
from agents.extract.params import ExtractParams
from agents.extract.planner import plan_clips
from agents.registry import Resources
from agents.types import Decisions, Interval, KeptClip
from tests.agents.test_extract import bumps, make_content
from tests.talks import pauses_of, show, speak, write_talk

LIMITS = {"max_clips": 3, "max_clip_s": 60.0, "max_total_s": 150.0}


def make_plan(transcript, values, decisions=None, **params):
    return plan_clips(
        transcript,
        pauses_of(transcript),
        show(transcript),
        make_content(transcript, values),
        params=ExtractParams(**{**LIMITS, **params}),
        decisions=decisions,
    )


def overlap(plans, span):
    return sum(part.overlap(span) for plan in plans for part in plan.parts)


@pytest.fixture
def talk():
    return speak(write_talk()), bumps(120, 15, 50, 100)


def test_a_kept_clip_stays_as_it_is_when_the_weights_move(talk):
    transcript, values = talk
    first = make_plan(transcript, values)[1]
    decisions = Decisions((KeptClip(first.parts, "My own title"),))
    for centres in ((30,), (80, 110), (10, 70, 90)):
        plans = make_plan(transcript, bumps(120, *centres), decisions)
        (kept,) = [plan for plan in plans if plan.kept]
        assert kept.parts == first.parts
        assert kept.title == "My own title"
        assert kept.cues == first.cues
        assert kept.score == pytest.approx(sum(kept.contributions.values()))
        assert [plan.rank for plan in plans] == list(range(1, len(plans) + 1))
        others = [plan for plan in plans if not plan.kept]
        assert others
        assert overlap(others, Interval(first.start, first.end)) == 0


def test_kept_clips_count_towards_number_and_total(talk):
    transcript, values = talk
    kept = (KeptClip((Interval(100.0, 160.0),)), KeptClip((Interval(170.0, 200.0),)))
    plans = make_plan(transcript, values, Decisions(kept))
    assert len(plans) == 3
    assert sum(plan.duration for plan in plans) <= 150.0
    full = make_plan(transcript, values, Decisions((KeptClip((Interval(10.0, 160.0),)),)))
    assert [plan.kept for plan in full] == [True]
    both = make_plan(transcript, values, Decisions(kept), max_clips=2, min_clips=2)
    assert [plan.kept for plan in both] == [True, True]


def test_nothing_of_a_rejected_stretch_is_proposed_again(talk):
    transcript, values = talk
    first = make_plan(transcript, values)
    gone = Interval(first[0].start, first[0].end)
    plans = make_plan(transcript, values, Decisions(rejected=(gone,)))
    assert len(plans) == 3
    assert overlap(plans, gone) == 0
    everything = Interval(0.0, transcript.segments[-1].end + 1)
    assert make_plan(transcript, values, Decisions(rejected=(everything,))) == ()


def test_what_a_kept_clip_says_is_not_said_again_by_another():
    texts = write_talk()
    texts[70:82] = texts[10:22]
    transcript = speak(texts)
    values = bumps(120, 16, 76, 110)
    span = Interval(transcript.segments[10].start - 0.2, transcript.segments[21].end + 0.2)
    again = Interval(transcript.segments[71].start, transcript.segments[80].end)
    kept = Decisions((KeptClip((span,)),))
    assert overlap(make_plan(transcript, values, kept, duplicate_similarity=1.0), again) > 20
    # a clip may still touch the edge of the passage: most of it must be new
    assert overlap(make_plan(transcript, values, kept, duplicate_similarity=0.6), again) < 12


def test_the_topic_of_a_kept_clip_is_covered(talk):
    transcript, _ = talk
    values = bumps(120, 8, 22, 75, width=3)
    values = values + np.where(np.arange(120) < 30, 0.05, 0.0)
    early = transcript.segments[20:26]
    kept = Decisions((KeptClip((Interval(early[0].start, early[-1].end),)),))
    limits = {"min_clips": 2, "max_clips": 2, "max_clip_s": 30.0, "topic_coverage": 20.0}
    topics = {plan.kept: plan.topic for plan in make_plan(transcript, values, kept, **limits)}
    assert topics == {True: 0, False: 2}


def test_a_kept_clip_may_begin_anywhere_and_hold_no_word(talk):
    transcript, values = talk
    middle = transcript.segments[40].words[3]
    pause = transcript.segments[60]
    kept = (
        KeptClip((Interval(middle.start + 0.1, middle.start + 25.0),)),
        KeptClip((Interval(pause.end + 0.05, pause.end + 0.3),), "A pause"),
    )
    plans = make_plan(transcript, values, Decisions(kept))
    by_hand = {plan.start: plan for plan in plans if plan.kept}
    assert set(by_hand) == {clip.parts[0].start for clip in kept}
    silent = by_hand[kept[1].parts[0].start]
    assert (silent.title, silent.score, silent.quote, silent.cues) == ("A pause", 0.0, "", ())


def test_what_lies_behind_the_end_cannot_be_kept(talk):
    transcript, values = talk
    with pytest.raises(TuningError, match=r"cannot be kept until 99999 s: the lecture has \d+"):
        make_plan(transcript, values, Decisions((KeptClip((Interval(9.0, 99999.0),)),)))


def test_decisions_are_part_of_the_stage_key_and_none_are_not():
    params = ExtractParams()
    none = AGENT.uses(Resources(), params)
    assert none == {}
    kept = KeptClip((Interval(1.0, 2.0),), "A")
    decided = (
        Decisions((kept,)),
        Decisions((replace(kept, title="B"),)),
        Decisions((replace(kept, parts=(Interval(1.0, 3.0),)),)),
        Decisions(rejected=(Interval(1.0, 2.0),)),
    )
    used = [str(AGENT.uses(Resources(decisions=one), params)) for one in decided]
    assert len({*used, str(none)}) == 5


def test_a_closed_timeline_is_planned_as_it_stands_with_nothing_beside_it(talk):
    transcript, values = talk
    first = make_plan(transcript, values)
    kept = tuple(KeptClip(plan.parts, plan.title, proposed=True) for plan in first[:2])
    plans = make_plan(transcript, values, Decisions(kept, closed=True), min_clips=3)
    assert [plan.parts for plan in plans] == [plan.parts for plan in first[:2]]
    assert [plan.cues for plan in plans] == [plan.cues for plan in first[:2]]
    assert [plan.layout for plan in plans] == [plan.layout for plan in first[:2]]
    assert not any(plan.kept for plan in plans)
    assert len(make_plan(transcript, values, Decisions(kept, closed=True).unclosed())) == 3


def test_a_closed_timeline_still_says_what_makes_a_proposal_drop_out(talk):
    transcript, values = talk
    args = (transcript, pauses_of(transcript), show(transcript), make_content(transcript, values))
    params = ExtractParams(**LIMITS)
    first = plan_and_explain(*args, params=params)
    kept = [KeptClip(plan.parts, plan.title, proposed=True) for plan in first]
    moved = Interval(first[2].start, first[2].end - 3)
    kept[2] = KeptClip((moved,), "Moved")
    plans = plan_and_explain(*args, params=params, decisions=Decisions(tuple(kept), closed=True))
    told = {plan.parts: plan.drop_out for plan in plans}
    assert told.pop((moved,)) is None
    assert set(told) == {plan.parts for plan in first[:2]}


def test_kept_clips_of_a_lecture_without_words_are_compiled_all_the_same():
    transcript = replace(speak(write_talk()), segments=())
    layout = show(speak(write_talk()))
    content = replace(make_content(speak(write_talk()), bumps(120, 15)), sentences=(), segments=())
    decided = Decisions((KeptClip((Interval(5.0, 30.0),), "Mine"),))
    for make in (plan_clips, plan_and_explain):
        (plan,) = make(transcript, (), layout, content, params=ExtractParams(), decisions=decided)
        assert (plan.title, plan.parts, plan.cues) == ("Mine", (Interval(5.0, 30.0),), ())
        assert plan.layout
