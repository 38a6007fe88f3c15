"""What would have to change for a clip to drop out: true, as a new plan shows."""

import re
from dataclasses import asdict, replace

import numpy as np
import pytest

from agents.content.components import COMPONENTS
from agents.extract.candidates import read_lecture
from agents.extract.drop_out import (
    STEP,
    TOTAL_STEP_S,
    explain_drop_out,
    plan_and_explain,
)
from agents.extract.params import ExtractParams
from agents.extract.planner import plan_clips
from agents.extract.reasons import with_cues
from agents.extract.trial import SAME_SHARE, Trial
from agents.types import Change, Decisions, KeptClip
from app.views.why import drop_out_lines
from tests.agents.test_extract import bumps, make_content
from tests.talks import pauses_of, show, speak, write_talk

PARAMS = ExtractParams.model_validate(
    {"max_clips": 4, "min_clips": 2, "max_clip_s": 60.0, "max_total_s": 180.0}
)
OTHERS = [component.name for component in COMPONENTS[1:8]]


BY_WEIGHT = re.compile(r"the weight of ([a-z ]+) (?:falls|rises) from [\d.]+ to ([\d.]+)\.")
BY_NUMBER = re.compile(r"no more than (\d+) instead of \d+ clips")
BY_TOTAL = re.compile(r"all clips together may last (\d+) s instead of \d+ s")


@pytest.fixture(scope="module")
def lecture():
    return make_lecture(3)


def make_lecture(seed):
    """A talk in which several components speak for several passages."""
    transcript = speak(write_talk())
    rng = np.random.default_rng(seed)
    content = make_content(transcript, bumps(120, 15, 50, 100, 75))
    sentences = tuple(
        replace(
            sentence,
            components=sentence.components | {n: float(rng.random()) ** 2 for n in OTHERS},
        )
        for sentence in content.sentences
    )
    content = replace(content, sentences=sentences)
    return transcript, pauses_of(transcript), show(transcript), content


@pytest.fixture(scope="module")
def plans(lecture):
    return plan_and_explain(*lecture, params=PARAMS)


def with_change(change, value):
    name = change.tunable.removeprefix("weights.")
    if name != change.tunable:
        return PARAMS.model_copy(
            update={"weights": PARAMS.weights.model_copy(update={name: value})}
        )
    given = {change.tunable: type(getattr(PARAMS, change.tunable))(value)}
    fewest = min(PARAMS.min_clips, given.get("max_clips", PARAMS.min_clips))
    return PARAMS.model_copy(update={"min_clips": fewest, **given})


def named_change(line):
    """Return the tunable and the value that a sentence for people names, None if it names none."""
    if found := BY_WEIGHT.search(line):
        return f"weights.{found[1].replace(' ', '_')}", float(found[2])
    if found := BY_NUMBER.search(line):
        return "max_clips", int(found[1])
    found = BY_TOTAL.search(line)
    return ("max_total_s", float(found[1])) if found else None


def with_value(tunable, value):
    return with_change(Change(tunable, 0.0, value), value)


def is_there(clip, plans, content):
    """Return whether one of the plans has more than half of a clip's sentences."""

    def inside(one):
        return {s.index for s in content.sentences if one.start <= s.start and s.end <= one.end}

    mine = inside(clip)
    return any(len(mine & inside(other)) > SAME_SHARE * len(mine) for other in plans)


def test_the_change_drops_the_clip_and_one_step_less_does_not(lecture, plans):
    content, told = lecture[3], 0
    for clip in plans:
        for change in (clip.drop_out.weight, clip.drop_out.limit):
            if change is None:
                continue
            told += 1
            step = {"max_clips": 1.0, "max_total_s": TOTAL_STEP_S}.get(change.tunable, STEP)
            less = round(change.after - np.sign(change.after - change.before) * step, 6)
            after = plan_clips(*lecture, params=with_change(change, change.after))
            assert not is_there(clip, after, content), change
            before = plan_clips(*lecture, params=with_change(change, less))
            assert is_there(clip, before, content), change
    assert told > len(plans)


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_what_people_read_is_true(seed):
    lecture = make_lecture(seed)
    told = 0
    for clip in plan_and_explain(*lecture, params=PARAMS):
        lines = drop_out_lines({"kept": False, "drop_out": asdict(clip.drop_out)})
        for change in filter(None, map(named_change, lines)):
            after = plan_clips(*lecture, params=with_value(*change))
            assert not is_there(clip, after, lecture[3]), lines
            told += 1
        if "No single weight makes it drop out." in lines:
            for name in [component.name for component in COMPONENTS[:9]]:
                for value in (0.0, 0.5, 1.0):
                    moved = plan_clips(*lecture, params=with_value(f"weights.{name}", value))
                    assert is_there(clip, moved, lecture[3]), (name, value)
    assert told >= 4


def test_no_smaller_change_that_was_tried_drops_the_clip(lecture):
    read = read_lecture(*lecture, PARAMS)
    for span in Trial(read, PARAMS, Decisions()).choice.spans:
        trial = Trial(read, PARAMS, Decisions())
        change = explain_drop_out(trial, span).weight
        if change is None:
            continue
        told = abs(change.after - change.before)
        for tunable, value in list(trial.tried):
            name = tunable.removeprefix("weights.")
            if name != tunable and abs(value - getattr(PARAMS.weights, name)) < told - STEP / 2:
                assert trial.keeps(span, tunable, value), (change, tunable, value)


def test_the_margin_and_the_rival_are_what_a_new_plan_is_worth(lecture, plans):
    for clip in plans:
        drop_out = clip.drop_out
        assert drop_out.margin >= 0
        rival = drop_out.rival
        if rival is None:
            continue
        # the best plan without the clip is at least as good as the one that takes the rival
        assert rival.behind >= drop_out.margin - 1e-6
        assert all(rival.end <= p.start or p.end <= rival.start for p in plans)
        assert rival.title
    assert any(clip.drop_out.rival for clip in plans)


def test_explaining_changes_nothing_else_and_is_the_same_again(lecture, plans):
    assert plan_and_explain(*lecture, params=PARAMS) == plans
    plain = with_cues(plan_clips(*lecture, params=PARAMS), lecture[0].segments)
    assert tuple(replace(plan, drop_out=None) for plan in plans) == plain


def test_a_kept_clip_does_not_drop_out(lecture, plans):
    decisions = Decisions((KeptClip(plans[0].parts, "Mine"),))
    found = plan_and_explain(*lecture, params=PARAMS, decisions=decisions)
    assert [plan.drop_out is None for plan in found] == [plan.kept for plan in found]
    assert sum(plan.kept for plan in found) == 1


def test_the_only_clip_of_a_short_lecture_has_no_rival():
    transcript = speak(write_talk(per_topic=3, topics=1))
    values = (transcript, pauses_of(transcript), show(transcript))
    (only,) = plan_and_explain(
        *values, make_content(transcript, [0.1, 0.5, 0.2]), params=ExtractParams()
    )
    assert only.drop_out is not None
    assert only.drop_out.rival is None
    assert only.drop_out.weight is None
