"""Clip plans: within all limits, cut only in pauses, chosen jointly, and able to say why."""

import math
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from agents.content.components import COMPONENTS
from agents.extract import AGENT
from agents.extract.params import ExtractParams
from agents.extract.planner import plan_clips
from agents.extract.reasons import with_cues
from agents.extract.scoring import score_sentences
from agents.extract.timing import SETTLED_S, keep_to_slides, measure_timing, measured_pauses
from agents.types import ClipPlan, Content, ContentSegment, Interval, Layout, Sentence, Slide
from tests.talks import pauses_of, show, speak, write_talk

NAMES = [component.name for component in COMPONENTS]


def make_content(transcript, values, per_topic=30):
    """Return a content in which `values` per sentence are the topic centrality, nothing else."""
    sentences = tuple(
        Sentence(
            s.start,
            s.end,
            i,
            s.text,
            i // per_topic,
            {n: 0.0 for n in NAMES} | {NAMES[0]: float(v)},
        )
        for i, (s, v) in enumerate(zip(transcript.segments, values, strict=True))
    )
    topics = sorted({sentence.topic for sentence in sentences})
    inside = {t: [s for s in sentences if s.topic == t] for t in topics}
    segments = tuple(
        ContentSegment(inside[t][0].start, inside[t][-1].end, t, f"Subject {t}", "", ("circuit",))
        for t in topics
    )
    return Content(segments, sentences, "local")


def plan(transcript, values, *, silence=None, layout=None, per_topic=30, **params):
    return plan_clips(
        transcript,
        pauses_of(transcript) if silence is None else silence,
        layout or show(transcript),
        make_content(transcript, values, per_topic),
        params=ExtractParams(**params),
    )


def bumps(count, *centres, width=4):
    at = np.arange(count)
    return 0.2 + 0.7 * np.max([np.exp(-(((at - c) / width) ** 2)) for c in centres], axis=0)


@st.composite
def talks(draw):
    """Return a talk with random pauses and scores, and limits that fit together."""
    count = draw(st.integers(1, 90))
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    texts = [
        " ".join(f"w{seed}x{i}y{j}" for j in range(rng.integers(2, 16))).capitalize() + "."
        for i in range(count)
    ]
    pauses = rng.choice([0.0, 0.05, 0.4, 0.9, 4.0], count, p=[0.15, 0.1, 0.5, 0.15, 0.1])
    transcript = speak(texts, pauses=pauses.tolist())
    low = draw(st.sampled_from([10.0, 20.0, 30.0]))
    params = {
        "min_clip_s": low,
        "max_clip_s": max(15.0, low * draw(st.sampled_from([1.0, 1.5, 4.0]))),
        "min_clips": 2,
        "max_clips": draw(st.integers(2, 8)),
        "max_total_s": draw(st.sampled_from([60.0, 120.0, 480.0])),
        "max_share": draw(st.sampled_from([0.2, 0.5, 1.0])),
    }
    return transcript, rng.random(count), params


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(talks())
def test_every_plan_keeps_to_every_rule(talk):
    transcript, values, params = talk
    silence = pauses_of(transcript)
    limits = ExtractParams(**params)
    plans = plan(transcript, values, silence=silence, **params)
    assert plans == plan(transcript, values, silence=silence, **params)
    assert [p.rank for p in plans] == list(range(1, len(plans) + 1))
    assert len(plans) <= limits.max_clips
    assert len({p.title.casefold() for p in plans}) == len(plans)
    segments = transcript.segments
    words = [word for segment in segments for word in segment.words]
    whole = transcript.segments[-1].end - transcript.segments[0].start
    for clip in plans:
        assert clip.duration <= limits.max_clip_s + 1e-6 or clip.duration <= limits.min_clip_s
        assert clip.duration >= min(limits.min_clip_s, whole) - 1e-6 or len(plans) == 1
        assert clip.score == pytest.approx(math.fsum(clip.contributions.values()))
        assert set(clip.contributions) == set(NAMES)
        assert clip.quote in {segment.text for segment in transcript.segments}
        for edge in (edge for part in clip.parts for edge in (part.start, part.end)):
            assert not any(word.start + 1e-9 < edge < word.end - 1e-9 for word in words)
        for before, after in zip(clip.parts, clip.parts[1:], strict=False):
            assert before.end < after.start
            for edge in (before.end, after.start):
                assert any(r.start <= edge <= r.end for r in silence)
            said = sum(before.end < (s.start + s.end) / 2 < after.start for s in segments)
            gone = after.start - before.end
            assert said == 0 or gone <= limits.max_skip_s + limits.max_pause_s
        for region in silence:
            kept = sum(part.overlap(region) for part in clip.parts)
            inside = clip.start < region.start and region.end < clip.end
            assert not inside or kept <= limits.max_pause_s + 1e-6
    for one, other in combinations(sorted(plans, key=lambda p: p.start), 2):
        assert one.end <= other.start + 1e-9
    room = max(min(limits.max_total_s, limits.max_share * whole), limits.min_clip_s)
    if len(plans) > 1:
        assert sum(p.duration for p in plans) <= room + 1.0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(talks())
def test_clips_begin_and_end_at_sentence_ends_inside_pauses(talk):
    transcript, values, params = talk
    segments = transcript.segments
    # none is measured before the first sentence and after the last one
    pauses = [0.0, *(b.start - a.end for a, b in pairwise(segments)), 0.0]
    possible = any(
        params["min_clip_s"] + 0.5 <= end.end - start.start <= params["max_clip_s"] - 0.5
        for (i, start), (j, end) in combinations(enumerate(segments), 2)
        if min(pauses[i], pauses[j + 1]) >= 0.3
    )
    for clip in plan(transcript, values, **params) if possible else ():
        first = next(i for i, s in enumerate(segments) if s.start >= clip.start - 1e-9)
        last = max(i for i, s in enumerate(segments) if s.end <= clip.end + 1e-9)
        assert first == 0 or clip.start >= segments[first - 1].end - 1e-9
        assert last == len(segments) - 1 or clip.end <= segments[last + 1].start + 1e-9
        assert clip.start <= segments[first].start
        assert first == 0 or segments[first].start - segments[first - 1].end >= 0.3
        assert last == len(segments) - 1 or segments[last + 1].start - segments[last].end >= 0.3


def test_the_passages_that_score_high_are_chosen_and_the_rest_is_not():
    transcript = speak(write_talk())
    values = bumps(120, 15, 50, 100)
    plans = plan(transcript, values, max_clips=3, max_clip_s=60.0, max_total_s=150.0)
    assert len(plans) == 3
    for centre in (15, 50, 100):
        peak = transcript.segments[centre]
        assert any(p.start <= peak.start and peak.end <= p.end for p in plans)


def test_a_weight_of_zero_takes_a_component_out_of_the_choice():
    transcript = speak(write_talk())
    content = make_content(transcript, bumps(120, 15))
    other = tuple(
        replace(s, components=s.components | {"emphasis": float(v)})
        for s, v in zip(content.sentences, bumps(120, 100), strict=True)
    )
    content = replace(content, sentences=other)
    silence, layout = pauses_of(transcript), show(transcript)

    def best(**weights):
        params = ExtractParams.model_validate(
            {"max_clips": 1, "min_clips": 1, "weights": dict.fromkeys(NAMES, 0.0) | weights}
        )
        (only,) = plan_clips(transcript, silence, layout, content, params=params)
        return only

    assert best(topic_centrality=0.5).topic == 0
    assert best(emphasis=0.5).topic == 3
    assert best(emphasis=0.5).contributions["topic_centrality"] == 0.0
    assert "the voice stresses it" in best(emphasis=0.5).reason


def test_scores_are_the_weighted_sum_of_the_components():
    transcript = speak(["One sentence here.", "Another sentence there."])
    content = make_content(transcript, [0.5, 1.0])
    weights = {"topic_centrality": 0.4, "emphasis": 1.0}
    assert score_sentences(content, weights).tolist() == [0.2, 0.4]
    assert score_sentences(content, ExtractParams().weights).tolist() == pytest.approx(
        [0.5 * COMPONENTS[0].weight, COMPONENTS[0].weight]
    )


def test_topics_are_covered_before_one_gives_two_clips():
    transcript = speak(write_talk())
    values = bumps(120, 10, 25, 75)
    chosen = {
        coverage: sorted(
            p.topic
            for p in plan(
                transcript,
                values,
                min_clips=2,
                max_clips=2,
                max_clip_s=30.0,
                max_total_s=60.0,
                topic_coverage=coverage,
            )
        )
        for coverage in (0.0, 60.0)
    }
    assert chosen[60.0] in ([0, 2], [0, 1], [0, 3])
    values = bumps(120, 10, 22) + np.where(np.arange(120) < 30, 0.1, 0.0)
    near = plan(
        transcript,
        values,
        min_clips=2,
        max_clips=2,
        max_clip_s=30.0,
        max_total_s=60.0,
        topic_coverage=0.0,
    )
    assert [p.topic for p in near] == [0, 0]


def test_long_silences_inside_are_cut_and_leave_a_breath():
    pauses = [0.5] * 12
    pauses[5] = 4.0
    transcript = speak(write_talk(per_topic=12, topics=1), pauses=pauses)
    (only,) = plan(
        transcript, [1.0] * 12, min_clip_s=30.0, max_share=1.0, max_pause_s=1.0, breath_s=0.4
    )
    before, after = only.parts
    assert before.end - transcript.segments[5].end == pytest.approx(0.2)
    assert transcript.segments[6].start - after.start == pytest.approx(0.2)
    assert only.duration == pytest.approx(only.end - only.start - 3.64)
    (cued,) = with_cues([only], transcript.segments)
    assert cued.cues[-1].end <= cued.duration + 1e-6


def test_silence_that_was_not_detected_is_not_cut():
    pauses = [0.5] * 12
    pauses[5] = 4.0
    transcript = speak(write_talk(per_topic=12, topics=1), pauses=pauses)
    (only,) = plan(transcript, [1.0] * 12, silence=(), min_clip_s=30.0, max_share=1.0)
    assert len(only.parts) == 1


def test_captions_without_pauses_are_cut_between_sentences():
    transcript = speak(write_talk(), pauses=[0.0] * 120, word_s=0.5)
    plans = plan(transcript, bumps(120, 15, 50, 100), silence=())
    edges = {round(s.start, 3) for s in transcript.segments} | {
        round(s.end, 3) for s in transcript.segments
    }
    assert len(plans) >= 3
    between = [
        (a.end, b.start) for a, b in zip(transcript.segments, transcript.segments[1:], strict=False)
    ]
    for p in plans:
        for edge in (p.start, p.end):
            assert round(edge, 3) in edges or any(a <= edge <= b for a, b in between)


def test_an_edge_lies_in_the_detected_silence_and_keeps_the_end_of_the_word():
    transcript = speak(write_talk(per_topic=10, topics=1), pauses=[1.0] * 10)
    silence = tuple(replace(r, start=r.start + 0.3) for r in pauses_of(transcript))
    timing = measure_timing(
        transcript.segments,
        measured_pauses(silence),
        show(transcript),
        ExtractParams(edge_pad_s=0.2),
    )
    assert timing.end[3] - transcript.segments[3].end == pytest.approx(0.5)
    assert transcript.segments[4].start - timing.start[4] == pytest.approx(0.2)


def test_what_is_said_twice_is_shown_once():
    texts = write_talk()
    texts[70:82] = texts[10:22]
    transcript = speak(texts)
    values = bumps(120, 16, 76, 110)
    limits = {"max_clips": 3, "max_clip_s": 50.0, "max_total_s": 150.0}
    alike = plan(transcript, values, duplicate_similarity=1.0, **limits)
    apart = plan(transcript, values, duplicate_similarity=0.6, **limits)

    def covers(plans, sentence):
        middle = transcript.segments[sentence].start
        return any(p.start <= middle <= p.end for p in plans)

    assert covers(alike, 16)
    assert covers(alike, 76)
    assert covers(apart, 16) != covers(apart, 76)
    assert len(apart) == 3


def test_a_lecture_shorter_than_a_clip_is_one_clip_and_silence_is_none():
    transcript = speak(write_talk(per_topic=3, topics=1))
    (only,) = plan(transcript, [0.1, 0.5, 0.2])
    assert only.start <= transcript.segments[0].start
    assert only.end >= transcript.segments[-1].end
    empty = speak([])
    assert (
        plan_clips(empty, (), show(empty), Content((), (), "local"), params=ExtractParams()) == ()
    )


def test_short_lectures_get_fewer_clips():
    counts = []
    for sentences in (8, 20, 40, 120):
        transcript = speak(write_talk(per_topic=sentences, topics=1))
        counts.append(len(plan(transcript, bumps(sentences, 2, sentences // 2))))
    assert counts == sorted(counts)
    assert counts[0] == 1
    assert counts[-1] >= 3


def test_a_plan_says_why_in_words_and_quotes_its_best_sentence():
    transcript = speak(write_talk())
    plans = plan(transcript, bumps(120, 15, 50, 100))
    for p in plans:
        assert p.reason.startswith("Chosen because ")
        assert p.reason.endswith(".")
    best = max(range(120), key=lambda i: bumps(120, 15, 50, 100)[i])
    assert transcript.segments[best].text in {p.quote for p in plans}


def test_a_sentence_that_the_transcript_has_in_pieces_is_quoted_as_a_whole():
    texts = write_talk()
    texts[15:17] = ["We call the ratio of the two the resistance", "and it is told in ohms."]
    plans = plan(speak(texts), bumps(120, 16, 60, 100))
    assert " ".join(texts[15:17]) in {p.quote for p in plans}
    texts[15] = "We call " + "the ratio of the two " * 20
    plans = plan(speak(texts), bumps(120, 16, 60, 100))
    assert texts[16] in {p.quote for p in plans}


def test_layout_is_cropped_to_what_the_clip_shows():
    transcript = speak(write_talk())
    whole = show(transcript).regions[0]
    half = transcript.segments[60].start
    layout = Layout(
        (replace(whole, end=half), replace(whole, start=half, kind="screen_only")),
        show(transcript).slides,
    )
    for p in plan(transcript, bumps(120, 60, 20, 100), layout=layout):
        assert p.layout[0].start == pytest.approx(p.start)
        assert p.layout[-1].end == pytest.approx(p.end)
        assert all(a.end == b.start for a, b in zip(p.layout, p.layout[1:], strict=False))


def test_cues_tell_the_words_of_the_clip_in_its_own_time():
    transcript = speak(write_talk())
    for p in with_cues(plan(transcript, bumps(120, 15, 50, 100)), transcript.segments):
        said = " ".join(cue.text for cue in p.cues).split()
        span = Interval(p.start, p.end)
        words = [w.text for s in transcript.segments for w in s.words if span.overlap(w) > 0]
        assert said == words
        assert p.cues[0].start <= 0.5
        assert p.cues[-1].end <= p.duration + 1e-6


def test_plans_survive_json():
    plans = plan(speak(write_talk()), bumps(120, 15, 50, 100))
    adapter = TypeAdapter(tuple[ClipPlan, ...])
    assert adapter.validate_json(adapter.dump_json(plans)) == plans


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"min_clip_s": 100, "max_clip_s": 50}, "min_clip_s=100.0 must not exceed max_clip_s=50.0"),
        ({"min_clips": 5, "max_clips": 2}, "min_clips=5 must not exceed max_clips=2"),
        ({"breath_s": 2, "max_pause_s": 1}, "breath_s=2.0 must not exceed max_pause_s=1.0"),
        ({"weights": {"emphasis": 2}}, "less than or equal to 1"),
        ({"weights": {"loudness": 1}}, "Extra inputs are not permitted"),
    ],
)
def test_params_that_contradict_are_refused(values, message):
    with pytest.raises(ValidationError, match=message):
        ExtractParams.model_validate(values)


def test_every_weight_is_tunable_and_explained():
    schema = AGENT.params.model_json_schema()["$defs"]["Weights"]["properties"]
    for component in COMPONENTS:
        assert schema[component.name]["default"] == component.weight
        assert schema[component.name]["description"] == component.explanation
        assert schema[component.name]["step"] == 0.01


def test_a_clip_keeps_within_its_topic():
    transcript = speak(write_talk())
    values = bumps(120, 29, 60, 90, width=6)
    for coverage in (0.0, 60.0):
        plans = plan(
            transcript, values, min_clips=1, max_clips=3, max_clip_s=60.0, topic_coverage=coverage
        )
        edges = [transcript.segments[i].start - 0.3 for i in (30, 60, 90)]
        crossing = sum(p.start < edge < p.end for p in plans for edge in edges)
        assert crossing == 0 if coverage else crossing > 0


def test_clips_of_one_topic_are_told_apart_by_a_keyword_they_say():
    transcript = speak(write_talk(per_topic=60, topics=1))
    plans = plan(transcript, bumps(60, 10, 30, 50), per_topic=60, max_clip_s=40.0)
    titles = [p.title for p in plans]
    assert "Subject 0: circuit" in titles
    assert len(set(titles)) == len(titles) >= 3


def test_the_keyword_in_a_title_is_the_one_the_clip_says_most():
    transcript = speak(write_talk(per_topic=60, topics=1))
    content = make_content(transcript, bumps(60, 10, 30, 50), per_topic=60)
    (topic,) = content.segments

    def titles(title, *keywords):
        narrowed = replace(topic, title=title, keywords=keywords)
        params = ExtractParams(max_clip_s=40.0)
        given = replace(content, segments=(narrowed,))
        silence = pauses_of(transcript)
        plans = plan_clips(transcript, silence, show(transcript), given, params=params)
        return [(p.title, transcript.segments, p) for p in plans]

    (title, segments, first), *_ = titles("Subject 0", "circuit", "voltage", "battery")
    text = " ".join(s.text for s in segments if first.start <= s.start < first.end).casefold()
    said = {word: text.count(word) for word in ("circuit", "voltage", "battery")}
    assert said[title.removeprefix("Subject 0: ").casefold()] == max(said.values())
    assert titles("Subject 0: Current", "circuit")[0][0] == "Subject 0: Current, circuit"


def test_no_clip_flashes_the_slide_before_its_first_word_or_after_its_last():
    slides = tuple(Slide(a, b) for a, b in ((0.0, 9.9), (9.9, 20.1), (20.1, 40.0)))
    first, last = np.array([10.0, 25.0]), np.array([20.0, 30.0])
    start, end = keep_to_slides(first - 0.2, last + 0.2, first, last, Layout((), slides))
    assert start.tolist() == [10.0, 24.8]
    assert end.tolist() == [20.0, 30.2]
    wide, _ = keep_to_slides(first - 0.5, last, first + 0.3, last, Layout((), slides))
    assert wide[0] == pytest.approx(9.9 + SETTLED_S)
