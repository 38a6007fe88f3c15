"""What Gemini costs: tokens as its API reports them, money from a small dated table of prices."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field, ValidationError

from agents.errors import AnalyzerUnavailable, TuningError
from agents.registry import Gemini
from agents.types import Usage

if TYPE_CHECKING:
    from google.genai.types import GenerateContentResponseUsageMetadata

PRICES = Path(__file__).with_name("prices.json")
CHARS_PER_TOKEN = 3
"""Of marked text, for estimates before anything is sent; the API counts exactly afterwards."""

Money = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Price(BaseModel):
    """US dollars per million tokens; thinking is charged as output."""

    input: Money
    output: Money
    cached: Money | None = None
    """Input that the service had in its cache; as much as other input when left out."""

    def of(self, usage: Usage) -> float:
        """Return what these tokens cost in US dollars."""
        cached = self.input if self.cached is None else self.cached
        fresh = usage.input_tokens - usage.cached_tokens
        said = usage.output_tokens + usage.thinking_tokens
        return (fresh * self.input + usage.cached_tokens * cached + said * self.output) / 1e6


class Prices(BaseModel):
    """A table of prices, and when it was right."""

    dated: str
    source: str = ""
    models: dict[str, Price]


@lru_cache(maxsize=8)
def read_prices(path: Path | None = None) -> Prices:
    """Return the table at `path`, or the one that is shipped; TuningError if it is none."""
    try:
        return Prices.model_validate_json((path or PRICES).read_text("utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        raise TuningError(f"{path} is no table of prices like {PRICES.name}") from error


@dataclass
class Ledger:
    """What one run has used so far, and whether it may ask for more; threads share it."""

    settings: Gemini
    prompt: str
    used: Usage = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        prices = read_prices(self.settings.prices)
        self.price = prices.models.get(self.settings.model.removeprefix("models/"))
        self.used = Usage(
            self.settings.model,
            self.prompt,
            usd=None if self.price is None else 0.0,
            priced="" if self.price is None else prices.dated,
        )

    def add(self, counted: GenerateContentResponseUsageMetadata | None) -> None:
        """Count an answer."""
        with self._lock:
            used = replace(
                self.used,
                requests=self.used.requests + 1,
                input_tokens=self.used.input_tokens + _count(counted, "prompt_token_count"),
                cached_tokens=self.used.cached_tokens
                + _count(counted, "cached_content_token_count"),
                output_tokens=self.used.output_tokens + _count(counted, "candidates_token_count"),
                thinking_tokens=self.used.thinking_tokens + _count(counted, "thoughts_token_count"),
            )
            self.used = used if self.price is None else replace(used, usd=self.price.of(used))

    def reuse(self) -> None:
        """Count an answer that was known already."""
        with self._lock:
            self.used = replace(self.used, reused=self.used.reused + 1)

    def check(self, chars: int = 0) -> None:
        """Raise AnalyzerUnavailable if this many characters more would pass the budget."""
        with self._lock:
            used = replace(
                self.used, input_tokens=self.used.input_tokens + chars // CHARS_PER_TOKEN
            )
        most, dollars = self.settings.max_tokens, self.settings.max_usd
        cost = 0.0 if self.price is None else self.price.of(used)
        if used.tokens > most:
            raise self._refused(f"{used.tokens} tokens or more", f"{most}")
        if cost > dollars:
            raise self._refused(f"${cost:.4f} or more", f"${dollars:.4f}")

    def _refused(self, what: str, most: str) -> AnalyzerUnavailable:
        return AnalyzerUnavailable(
            f"{self.settings.model} would take {what} and a run may use {most},"
            " so the local analysis stands alone."
        )


def _count(counted: GenerateContentResponseUsageMetadata | None, name: str) -> int:
    return max(0, getattr(counted, name, None) or 0)
