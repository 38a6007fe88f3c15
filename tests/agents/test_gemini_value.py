"""A model that knows something makes the ranking better: its judgement reaches scores and clips."""

import random

import numpy as np
import pytest

from agents.content.gemini import judge_content
from agents.content.local import analyze_locally
from agents.content.params import ContentParams
from agents.extract.params import ExtractParams
from agents.extract.planner import plan_clips
from agents.extract.scoring import score_sentences
from jobs.evaluation.ranking import average_precision
from jobs.evaluation.texts import make_intake
from tests.gemini import cues_of, serving, write_answer
from tests.talks import pauses_of, show, speak, write_talk

PER_TOPIC, TOPICS = 75, 4
IMPORTANT = {topic * PER_TOPIC + at for topic in range(TOPICS) for at in range(30, 45)}
"""A stretch of every topic, which nothing in its words gives away."""


def number_of(text):
    return int(text.rpartition("step")[2].strip(" ."))


def knowing(reliable, seed=3):
    """Return a model that knows what matters, but guesses at one cue in so many."""
    rng = random.Random(seed)
    guess = {n: rng.random() for n in range(PER_TOPIC * TOPICS)}
    knows = {n: rng.random() < reliable for n in range(PER_TOPIC * TOPICS)}

    def reply(asked):
        numbers = {cue: number_of(text) for cue, text in cues_of(asked).items()}
        scores = {c: float(n in IMPORTANT) if knows[n] else guess[n] for c, n in numbers.items()}
        return write_answer({}, scores)

    return reply


@pytest.fixture(scope="module")
def talk():
    texts = write_talk(per_topic=PER_TOPIC, topics=TOPICS)
    transcript = speak([f"{t.rstrip('.')}, step {n}." for n, t in enumerate(texts)])
    silence, layout = pauses_of(transcript), show(transcript)
    intake = make_intake(transcript.segments[-1].end + 1)
    content = analyze_locally(intake, transcript, silence, layout, ContentParams())
    return transcript, silence, layout, content


def judge(content, reliable):
    with serving() as serve:
        stub = serve(knowing(reliable))
        return judge_content(content, stub.settings(), progress=lambda percent, text: None)


def weights(judgement):
    return ExtractParams().weights.model_copy(update={"judgement": judgement})


def ranked(content, weight):
    wanted = np.array([s.index in IMPORTANT for s in content.sentences])
    return average_precision(score_sentences(content, weights(weight)), wanted)


def kept(plans, content):
    """Return which share of what the clips hold matters."""
    parts = [part for plan in plans for part in plan.parts]
    inside = [
        s for s in content.sentences if any(p.start < s.end and s.start < p.end for p in parts)
    ]
    return sum(s.index in IMPORTANT for s in inside) / len(inside)


def test_the_ranking_gains_with_the_weight_of_a_judgement_that_knows_half(talk):
    judged = judge(talk[-1], 0.5)
    found = [ranked(judged, weight) for weight in (0.0, 0.1, 0.3, 1.0)]
    assert found[0] == ranked(talk[-1], 0.3)
    assert found == sorted(found)
    assert found[-2] > found[0] + 0.2


def test_who_knows_more_helps_more_and_who_guesses_hardly_hurts(talk):
    found = [ranked(judge(talk[-1], reliable), 0.3) for reliable in (0.0, 0.5, 1.0)]
    assert found == sorted(found)
    assert found[0] > ranked(talk[-1], 0.3) - 0.1
    assert found[-1] > 0.9


def test_the_clips_hold_more_of_what_matters(talk):
    judged = judge(talk[-1], 0.5)
    before, after = (
        plan_clips(*talk[:3], content, params=ExtractParams()) for content in (talk[-1], judged)
    )
    assert kept(after, judged) > kept(before, judged) + 0.1
