"""Gemini through google-genai: asked topic by topic, within a budget of time, or done without."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from agents.content.answer import Answer, BadAnswer, read_answer
from agents.content.judgement import Judgement, Request, divide, merge, write_cues
from agents.errors import AnalyzerUnavailable
from agents.registry import Gemini
from agents.types import Content, Notice

if TYPE_CHECKING:
    from google.genai import Client
    from google.genai.types import GenerateContentConfig, GenerateContentResponse

logger = logging.getLogger(__name__)

BUDGET_S = 60.0
"""All requests of a lecture together take no longer, retries included."""
ATTEMPTS = 4
FIRST_WAIT_S = 0.5
AT_ONCE = 4
"""So many requests are under way at a time."""
_TRANSIENT = {408, 429, 500, 502, 503, 504}


@cache
def read_prompt() -> str:
    """Return the instructions that go with every request."""
    return Path(__file__).with_name("prompt.md").read_text("utf-8")


@cache
def prompt_sha256() -> str:
    """Return the hash that stands for the instructions in the stage key."""
    return hashlib.sha256(read_prompt().encode()).hexdigest()


def judge_content(
    content: Content,
    settings: Gemini,
    *,
    progress: Callable[[float, str], None],
) -> Content:
    """Return `content` with Gemini's judgement and titles, or as it was with a notice of why not.

    A topic whose answer cannot be used keeps its local title and a judgement of 0. When Gemini
    cannot be reached within the budget nothing of it is used, as half a lecture judged would
    favour that half.
    """
    requests = divide(content)
    try:
        judged = ask_all(requests, settings, progress)
    except AnalyzerUnavailable as error:
        logger.info("gemini unavailable", extra={"reason": error.message})
        return replace(content, notices=(*content.notices, Notice(error.code, error.message)))
    return merge(content, requests, judged, settings.model)


def ask_all(
    requests: Sequence[Request],
    settings: Gemini,
    progress: Callable[[float, str], None],
) -> list[Judgement]:
    """Return the judgement of every request, several asked at a time."""
    deadline = time.monotonic() + BUDGET_S
    client = connect(settings)
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="gemini")
    try:
        waiting = [pool.submit(ask, client, settings, request, deadline) for request in requests]
        judged = []
        for future in waiting:
            judged.append(future.result(timeout=max(0.0, deadline - time.monotonic())))
            done = 30 + 65 * len(judged) / len(requests)
            progress(done, f"{settings.model} has judged {len(judged)} of {len(requests)} parts")
        return judged
    except TimeoutError as error:
        raise _unavailable(settings, "did not answer in time") from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        client.close()


def connect(settings: Gemini) -> Client:
    """Return a client that does not retry by itself."""
    from google import genai
    from google.genai import types

    return genai.Client(
        api_key=settings.api_key,
        vertexai=False,
        http_options=types.HttpOptions(
            base_url=settings.base_url,
            timeout=int(1000 * settings.timeout_s),
            retry_options=types.HttpRetryOptions(attempts=1),
        ),
    )


def ask(client: Client, settings: Gemini, request: Request, deadline: float) -> Judgement:
    """Return the judgement of one request.

    Raises AnalyzerUnavailable if no answer came before the deadline. An answer that cannot be
    used is asked for once more and then given up: it is the fault of this topic alone.
    """
    problem = ""
    for _ in range(2):
        response = _generate(client, settings, request, deadline)
        feedback, usage = response.prompt_feedback, response.usage_metadata
        try:
            if feedback and feedback.block_reason:
                raise BadAnswer("the request was blocked")
            title, scores = read_answer(response.text, {cue.index for cue in request.cues})
            return Judgement(title, scores, (usage.total_token_count or 0) if usage else 0)
        except BadAnswer as error:
            problem = str(error)
    return Judgement(problem=problem)


def _generate(
    client: Client, settings: Gemini, request: Request, deadline: float
) -> GenerateContentResponse:
    """Return the response to one request, retried until the deadline."""
    import stamina

    def pause_before_retry(error: Exception) -> bool | float:
        seconds = _retry_after(error)
        return False if time.monotonic() + (seconds or 0.0) >= deadline else seconds or False

    try:
        for attempt in stamina.retry_context(
            on=pause_before_retry, attempts=ATTEMPTS, timeout=None
        ):
            with attempt:
                return client.models.generate_content(
                    model=settings.model,
                    contents=write_cues(request),
                    config=_config(min(settings.timeout_s, deadline - time.monotonic())),
                )
    except Exception as error:  # the SDK lets through whatever its transport raises
        raise _unavailable(settings, _describe(error)) from error
    raise _unavailable(settings, "did not answer")


def _config(timeout_s: float) -> GenerateContentConfig:
    from google.genai import types

    return types.GenerateContentConfig(
        system_instruction=read_prompt(),
        temperature=0,
        seed=0,
        max_output_tokens=16384,
        response_mime_type="application/json",
        response_schema=Answer,
        http_options=types.HttpOptions(
            timeout=max(1, int(1000 * timeout_s)),
            retry_options=types.HttpRetryOptions(attempts=1),
        ),
    )


def _retry_after(error: Exception) -> float | None:
    """Return after how many seconds to ask again, None where that is of no use."""
    code = getattr(error, "code", None)
    if isinstance(code, int):
        headers = getattr(getattr(error, "response", None), "headers", None) or {}
        asked = str(headers.get("retry-after", ""))
        wait = float(asked) if asked.isdigit() else FIRST_WAIT_S
        return max(wait, FIRST_WAIT_S) if code in _TRANSIENT else None
    return FIRST_WAIT_S if type(error).__module__.partition(".")[0].startswith("httpx") else None


def _describe(error: Exception) -> str:
    code = getattr(error, "code", None)
    if code in {401, 403}:
        return "refused the key"
    return f"answered with error {code}" if isinstance(code, int) else "could not be reached"


def _unavailable(settings: Gemini, what: str) -> AnalyzerUnavailable:
    return AnalyzerUnavailable(f"{settings.model} {what}, so the local analysis stands alone.")
