"""Every odd shape that an answer may have: what is kept of it, and what of the local analysis."""

import functools
import itertools
import json
import random

import pytest

from agents.content.answer import BadAnswer, CutOff, read_answer, read_title
from agents.content.components import COMPONENTS
from agents.content.judgement import Judgement, merge
from agents.content.local import analyze_locally
from agents.content.params import ContentParams
from agents.content.requests import (
    MARK,
    MAX_CHARS,
    MAX_CUE_CHARS,
    MAX_CUES,
    MAX_JOINED,
    OVERLAP,
    Request,
    divide,
    mark,
)
from agents.extract.params import ExtractParams
from agents.extract.planner import plan_clips
from agents.extract.scoring import score_sentences
from agents.types import Content, ContentSegment, Sentence
from jobs.evaluation.texts import make_intake
from tests.gemini import MODEL, cues_of, judge_third, serving, wrap, write_answer
from tests.talks import pauses_of, show, speak, write_talk

WEIGHT = next(component.weight for component in COMPONENTS if component.name == "judgement")


@pytest.fixture
def serve():
    with serving() as start:
        yield start


@functools.cache
def talk(per_topic=20, topics=3):
    """Return transcript, silences, layout and local analysis of a talk."""
    transcript = speak(write_talk(per_topic=per_topic, topics=topics))
    silence, layout = pauses_of(transcript), show(transcript)
    intake = make_intake(transcript.segments[-1].end + 1)
    content = analyze_locally(intake, transcript, silence, layout, ContentParams())
    return transcript, silence, layout, content


def judge(stub, content, **settings):
    from agents.content.gemini import judge_content

    return judge_content(content, stub.settings(**settings), progress=lambda percent, text: None)


def make_content(*sizes, text="About the theorem, {}"):
    """Return topics of so many sentences each."""
    sentences, segments = [], []
    for topic, size in enumerate(sizes):
        first = len(sentences)
        for at in range(first, first + size):
            components = {component.name: 0.0 for component in COMPONENTS}
            said = text.format(f"number {at}")
            sentences.append(Sentence(at, at + 1.0, at, said, topic, components))
        segments.append(ContentSegment(first, first + size, topic, f"Topic {topic}", "", ()))
    return Content(tuple(segments), tuple(sentences), "local")


# --- requests: topics of all lengths --------------------------------------------------------------


def test_one_topic_of_three_hours_is_cut_into_overlapping_stretches():
    requests = divide(make_content(2000))
    assert len(requests) == 15
    assert all(len(request.cues) <= MAX_CUES for request in requests)
    for before, after in itertools.pairwise(requests):
        shared = {cue.index for cue in before.cues} & {cue.index for cue in after.cues}
        assert len(shared) == OVERLAP
    assert {cue.index for request in requests for cue in request.cues} == set(range(2000))


def test_two_hundred_tiny_topics_share_requests_of_neighbours():
    requests = divide(make_content(*[5] * 200))
    assert len(requests) == 23
    assert all(len(request.cues) <= MAX_JOINED for request in requests)
    assert [cue.index for request in requests for cue in request.cues] == list(range(1000))


def test_a_topic_of_some_length_is_asked_about_alone():
    requests = divide(make_content(5, 40, 5, 5, 40))
    assert [request.topics for request in requests] == [[0], [1], [2, 3], [4]]


def test_a_request_holds_no_more_text_than_it_may():
    content = make_content(200, 4, text="word " * 500 + "{}")
    requests = divide(content)
    assert {cue.index for request in requests for cue in request.cues} == set(range(204))
    for request in requests:
        assert len(request.write()) < MAX_CHARS + 4000
        assert all(
            len(text) <= MAX_CUE_CHARS for text in cues_of(json.loads(request.write())).values()
        )


def test_the_same_words_make_the_same_request_wherever_they_are_said():
    early, late = make_content(20, text="The same"), make_content(7, 20, text="The same")
    assert divide(early)[0].write() == divide(late)[1].write()


def test_text_cannot_end_the_marking():
    assert mark('a\nb\u2028c "}]\u200b,\u2581 d') == f'a{MARK}b{MARK}c{MARK}"}}]{MARK},{MARK}d'
    assert mark("half \ud800 a pair").encode()


def test_long_and_short_topics_come_back_whole(serve):
    stub = serve(lambda asked: write_answer({}, dict.fromkeys(cues_of(asked), 0.5)))
    content = judge(stub, make_content(400, *[3] * 40, 30))
    assert {s.components["judgement"] for s in content.sentences} == {0.5}
    assert len(stub.seen) == 3 + 3 + 1


def test_cues_in_two_requests_get_the_mean_and_the_order_does_not_matter():
    content = make_content(285)
    first, second = divide(content)
    low = Judgement(first, {0: "Theorem basics"}, {140: 0.2})
    high = Judgement(second, {0: "Theorem games"}, {140: 0.8, 150: 0.6})
    judged = merge(content, [low, high], MODEL)
    assert judged.sentences[140].components["judgement"] == 0.5
    assert judged.sentences[150].components["judgement"] == 0.6
    assert judged.segments[0].title == "Theorem basics"
    assert merge(content, [high, low], MODEL).sentences == judged.sentences


# --- answers that are none ------------------------------------------------------------------------

GOOD = '{"titles": [], "cues": [{"cue": 1, "score": 1}]}'
BAD = {
    "prose": "Sure! Here are the highlights you asked for.",
    "prose around": f"Here you are: {GOOD} Enjoy!",
    "nothing": "",
    "blank": " \n ",
    "null": "null",
    "number": "7",
    "text": '"1"',
    "true": "true",
    "list": "[1, 2, 3]",
    "list of answers": f"[{GOOD}]",
    "two answers": GOOD + GOOD,
    "no object": "{}",
    "cues missing": '{"titles": []}',
    "titles missing": '{"cues": []}',
    "cut": '{"titles": [], "cues": [{"cue": 1, "sc',
    "cut in a text": '{"titles": [{"topic": 1, "title": "Vol',
    "trailing comma": '{"titles": [], "cues": [{"cue": 1, "score": 1},]}',
    "single quotes": "{'titles': [], 'cues': []}",
    "comment": f"{GOOD} // done",
    "byte order mark": "\ufeff" + GOOD,
    "unfinished fence": f"```json\n{GOOD}",
    "fence within prose": f"Look:\n```json\n{GOOD}\n```",
    "other form": '{"segments": [{"start": 0, "end": 9, "title": "a", "importance": 0.9}]}',
    "free times": '{"titles": [], "cues": [{"start": 9.0, "end": 2.0, "score": 1}]}',
    "times as text": '{"titles": [], "cues": [{"cue": "00:01:02", "score": 1}]}',
    "not a number": '{"titles": [], "cues": [{"cue": 1, "score": NaN}]}',
    "infinite": '{"titles": [], "cues": [{"cue": 1, "score": Infinity}]}',
    "minus infinity": '{"titles": [], "cues": [{"cue": 1, "score": -Infinity}]}',
    "words for numbers": '{"titles": [], "cues": [{"cue": 1, "score": "high"}]}',
    "numbers in text": '{"titles": [], "cues": [{"cue": "1", "score": "1"}]}',
    "null score": '{"titles": [], "cues": [{"cue": 1, "score": null}]}',
    "null cues": '{"titles": [], "cues": null}',
    "null title": '{"titles": [{"topic": 1, "title": null}], "cues": []}',
    "title a list": '{"titles": [{"topic": 1, "title": ["a"]}], "cues": []}',
    "titles a map": '{"titles": {"1": "a"}, "cues": []}',
    "cues a map": '{"titles": [], "cues": {"1": 0.5}}',
    "cues as pairs": '{"titles": [], "cues": [[1, 0.5]]}',
    "duplicate keys": '{"titles": [], "cues": [], "cues": [{"cue": 1, "score": 1}]}',
    "duplicate keys within": '{"titles": [], "cues": [{"cue": 1, "cue": 2, "score": 1}]}',
    "unknown cues only": '{"titles": [], "cues": [{"cue": 4000, "score": 1}]}',
    "negative cues only": '{"titles": [], "cues": [{"cue": -1, "score": 1}]}',
    "no cue zero": '{"titles": [], "cues": [{"cue": 0, "score": 1}]}',
    "beyond any integer": f'{{"titles": [], "cues": [{{"cue": 1{"0" * 400}, "score": 1}}]}}',
    "beyond any parser": f'{{"titles": [], "cues": [{{"cue": 1{"0" * 9000}, "score": 1}}]}}',
    "fraction of a cue": '{"titles": [], "cues": [{"cue": 0.5, "score": 1}]}',
    "truth for a number": '{"titles": [], "cues": [{"cue": true, "score": true}]}',
    "huge": '{"titles": [{"topic": 1, "title": "' + "a" * 300_000 + '"}], "cues": []}',
    "many": json.dumps({"titles": [], "cues": [{"cue": 1, "score": 0.5}] * 20_000}),
    "deep": "[" * 100_000,
    "deep map": '{"titles": ' * 5_000,
    "surrogate": '{"titles": [{"topic": 1, "title": "\\ud800"}], "cues": [{"cue": "\\udfff"}]}',
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_what_is_no_answer_is_refused(text):
    with pytest.raises(BadAnswer):
        read_answer(text, 1, 9)


@pytest.mark.parametrize(
    "name", ["prose", "nothing", "cut", "not a number", "huge", "deep", "many"]
)
def test_bad_answers_leave_the_local_result_and_a_notice(serve, name):
    *_, local = talk()
    stub = serve(lambda asked: BAD[name])
    content = judge(stub, local)
    assert content.sentences == local.sentences
    assert content.segments == local.segments
    assert content.analyzer == "local"
    (notice,) = content.notices
    assert notice.code == "analyzer_unavailable"
    assert "no usable answer" in notice.message
    assert len(stub.seen) == 6
    assert content.usage.requests == 6


RAW = {
    "no json": b"<html><h1>502</h1></html>",
    "empty": b"",
    "a list": b"[]",
    "a text": b'"hello"',
    "null": b"null",
    "bytes": b"\xff\xfe\x00\x01",
    "no candidates": b"{}",
    "candidates null": b'{"candidates": null}',
    "candidates empty": b'{"candidates": []}',
    "candidate empty": b'{"candidates": [{}]}',
    "content null": b'{"candidates": [{"content": null}]}',
    "no parts": b'{"candidates": [{"content": {"role": "model"}}]}',
    "parts empty": b'{"candidates": [{"content": {"parts": []}}]}',
    "part without text": b'{"candidates": [{"content": {"parts": [{}]}}]}',
    "a call": b'{"candidates": [{"content": {"parts": [{"functionCall": {"name": "delete"}}]}}]}',
    "a file": b'{"candidates": [{"content": {"parts": [{"fileData": {"fileUri": "x:y"}}]}}]}',
    "other types": b'{"candidates": [{"content": {"parts": [{"text": 5}]}}]}',
    "an error with 200": b'{"error": {"code": 500, "message": "no"}}',
}


@pytest.mark.parametrize("data", RAW.values(), ids=RAW)
def test_what_is_no_response_leaves_the_local_result(serve, monkeypatch, data):
    monkeypatch.setattr("agents.content.retries.FIRST_WAIT_S", 0.01)
    local = make_content(20)
    content = judge(serve(wrap=lambda text: data), local)
    assert content.sentences == local.sentences
    assert content.analyzer == "local"
    assert content.notices[0].code == "analyzer_unavailable"


def test_an_answer_that_is_no_json_is_told_from_none(serve, monkeypatch):
    monkeypatch.setattr("agents.content.retries.FIRST_WAIT_S", 0.01)
    content = judge(serve(wrap=lambda text: RAW["no json"]), make_content(20))
    assert "answered with what is no JSON" in content.notices[0].message


def test_a_body_that_ends_too_early_is_asked_for_again(serve, monkeypatch):
    monkeypatch.setattr("agents.content.retries.FIRST_WAIT_S", 0.01)

    def send(handler, data):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data if handler.number > 1 else data[: len(data) // 2])
        handler.close_connection = True

    stub = serve(send=send)
    assert judge(stub, make_content(20)).analyzer == f"local + {MODEL}"
    assert len(stub.seen) == 2


def test_a_second_try_may_mend_a_bad_answer(serve):
    answers = iter(["no", "no", "no"])
    stub = serve(lambda asked: next(answers, None) or judge_third(asked))
    assert judge(stub, talk()[-1]).analyzer == f"local + {MODEL}"


# --- answers that are blocked or cut off ----------------------------------------------------------

BLOCKS = {
    "prompt": {"promptFeedback": {"blockReason": "SAFETY"}},
    **{
        end: {"candidates": [{"content": {"parts": [{"text": GOOD}]}, "finishReason": end}]}
        for end in ("SAFETY", "RECITATION", "PROHIBITED_CONTENT", "SPII", "BLOCKLIST", "NEW_ONE")
    },
}


@pytest.mark.filterwarnings("ignore:NEW_ONE is not a valid FinishReason:UserWarning")
@pytest.mark.parametrize("response", BLOCKS.values(), ids=BLOCKS)
def test_a_blocked_part_is_judged_locally_and_the_others_as_ever(serve, response):
    *_, local = talk()
    blocked = local.sentences[25].text
    stub = serve(judge_third)
    stub.wrap = lambda text: response if "Notes on depends" in text else wrap(text)
    content = judge(stub, local)
    assert content.analyzer == f"local + {MODEL}"
    assert blocked
    inside = [s.components["judgement"] for s in content.sentences if s.topic == 1]
    others = [s.components["judgement"] for s in content.sentences if s.topic != 1]
    assert set(inside) == {round(sum(others) / len(others), 4)}
    assert set(others) == {0.0, 0.75}
    assert content.segments[1].title == local.segments[1].title
    assert "topic 2 (the request was blocked)" in content.notices[0].message
    assert len(stub.seen) == 3


def test_an_answer_that_is_cut_off_is_asked_for_in_halves(serve):
    def cut_long(text):
        return wrap(text, end="STOP" if '"cue": 999' not in text else "MAX_TOKENS")

    def reply(asked):
        cues = cues_of(asked)
        scores = dict.fromkeys(cues, 0.5)
        return write_answer({1: "The theorem"}, scores | ({999: 1} if len(cues) > 40 else {}))

    stub = serve(reply, wrap=cut_long)
    content = judge(stub, make_content(140))
    assert {s.components["judgement"] for s in content.sentences} == {0.5}
    assert [len(cues_of(asked)) for asked in stub.asked].count(35) == 4
    assert len(stub.seen) == 1 + 2 + 4
    assert content.notices == ()


def test_what_is_always_cut_off_is_given_up(serve):
    stub = serve(judge_third, wrap=lambda text: wrap(text, end="MAX_TOKENS"))
    content = judge(stub, make_content(20))
    assert content.analyzer == "local"
    assert "cut off" in content.notices[0].message
    assert len(stub.seen) == 3


# --- answers with something wrong in them ---------------------------------------------------------


def test_scores_are_clipped_unknown_cues_dropped_and_the_first_of_two_counts():
    text = json.dumps(
        {
            "titles": [{"topic": 1, "title": "Ohm's Law"}, {"topic": 1, "title": "Other"}],
            "cues": [
                {"cue": 3, "score": 7},
                {"cue": 4, "score": -1},
                {"cue": 99, "score": 1},
                {"cue": 5, "score": 0.25},
                {"cue": 5, "score": 1.0},
                {"cue": 2, "score": 1e308},
            ],
            "start": 4000,
            "end": 99999,
        }
    )
    expected = ({1: "Ohm's Law"}, {3: 1.0, 4: 0.0, 5: 0.25, 2: 1.0})
    assert read_answer(text, 1, 5) == expected
    assert read_answer(f"```json\n{text}\n```", 1, 5) == expected


SAID = ("The voltage depends on the resistance of the wire.", "Ohm has found this law long ago.")
TITLES = {
    "Voltage and Resistance": "Voltage and Resistance",
    "Ohm's Law": "Ohm's Law",
    "=Voltage": "Voltage",
    "\u202eVoltage\x00 basics": "Voltage basics",
    "**Voltage** [x](http://127.0.0.1/leak)": "Voltage x (http://127.0.0.1/leak)",
    "<script>alert(1)</script>": "",
    "": "",
    "   ": "",
    "HACKED": "",
    "La tension et la pile": "",
    "Voltage depends on resistance.": "",
    "What is voltage?": "",
    "The voltage depends on the": "",
    "The voltage depends on the resistance": "",
    "Voltage is what drives it": "",
    "We measure the voltage": "",
    "Voltage \u2026": "",
    "This and that and so on with voltage": "",
    "Voltage, resistance, wire, law, ohm, current, lamp, battery, switch": "",
    "voltage " * 300: "",
}


@pytest.mark.parametrize(("title", "expected"), TITLES.items(), ids=range(len(TITLES)))
def test_a_title_is_a_heading_of_words_that_were_said(title, expected):
    assert read_title(title, SAID) == expected


def odd_answers(seed=1):
    """Yield answers in which something is wrong, at random, for topics and cues of any number."""
    rng = random.Random(seed)
    numbers = [0, 1, 2, 3, -1, 10**9, 0.5, True, None, "1", "high", [1], {}, 1e308, -0.0, 60, 19.0]
    texts = [
        "",
        "Voltage",
        "Notes on protein",
        "<b>",
        "=1+1",
        None,
        5,
        "x" * 5000,
        "É\u0301",
        "\ud83d",
    ]
    for _ in range(200):
        cues = [
            {"cue": rng.choice([*range(1, 25), *numbers]), "score": rng.choice([0.3, 1, *numbers])}
            for _ in range(rng.randrange(6))
        ]
        titles = [
            {"topic": rng.choice([1, 1, 2, *numbers]), "title": rng.choice(texts)}
            for _ in range(rng.randrange(3))
        ]
        value = {"titles": titles, "cues": cues}
        for broken in (cues, titles):
            if broken and rng.random() < 0.2:
                del broken[0][rng.choice(list(broken[0]))]
        if rng.random() < 0.2:
            value[rng.choice(["titles", "cues", "segments"])] = rng.choice([*numbers, *texts])
        text = json.dumps(value)
        yield text if rng.random() < 0.8 else text[: rng.randrange(len(text))]


def test_two_hundred_odd_answers_give_scores_in_bounds_or_none():
    content = make_content(12, 12)
    (request,) = divide(content)
    outcomes = set()
    for text in odd_answers():
        try:
            titles, scores = read_answer(text, len(request.topics), len(request.sent))
        except BadAnswer:
            outcomes.add("refused")
            continue
        outcomes.add("taken")
        assert set(scores) <= set(range(1, 25))
        assert all(0 <= score <= 1 for score in scores.values())
        assert set(titles) <= {1, 2}
    assert outcomes == {"refused", "taken"}


# --- and what a bad answer can do at worst --------------------------------------------------------


def worst_case(content, plans):
    """Return the answer that hurts most: 0 for all that was chosen, 1 for all else."""
    kept = [part for plan in plans for part in plan.parts]
    chosen = {
        s.index for s in content.sentences if any(p.start < s.end and s.start < p.end for p in kept)
    }
    scores = {s.index: float(s.index not in chosen) for s in content.sentences}
    request = Request(content.sentences)
    return merge(content, [Judgement(request, {0: "HACKED"}, scores)], MODEL)


def test_the_worst_answer_moves_no_score_by_more_than_its_weight():
    transcript, silence, layout, local = talk(per_topic=60, topics=4)
    params = ExtractParams()
    plans = plan_clips(transcript, silence, layout, local, params=params)
    hurt = worst_case(local, plans)
    before, after = (score_sentences(c, params.weights) for c in (local, hurt))
    assert (after - before).min() >= 0
    assert WEIGHT - 1e-9 < (after - before).max() <= WEIGHT + 1e-9
    for plan in plan_clips(transcript, silence, layout, hurt, params=params):
        own = sum(v for name, v in plan.contributions.items() if name != "judgement")
        assert 0 <= plan.contributions.get("judgement", 0.0) <= WEIGHT + 1e-9
        assert plan.score == pytest.approx(own + plan.contributions.get("judgement", 0.0))
        assert plan.title != "HACKED"


def test_an_answer_in_favour_of_everything_changes_no_choice():
    transcript, silence, layout, local = talk(per_topic=60, topics=4)
    every = {s.index: 1.0 for s in local.sentences}
    flat = merge(local, [Judgement(Request(local.sentences), {}, every)], MODEL)
    plans = [
        plan_clips(transcript, silence, layout, content, params=ExtractParams())
        for content in (local, flat)
    ]
    assert [p.parts for p in plans[0]] == [p.parts for p in plans[1]]


def test_being_cut_off_is_a_way_of_being_bad():
    assert issubclass(CutOff, BadAnswer)
