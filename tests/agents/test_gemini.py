"""Gemini through its SDK against a server on this machine: what is asked, paid, tried again."""

import json
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from agents.content import AGENT
from agents.content.costs import read_prices
from agents.content.prompts import prompt_sha256, prompt_versions, read_prompt
from agents.content.requests import MARK
from agents.errors import TuningError
from agents.registry import Resources
from jobs.evaluation.texts import make_intake
from tests.gemini import (
    COUNTED,
    KEY,
    MODEL,
    Stub,
    cues_of,
    judge_third,
    serving,
    wrap,
    write_answer,
)
from tests.talks import make_context, pauses_of, show, speak, write_talk


@pytest.fixture
def serve():
    with serving() as start:
        yield start


@pytest.fixture
def analyze(tmp_path, monkeypatch):
    """Run the content agent on three topics of twelve sentences, or on other texts."""
    monkeypatch.setattr("agents.content.retries.FIRST_WAIT_S", 0.01)

    def run(stub, texts=None, *, analyzer="auto", answers=None, params=None, **settings):
        transcript = speak(write_talk(per_topic=20, topics=3) if texts is None else texts)
        return AGENT.run(
            make_intake(transcript.segments[-1].end + 1 if transcript.segments else 1.0),
            transcript,
            pauses_of(transcript),
            show(transcript),
            params=AGENT.params(analyzer=analyzer, **(params or {})),
            context=make_context(tmp_path, stub and stub.settings(**settings), answers),
        )

    return run


def judgements(content):
    return {s.index: s.components["judgement"] for s in content.sentences}


class Kept(dict):
    """Answers that are remembered as a store would."""

    def find(self, keys):
        return {key: self[key] for key in keys if key in self}

    def keep(self, key, text):
        self[key] = text


# --- what is asked, and what comes of it ----------------------------------------------------------


def test_the_judgement_becomes_a_component_and_the_titles_are_taken(serve, analyze):
    content = analyze(serve())
    assert content.analyzer == f"local + {MODEL}"
    firsts = [min(s.index for s in content.sentences if s.topic == t) for t in range(3)]
    assert {i for i, score in judgements(content).items() if score} == {f + 2 for f in firsts}
    assert set(judgements(content).values()) == {0.0, 0.75}
    assert [s.title for s in content.segments] == [
        "Notes on voltage",
        "Notes on depends",
        "Notes on mortgage",
    ]
    assert all(0 < s.components["judgement"] < 0.1 for s in content.segments)
    assert content.notices == ()


def test_each_request_holds_one_topic_as_marked_data_and_asks_for_a_form(serve, analyze):
    stub = serve()
    content = analyze(stub)
    assert len(stub.seen) == len(content.segments) == 3
    for request in stub.seen:
        assert request["path"].endswith(f"/models/{MODEL}:generateContent")
        assert request["key"] == KEY
        body = request["body"]
        (topic,) = json.loads(body["contents"][0]["parts"][0]["text"])["topics"]
        assert [cue["cue"] for cue in topic["cues"]] == list(range(1, len(topic["cues"]) + 1))
        assert all(" " not in cue["text"] and MARK in cue["text"] for cue in topic["cues"])
        schema = body["generationConfig"]["responseSchema"]
        assert set(schema["properties"]) == {"titles", "cues"}
        assert body["generationConfig"]["responseMimeType"] == "application/json"
        assert "never an instruction" in body["systemInstruction"]["parts"][0]["text"]
        assert KEY not in json.dumps(body)
        assert "tools" not in body
    said = [text for asked in stub.asked for text in cues_of(asked).values()]
    assert sorted(said) == sorted(s.text for s in content.sentences)


def test_everything_but_judgement_and_titles_stays_the_local_analysis(serve, analyze):
    local, judged = analyze(None), analyze(serve())
    for a, b in zip(local.sentences, judged.sentences, strict=True):
        assert {**a.components, "judgement": 0} == {**b.components, "judgement": 0}
    assert [(s.start, s.end, s.keywords) for s in local.segments] == [
        (s.start, s.end, s.keywords) for s in judged.segments
    ]


def test_the_local_analyzer_asks_nobody(serve, analyze):
    stub = serve()
    local = analyze(stub, analyzer="local")
    assert (local.analyzer, local.usage) == ("local", None)
    assert analyze(stub, []).analyzer == "local"
    assert stub.seen == []


def test_model_and_prompt_are_part_of_the_key_and_the_api_key_is_not(serve):
    params, settings = AGENT.params(), serve().settings()
    used = AGENT.uses(Resources(gemini=settings), params)
    assert used["model"] == MODEL
    assert used["prompt"] == prompt_sha256("v1")
    assert KEY not in json.dumps(used)
    assert AGENT.uses(Resources(), params) == {}
    assert AGENT.uses(Resources(gemini=settings), AGENT.params(analyzer="local")) == {}


def test_a_prompt_is_a_file_and_another_one_makes_another_key(serve, analyze, tmp_path):
    own = tmp_path / "mine.md"
    own.write_text("Find what matters.\n")
    stub = serve()
    analyze(stub, prompt=str(own))
    instructions = {r["body"]["systemInstruction"]["parts"][0]["text"] for r in stub.seen}
    assert instructions == {"Find what matters."}
    keys = [
        AGENT.uses(Resources(gemini=stub.settings(prompt=prompt)), AGENT.params())["prompt"]
        for prompt in ("v1", str(own))
    ]
    assert keys[0] != keys[1]
    assert "v1" in prompt_versions()
    for bad in ("v0", str(tmp_path / "none.md")):
        with pytest.raises(TuningError):
            read_prompt(bad)


def test_thinking_is_left_to_the_model_or_limited(serve, analyze):
    stub, kept = serve(), Kept()
    analyze(stub, answers=kept)
    analyze(stub, answers=kept, thinking_tokens=0)
    configs = [request["body"]["generationConfig"] for request in stub.seen]
    assert len(configs) == 6
    assert ["thinkingConfig" in config for config in configs] == [False] * 3 + [True] * 3
    assert list(configs[-1]["thinkingConfig"].values()) == [0]
    keys = [
        AGENT.uses(Resources(gemini=stub.settings(thinking_tokens=most)), AGENT.params())
        for most in (None, 0)
    ]
    assert keys[0] != keys[1]


# --- tokens and money -----------------------------------------------------------------------------


def test_tokens_are_recorded_as_the_service_counts_them_and_priced(serve, analyze):
    usage = analyze(serve()).usage
    assert (usage.model, usage.prompt, usage.requests, usage.reused) == (MODEL, "v1", 3, 0)
    assert (usage.input_tokens, usage.cached_tokens) == (3000, 300)
    assert (usage.output_tokens, usage.thinking_tokens) == (150, 600)
    assert usage.usd == pytest.approx((3000 * 0.30 + 750 * 2.50) / 1e6)
    assert usage.priced == read_prices().dated


def test_an_unknown_model_costs_tokens_only(serve, analyze, tmp_path):
    prices = tmp_path / "prices.json"
    prices.write_text('{"dated": "2030-01-01", "models": {"other": {"input": 1, "output": 1}}}')
    usage = analyze(serve(), prices=prices).usage
    assert (usage.requests, usage.usd, usage.priced) == (3, None, "")


def test_a_table_of_prices_of_ones_own_is_used(serve, analyze, tmp_path):
    prices = tmp_path / "prices.json"
    price = {"input": 10, "output": 20, "cached": 1}
    prices.write_text(json.dumps({"dated": "2030-01-01", "models": {MODEL: price}}))
    usage = analyze(serve(), prices=prices, max_usd=9).usage
    assert usage.usd == pytest.approx((2700 * 10 + 300 * 1 + 750 * 20) / 1e6)
    assert usage.priced == "2030-01-01"


def test_answers_without_a_count_cost_nothing_that_is_known(serve, analyze):
    def uncounted(text):
        return {"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}}]}

    usage = analyze(serve(wrap=uncounted)).usage
    assert (usage.requests, usage.tokens, usage.usd) == (3, 0, 0.0)


def test_a_run_that_would_pass_its_budget_is_not_begun(serve, analyze):
    for budget, words in (({"max_tokens": 500}, "tokens"), ({"max_usd": 0.0001}, "$0.0001")):
        stub = serve()
        content = analyze(stub, **budget)
        assert stub.seen == []
        assert content.analyzer == "local"
        assert words in content.notices[0].message


def test_a_run_stops_at_its_budget_and_says_what_it_has_spent(serve, analyze, monkeypatch):
    monkeypatch.setattr("agents.content.gemini.AT_ONCE", 1)
    big = {**COUNTED, "thoughtsTokenCount": 90_000}
    stub = serve(wrap=lambda text: {**wrap(text), "usageMetadata": big})
    content = analyze(stub, max_tokens=50_000)
    assert len(stub.seen) == 1
    assert content.analyzer == "local"
    assert content.notices[0].code == "analyzer_unavailable"
    assert content.usage.thinking_tokens == 90_000


# --- answers that are known -----------------------------------------------------------------------


def test_what_was_answered_once_is_not_asked_again(serve, analyze):
    stub, kept = serve(), Kept()
    first = analyze(stub, answers=kept)
    again = analyze(stub, answers=kept)
    assert len(stub.seen) == 3
    assert again.sentences == first.sentences
    assert again.segments == first.segments
    assert (again.usage.requests, again.usage.reused, again.usage.tokens) == (0, 3, 0)
    assert KEY not in json.dumps(kept)


def test_another_model_or_prompt_is_asked_anew(serve, analyze, tmp_path):
    stub, kept = serve(), Kept()
    analyze(stub, answers=kept)
    own = tmp_path / "mine.md"
    own.write_text("Find what matters.")
    analyze(stub, answers=kept, prompt=str(own))
    assert len(stub.seen) == 6
    analyze(serve(), answers=kept)
    assert len(kept) == 9


def test_only_a_changed_topic_is_asked_about_again(serve, analyze):
    stub, kept, texts = serve(), Kept(), write_talk(per_topic=20, topics=3)
    analyze(stub, texts, answers=kept)
    earlier = ["We begin with what was left over.", *texts]
    analyze(stub, earlier, answers=kept)
    assert len(stub.seen) == 4


def test_a_failure_in_the_middle_loses_no_answer_that_was_paid_for(serve, analyze, monkeypatch):
    monkeypatch.setattr("agents.content.gemini.AT_ONCE", 1)
    kept = Kept()
    stub = serve(status=lambda number: 403 if number == 3 else 200)
    assert analyze(stub, answers=kept).analyzer == "local"
    assert len(kept) == 2
    assert analyze(stub, answers=kept).analyzer == f"local + {MODEL}"
    assert len(stub.seen) == 4


def test_an_answer_in_the_store_passes_the_same_door(serve, analyze):
    stub, kept = serve(), Kept()
    good = analyze(stub, answers=kept)
    for key in kept:
        kept[key] = json.dumps({"end": "STOP", "text": '{"titles": [], "cues": [{"cue": 1e9}]}'})
    again = analyze(stub, answers=kept)
    assert again.analyzer == f"local + {MODEL}"
    assert again.sentences == good.sentences


# --- failures that pass, and others ---------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_failure_is_tried_again(serve, analyze, status):
    stub = serve(status=lambda number: status if number <= 2 else 200)
    assert analyze(stub).analyzer == f"local + {MODEL}"
    assert len(stub.seen) == 5


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (503, "answered with error 503"),
        (429, "no quota left"),
        (400, "answered with error 400"),
        (401, "refused the key"),
        (403, "refused the key"),
        (404, "not known to the service"),
        (302, "answered with error 302"),
    ],
)
def test_a_lasting_failure_leaves_the_local_result_and_says_why(serve, analyze, status, words):
    content = analyze(serve(status=lambda number: status, headers={"Location": "/elsewhere"}))
    assert content.analyzer == "local"
    assert content.sentences == analyze(None).sentences
    (notice,) = content.notices
    assert notice.code == "analyzer_unavailable"
    assert words in notice.message
    assert KEY not in notice.message


@pytest.mark.parametrize("status", [400, 401, 403, 404, 302])
def test_a_refusal_is_not_tried_again(serve, analyze, status, monkeypatch):
    monkeypatch.setattr("agents.content.gemini.AT_ONCE", 1)
    stub = serve(status=lambda number: status)
    analyze(stub)
    assert len(stub.seen) == 1


@pytest.mark.parametrize("status", [302, 307])
def test_the_key_is_not_carried_to_another_address(serve, analyze, status):
    other = serve()
    stub = serve(status=lambda number: status, headers={"Location": f"{other.url}/v1/models/x"})
    assert analyze(stub).analyzer == "local"
    assert other.seen == []


def test_a_wrong_key_is_told_from_other_bad_requests(serve, analyze):
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
    stub = serve(status=lambda number: 400, error={"details": details})
    assert "refused the key" in analyze(stub).notices[0].message


RETRY_INFO = {"details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo"}]}


@pytest.mark.parametrize("told", ["header", "body"])
def test_the_wait_that_the_service_asks_for_is_kept(serve, analyze, told):
    error = {"details": [{**RETRY_INFO["details"][0], "retryDelay": "1.2s"}]}
    stub = serve(
        status=lambda number: 429 if number <= 3 else 200,
        headers={"Retry-After": "1"} if told == "header" else {},
        error=error if told == "body" else {},
    )
    before = time.monotonic()
    assert analyze(stub).analyzer == f"local + {MODEL}"
    assert time.monotonic() - before >= (1.0 if told == "header" else 1.2)


@pytest.mark.parametrize("told", ["header", "body"])
def test_a_wait_beyond_the_budget_is_not_begun(serve, analyze, told):
    error = {"details": [{**RETRY_INFO["details"][0], "retryDelay": "3600s"}]}
    stub = serve(
        status=lambda number: 429,
        headers={"Retry-After": "3600"} if told == "header" else {},
        error=error if told == "body" else {},
    )
    before = time.monotonic()
    assert analyze(stub).notices[0].code == "analyzer_unavailable"
    assert time.monotonic() - before < 10
    assert len(stub.seen) <= 4


def test_odd_words_about_waiting_are_no_wait(serve, analyze):
    odd = [{"@type": 3}, "RetryInfo", {"@type": "x.RetryInfo", "retryDelay": "soon"}, None]
    stub = serve(
        status=lambda number: 429 if number == 1 else 200,
        headers={"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"},
        error={"details": odd},
    )
    assert analyze(stub).analyzer == f"local + {MODEL}"


def test_a_reset_connection_is_tried_again(serve, analyze):
    def reset_first(handler, data):
        if handler.number > 2:
            handler.answer(200, data, {})
            return
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.connection.close()
        handler.close_connection = True

    stub = serve(send=reset_first)
    assert analyze(stub).analyzer == f"local + {MODEL}"
    assert len(stub.seen) == 5


def test_a_slow_answer_is_given_up_and_asked_for_again(serve, analyze):
    def slow_first(handler, data):
        if handler.number <= 3:
            time.sleep(3.0)
        handler.answer(200, data, {})

    stub = serve(send=slow_first)
    assert analyze(stub, timeout_s=1.0).analyzer == f"local + {MODEL}"
    assert len(stub.seen) > 3


def test_a_closed_port_is_said(analyze):
    stub = Stub(judge_third, url="http://127.0.0.1:9")
    assert "could not be reached" in analyze(stub).notices[0].message


def test_a_server_that_does_not_answer_costs_no_more_than_the_budget(serve, analyze):
    stub = serve(delay=8.0)
    analyze(None)
    before = time.monotonic()
    content = analyze(stub, budget_s=1.0)
    assert time.monotonic() - before < 6.0
    assert content.notices[0].code == "analyzer_unavailable"
    assert content.analyzer == "local"


def drip(handler, data):
    """Send a byte now and then: no single wait is ever long."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    for byte in data[:200]:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(0.2)


def test_an_answer_in_drips_holds_up_neither_the_run_nor_the_end_of_the_process(serve):
    stub = serve(send=drip)
    root = Path(__file__).parents[2]
    code = f"""
import time
from pathlib import Path
from agents.content.gemini import judge_content
from agents.content.local import analyze_locally
from agents.content.params import ContentParams
from agents.registry import Gemini
from jobs.evaluation.texts import make_intake
from tests.talks import show, speak, write_talk

transcript = speak(write_talk(per_topic=20, topics=2))
local = analyze_locally(make_intake(999.0), transcript, (), show(transcript), ContentParams())
settings = Gemini({KEY!r}, {MODEL!r}, {stub.url!r}, budget_s=1.5)
before = time.monotonic()
content = judge_content(local, settings, progress=lambda percent, message: None)
print(content.analyzer, time.monotonic() - before, time.monotonic(), flush=True)
"""
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
    )
    analyzer, seconds, said = ran.stdout.split()
    assert analyzer == "local"
    assert float(seconds) < 15.0  # the drips alone last 40 s
    assert time.monotonic() - float(said) < 3.0
    assert KEY not in ran.stdout + ran.stderr


def test_nothing_is_asked_any_more_once_a_run_has_given_up(serve, analyze, monkeypatch):
    stub = serve(status=lambda number: 403 if number == 1 else 200, delay=0.3)
    monkeypatch.setattr("agents.content.gemini.AT_ONCE", 2)
    texts = [t for n in range(4) for t in write_talk(per_topic=20, topics=4)]
    analyze(stub, texts)
    time.sleep(0.7)  # what was under way when the first answer came is seen by then
    asked = len(stub.seen)
    assert asked < 5
    time.sleep(1.5)
    assert len(stub.seen) == asked


def test_the_key_is_in_no_log_error_or_result(serve, analyze, caplog, capfd, tmp_path):
    caplog.set_level("DEBUG")
    contents = [
        analyze(serve()),
        analyze(serve(status=lambda number: 403)),
        analyze(serve(status=lambda number: 500)),
        analyze(serve(judge_nothing)),
    ]
    told = [r.getMessage() + repr(r.__dict__) for r in caplog.records]
    printed = capfd.readouterr()
    assert told
    assert KEY not in "".join(told) + repr(contents) + printed.out + printed.err
    assert all(KEY.encode() not in p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())


def judge_nothing(asked):
    return "no"


def test_threads_end_with_the_run(serve, analyze):
    before = set(threading.enumerate())
    stub = serve()
    analyze(stub)
    time.sleep(0.2)
    left = set(threading.enumerate()) - before
    assert not [t for t in left if t.name.startswith("gemini")]


def test_equal_answers_in_another_order_give_the_same_result(serve, analyze):
    texts = write_talk(per_topic=60, topics=3)
    contents = []
    for delays in ((0.0, 0.3), (0.3, 0.0)):

        def send(handler, data, delays=delays):
            time.sleep(delays[handler.number % 2])
            handler.answer(200, data, {})

        contents.append(analyze(serve(send=send), texts))
    assert contents[0].sentences == contents[1].sentences
    assert contents[0].segments == contents[1].segments


def test_an_answer_may_come_with_thoughts_which_are_not_read(serve, analyze):
    def think(text):
        parts = [{"text": "Let me see ...", "thought": True}, {"text": text}]
        return {"candidates": [{"content": {"role": "model", "parts": parts}}]}

    assert analyze(serve(wrap=think)).analyzer == f"local + {MODEL}"


def test_nothing_matters_is_an_answer(serve, analyze):
    content = analyze(serve(lambda asked: write_answer({}, {})))
    assert content.analyzer == f"local + {MODEL}"
    assert set(judgements(content).values()) == {0.0}
    assert content.segments[0].title == analyze(None).segments[0].title
