"""The highlight reel: the best short passage of every topic, chosen together within the limits."""

import time
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from pydantic import ValidationError

from agents.extract.choices import Candidates
from agents.extract.params import ExtractParams
from agents.extract.reel import STEPS, choose_passages, plan_reel
from agents.types import Content, Interval
from tests.agents.test_extract import make_content, talks
from tests.talks import pauses_of, show, speak, write_talk


def reel(transcript, values, *, silence=None, per_topic=30, params=None, rejected=(), **limits):
    given = {**(params or {}), "reel": limits}
    return plan_reel(
        transcript,
        pauses_of(transcript) if silence is None else silence,
        show(transcript),
        make_content(transcript, values, per_topic),
        params=ExtractParams.model_validate(given),
        rejected=rejected,
    )


def pause_before(segments, at):
    return segments[at].start - segments[at - 1].end if 0 < at < len(segments) else 1.0


def has_passage_between_pauses(segments, params, whole):
    """Return whether some stretch is surely long and short enough, edges kept in its pauses too.

    `whole` is the length of the lecture, of which the reel may have a share.
    """
    count = len(segments)
    edges = [i for i in range(count + 1) if pause_before(segments, i) >= params.min_edge_pause_s]
    lengths = [segments[b - 1].end - segments[a].start for a in edges for b in edges if a < b]
    most = min(24.0, params.max_share * whole - 1.0)
    return any(5.0 <= length <= most for length in lengths)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(talks())
def test_every_reel_keeps_to_every_rule(talk):
    transcript, values, _ = talk
    params = ExtractParams()
    made = reel(transcript, values, per_topic=9)
    assert made == reel(transcript, values, per_topic=9)
    segments = transcript.segments
    whole = segments[-1].end - segments[0].start + 2 * params.edge_pad_s
    limits = params.reel
    assert sum(p.duration for p in made) <= min(limits.total_s, params.max_share * whole) + 1e-6
    assert len({p.topic for p in made}) == len(made) <= limits.max_passages
    for one, other in pairwise(made):
        assert one.end <= other.start
        assert one.topic < other.topic
    for passage in made:
        assert limits.min_passage_s - 1e-6 <= passage.duration <= limits.max_passage_s + 1e-6
        inside = [
            i for i, s in enumerate(segments) if s.start < passage.end > passage.start < s.end
        ]
        assert {i // 9 for i in inside} == {passage.topic}
        first, last = segments[inside[0]], segments[inside[-1]]
        assert passage.start <= first.start
        assert last.end <= passage.end
        if has_passage_between_pauses(segments, params, whole):
            for at in (inside[0], inside[-1] + 1):
                assert pause_before(segments, at) >= params.min_edge_pause_s
        assert passage.score == pytest.approx(sum(passage.contributions.values()))
        assert passage.reason.startswith("Chosen because ")
        assert passage.quote in {segments[i].text for i in inside}
        assert passage.cues


def test_every_topic_gives_its_best_passage():
    transcript = speak(write_talk())
    peaks = (12, 40, 75, 101)
    values = 0.2 + 0.7 * np.isin(np.arange(120), [p + d for p in peaks for d in (0, 1)])
    made = reel(transcript, values)
    assert [p.topic for p in made] == [0, 1, 2, 3]
    for passage, peak in zip(made, peaks, strict=True):
        assert passage.start <= transcript.segments[peak].start
        assert transcript.segments[peak + 1].end <= passage.end
        assert passage.title == f"Subject {passage.topic}"


def test_more_topics_than_room_leaves_out_the_worst():
    transcript = speak(write_talk())
    values = np.full(120, 0.1)
    good = [topic for topic in range(20) if topic % 3]
    for topic in good:
        values[topic * 6 + 2 : topic * 6 + 4] = 0.9
    limits = {"max_passages": len(good), "params": {"duplicate_similarity": 1.0}}
    made = reel(transcript, values, per_topic=6, **limits)
    assert [p.topic for p in made] == good
    fewer = reel(transcript, values, per_topic=6, total_s=60.0, **limits)
    assert len(fewer) < len(made)
    assert {p.topic for p in fewer} < set(good)
    assert sum(p.duration for p in fewer) <= 60.0


def passages(rng, topics=4, each=5):
    count = topics * each
    at = np.arange(count)
    return Candidates(
        at,
        at,
        np.repeat(np.arange(topics), each),
        rng.normal(0, 5, count),
        rng.uniform(5, 25, count),
    )


@pytest.mark.parametrize("seed", range(30))
def test_the_choice_is_the_best_of_all_choices(seed):
    rng = np.random.default_rng(seed)
    found, total, most = passages(rng), float(rng.uniform(20, 70)), int(rng.integers(1, 5))
    steps = np.ceil(found.length / total * STEPS - 1e-9)
    chosen = choose_passages(found, total, most)
    choices = [
        [i for i in choice if i is not None]
        for choice in product(*([None, *range(5 * t, 5 * t + 5)] for t in range(4)))
    ]
    fit = [c for c in choices if len(c) <= most and steps[c].sum() <= STEPS]
    best = max(fit, key=lambda c: (len(c), found.value[c].sum()))
    assert len(chosen) == len(best)
    assert found.value[chosen].sum() == pytest.approx(found.value[best].sum())
    assert found.length[chosen].sum() <= total


def test_what_two_topics_say_in_the_same_words_is_shown_once():
    texts = write_talk()
    texts[70:74] = texts[10:14]
    values = 0.1 + 0.8 * np.isin(np.arange(120), [*range(10, 14), *range(70, 74)])
    transcript = speak(texts)
    twice = reel(transcript, values, params={"duplicate_similarity": 1.0})
    once = reel(transcript, values, params={"duplicate_similarity": 0.6})

    def says(made, sentence):
        return any(p.start <= transcript.segments[sentence].start < p.end for p in made)

    assert says(twice, 11)
    assert says(twice, 71)
    assert says(once, 11) != says(once, 71)
    assert len(once) == 4


def test_what_a_person_has_rejected_is_not_in_the_reel():
    transcript, values = speak(write_talk()), np.linspace(0, 1, 120)
    before = reel(transcript, values)
    gone = Interval(before[1].start, before[1].end)
    after = reel(transcript, values, rejected=(gone,))
    assert [p.topic for p in after] == [p.topic for p in before]
    assert after[0] == before[0]
    assert not any(gone.overlap(part) for p in after for part in p.parts)
    whole = Interval(0.0, transcript.segments[-1].end + 1)
    assert reel(transcript, values, rejected=(whole,)) == ()


def test_a_lecture_of_few_words_or_none_has_no_reel():
    assert reel(speak(["Hello there."]), [1.0]) == ()
    empty = speak([])
    assert plan_reel(empty, (), show(empty), Content((), (), "local"), params=ExtractParams()) == ()


def test_captions_without_pauses_still_give_a_reel_cut_between_sentences():
    transcript = speak(write_talk(), pauses=[0.0] * 120, word_s=0.5)
    made = reel(transcript, np.linspace(0, 1, 120), silence=())
    assert [p.topic for p in made] == [0, 1, 2, 3]
    starts = {s.start for s in transcript.segments}
    for passage in made:
        assert min(abs(passage.start - start) for start in starts) <= 0.2


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"min_passage_s": 30}, r"min_passage_s=30.0 must not exceed max_passage_s=25.0"),
        ({"total_s": 30, "max_passage_s": 60}, r"max_passage_s=60.0 must not exceed total_s=30.0"),
    ],
)
def test_limits_that_contradict_each_other_are_refused(limits, said):
    with pytest.raises(ValidationError, match=said):
        ExtractParams.model_validate({"reel": limits})


def test_the_reel_of_a_long_lecture_is_there_in_an_instant():
    transcript = speak(write_talk(per_topic=250))
    content = make_content(transcript, np.random.default_rng(0).random(1000), per_topic=40)
    silence, layout = pauses_of(transcript), show(transcript)
    plan_reel(transcript, silence, layout, content, params=ExtractParams())
    began = time.process_time()
    made = plan_reel(transcript, silence, layout, content, params=ExtractParams())
    assert time.process_time() - began < 0.2
    assert len(made) == 12
