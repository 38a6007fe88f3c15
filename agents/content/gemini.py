"""Gemini through google-genai: asked request by request within a budget, or done without."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from agents.content.answer import Answer, BadAnswer, CutOff, read_answer
from agents.content.costs import Ledger
from agents.content.judgement import Judgement, merge
from agents.content.prompts import read_prompt
from agents.content.requests import Request, divide
from agents.content.retries import call_again, describe, unavailable
from agents.errors import AnalyzerUnavailable
from agents.registry import Answers, Gemini
from agents.types import Content, Notice

if TYPE_CHECKING:
    from google.genai import Client
    from google.genai.types import GenerateContentConfig, GenerateContentResponse

logger = logging.getLogger(__name__)

AT_ONCE = 8
"""So many requests are under way at a time."""
MAX_OUTPUT_TOKENS = 16_384
"""An answer has no more, thinking included; one that is cut off there is asked for in halves."""
USABLE = {None, "STOP", "FINISH_REASON_UNSPECIFIED", "OTHER", "LANGUAGE", "MALFORMED_RESPONSE"}
"""Ends of an answer after which it is read: whatever else, but for MAX_TOKENS, is a block."""
CUT_OFF = "MAX_TOKENS"


def judge_content(
    content: Content,
    settings: Gemini,
    answers: Answers | None = None,
    *,
    progress: Callable[[float, str], None],
) -> Content:
    """Return `content` with Gemini's judgement and titles, or as it was with a notice of why not.

    Where single answers cannot be used, what they were about keeps its local title. When Gemini
    cannot be reached within the budget, or gives no usable answer at all, nothing of it is used,
    as half a lecture judged would favour that half.
    """
    requests = divide(content)
    if not requests:
        return content
    ledger = Ledger(settings, settings.prompt)
    try:
        judged = _Round(settings, ledger, answers, progress).run(requests)
        if all(judgement.problem for judgement in judged):
            raise AnalyzerUnavailable(_nothing_usable(settings, judged))
    except AnalyzerUnavailable as error:
        logger.info("gemini unavailable", extra={"reason": error.message})
        notice = Notice(error.code, error.message)
        return replace(content, notices=(*content.notices, notice), usage=ledger.used)
    return replace(merge(content, judged, settings.model), usage=ledger.used)


def _nothing_usable(settings: Gemini, judged: Sequence[Judgement]) -> str:
    problems = " and ".join(dict.fromkeys(judgement.problem for judgement in judged))
    return (
        f"{settings.model} gave no usable answer ({problems}), so the local analysis stands alone."
    )


class _Nothing:
    """Answers of which none is known."""

    def find(self, keys: Sequence[str]) -> Mapping[str, str]:
        return {}

    def keep(self, key: str, text: str) -> None:
        pass


class _Round:
    """The requests of one run, several under way at a time."""

    def __init__(
        self,
        settings: Gemini,
        ledger: Ledger,
        answers: Answers | None,
        progress: Callable[[float, str], None],
    ) -> None:
        self.settings, self.ledger = settings, ledger
        self.answers = _Nothing() if answers is None else answers
        self.progress = progress
        self.deadline = 0.0
        """When the budget of seconds ends; it begins when everything is ready to ask."""
        self.instructions = read_prompt(settings.prompt)
        self.over = threading.Event()

    def run(self, requests: Sequence[Request]) -> list[Judgement]:
        """Return the judgements of all requests; AnalyzerUnavailable if one cannot be had."""
        keys = [self._key(request) for request in requests]
        known = dict(self.answers.find(keys))
        new = [r for r, key in zip(requests, keys, strict=True) if key not in known]
        self.ledger.check(sum(len(self.instructions) + len(r.write()) for r in new))
        client = connect(self.settings)
        self.deadline = time.monotonic() + self.settings.budget_s
        try:
            return self._ask_all(client, requests, known)
        finally:
            self.over.set()
            client.close()

    def _ask_all(
        self, client: Client, requests: Sequence[Request], known: dict[str, str]
    ) -> list[Judgement]:
        """Ask in threads that nobody waits for once it is over: none may hold up the process."""
        waiting, results = SimpleQueue[int](), SimpleQueue[tuple[int, Any]]()
        for number in range(len(requests)):
            waiting.put(number)

        def work() -> None:
            while not self.over.is_set():
                try:
                    number = waiting.get_nowait()
                except Empty:
                    return
                try:
                    results.put((number, self._judge(client, requests[number], known)))
                except Exception as error:  # noqa: BLE001 - raised again by who waits for it
                    results.put((number, error))
                    return  # one failure ends the round: nothing more is asked for in vain

        for number in range(min(AT_ONCE, len(requests))):
            threading.Thread(target=work, name=f"gemini-{number}", daemon=True).start()
        judged: dict[int, list[Judgement]] = {}
        while len(judged) < len(requests):
            number, result = self._next(results)
            if isinstance(result, Exception):
                raise result
            judged[number] = result
            self._report(len(judged), len(requests))
        return [judgement for number in sorted(judged) for judgement in judged[number]]

    def _next(self, results: SimpleQueue[tuple[int, Any]]) -> tuple[int, Any]:
        try:
            return results.get(timeout=max(0.0, self.deadline - time.monotonic()))
        except Empty:
            raise unavailable(self.settings, "did not answer in time") from None

    def _report(self, done: int, of: int) -> None:
        text = f"{self.settings.model} has judged {done} of {of} parts"
        self.progress(30 + 65 * done / of, text)

    def _judge(self, client: Client, request: Request, known: dict[str, str]) -> list[Judgement]:
        """Return the judgement of one request, of its halves where the answer was cut off.

        An answer that cannot be used is asked for once more and then given up: it is the fault of
        this part of the lecture alone. One that was blocked would be blocked again.
        """
        try:
            return [self._ask(client, request, known)]
        except CutOff as error:
            halves = request.halves()
            if not halves:
                return [Judgement(request, problem=str(error))]
        except BadAnswer as error:
            return [Judgement(request, problem=str(error))]
        known |= self.answers.find([self._key(half) for half in halves])
        return [j for half in halves if half.sent for j in self._judge(client, half, known)]

    def _ask(self, client: Client, request: Request, known: Mapping[str, str]) -> Judgement:
        """Return the judgement of one request, from what is known or by asking for it."""
        key = self._key(request)
        try:
            if key in known:
                judgement = _read(request, known[key])
                self.ledger.reuse()
                return judgement
            return self._pay(client, request, key)
        except (CutOff, _Blocked):
            raise
        except BadAnswer:
            return self._pay(client, request, key)

    def _pay(self, client: Client, request: Request, key: str) -> Judgement:
        """Ask, count the tokens, and keep the answer if it can be used."""
        self.ledger.check()
        response = call_again(
            lambda seconds: client.models.generate_content(
                model=self.settings.model,
                contents=request.write(),
                config=_config(self.settings, self.instructions, seconds),
            ),
            self.settings,
            self.deadline,
            self.over,
        )
        self.ledger.add(response.usage_metadata)
        answer = _unpack(response)
        try:
            judgement = _read(request, answer)
        except CutOff:
            self.answers.keep(key, answer)
            raise
        self.answers.keep(key, answer)
        return judgement

    def _key(self, request: Request) -> str:
        """Return the hash of all that decides an answer."""
        how = self.settings
        asked = [how.model, how.base_url, how.thinking_tokens, self.instructions, request.write()]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


class _Blocked(BadAnswer):
    """The service refused to answer."""


def _unpack(response: GenerateContentResponse) -> str:
    """Return the answer as it is kept: its text, or that it was cut off; _Blocked if it was."""
    candidates = response.candidates or []
    reason = candidates[0].finish_reason if candidates else None
    end = getattr(reason, "value", reason)
    feedback = response.prompt_feedback
    if (feedback and feedback.block_reason) or end not in {*USABLE, CUT_OFF}:
        raise _Blocked("the request was blocked")
    parts = (candidates[0].content and candidates[0].content.parts) if candidates else None
    text = "".join(part.text or "" for part in parts or () if not part.thought)
    return json.dumps({"end": end or "STOP", "text": "" if end == CUT_OFF else text})


def _read(request: Request, kept: str) -> Judgement:
    """Return the judgement that an answer gives of a request; BadAnswer if it gives none."""
    answer = json.loads(kept)
    if answer["end"] == CUT_OFF:
        raise CutOff("it was cut off")
    sent, topics = request.sent, request.topics
    titles, scores = read_answer(answer["text"], len(topics), len(sent))
    return Judgement(
        request,
        {topics[number - 1]: title for number, title in titles.items()},
        {sent[number - 1].index: score for number, score in scores.items()},
    )


def connect(settings: Gemini) -> Client:
    """Return a client that neither retries by itself nor carries the key to another address."""
    from google import genai
    from google.genai import types

    return genai.Client(
        api_key=settings.api_key,
        vertexai=False,
        http_options=types.HttpOptions(
            base_url=settings.base_url,
            timeout=int(1000 * settings.timeout_s),
            retry_options=types.HttpRetryOptions(attempts=1),
            client_args={"follow_redirects": False},
        ),
    )


def try_key(settings: Gemini, timeout_s: float = 5.0) -> str:
    """Return "" if the service knows key and model, else what it says about them."""
    from google.genai import types

    client = connect(replace(settings, timeout_s=timeout_s))
    try:
        client.models.get(model=settings.model, config=types.GetModelConfig())
    except Exception as error:  # noqa: BLE001 - the SDK lets through what its transport raises
        return describe(error)
    finally:
        client.close()
    return ""


def _config(settings: Gemini, instructions: str, timeout_s: float) -> GenerateContentConfig:
    from google.genai import types

    most = settings.thinking_tokens
    return types.GenerateContentConfig(
        thinking_config=None if most is None else types.ThinkingConfig(thinking_budget=most),
        system_instruction=instructions,
        temperature=0,
        seed=0,
        max_output_tokens=MAX_OUTPUT_TOKENS,
        response_mime_type="application/json",
        response_schema=Answer,
        http_options=types.HttpOptions(
            timeout=max(1, int(1000 * timeout_s)),
            retry_options=types.HttpRetryOptions(attempts=1),
        ),
    )
