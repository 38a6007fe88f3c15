"""Words and numbers for people, and other people's words made harmless for Markdown."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Literal

from agents.types import Usage

Colour = Literal["gray", "blue", "green", "red", "orange"]

STATES: dict[str, tuple[str, Colour]] = {
    "queued": ("Waiting", "gray"),
    "running": ("Running", "blue"),
    "completed": ("Ready", "green"),
    "failed": ("Failed", "red"),
    "cancelled": ("Cancelled", "orange"),
}
"""State of a job -> its name for people and the colour of its badge."""
ACTIVE = {"queued", "running"}
"""States of a job that is not at its end."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$&])")

_AUTOLINK = re.compile(r"(?i)(https?:|www)(?=//|\.)|@|:(?=[a-z+])")
_JOINER = "\u2060"
"""Takes no room; without it a bare address becomes a link, and `:name:` a picture, even escaped."""
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Signs that turn round the text after them, also what the page itself says there."""


def bare(text: str) -> str:
    """Return text for a place that reads no Markdown, such as the options of a choice."""
    return _TURNING.sub("", " ".join(text.split()))


def plain(text: str) -> str:
    """Return text that Markdown shows as it is: no link, image, formula or directive fires."""
    return _SPECIAL.sub(r"\\\1", _AUTOLINK.sub(rf"\g<0>{_JOINER}", bare(text)))


def sentence(text: str) -> str:
    """Return text that begins as a sentence does."""
    return text[:1].upper() + text[1:]


def clock(seconds: float) -> str:
    """Return 75.2 as 1:15 and 3675 as 1:01:15."""
    whole = max(0, int(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def length(seconds: float | None) -> str:
    """Return 75.2 as "1 min 15 s" and None as "length not known yet"."""
    if seconds is None:
        return "length not known yet"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"


def ago(moment: datetime, now: datetime | None = None) -> str:
    """Return how long a UTC moment is past: "just now", "5 min ago", "3 h ago", "2026-11-22"."""
    now = now or datetime.now(UTC).replace(tzinfo=None)
    seconds = (now - moment).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min ago"
    if seconds < 86_400:
        return f"{seconds // 3600:.0f} h ago"
    return moment.date().isoformat()


def file_size(size: int) -> str:
    """Return bytes as MB or GB for people."""
    if size >= 1e9:
        return f"{size / 1e9:.1f} GB"
    return f"{size / 1e6:.1f} MB" if size < 1e8 else f"{size / 1e6:.0f} MB"


def usage_line(usage: Usage) -> str:
    """Return what a run spent on an outside model, in one sentence."""
    if not usage.requests:
        return f"{usage.model} was not asked: {usage.reused} answers were known from earlier."
    known = f", {usage.reused} answers were known" if usage.reused else ""
    tokens = f"{usage.input_tokens:,} tokens in ({usage.cached_tokens:,} cached)"
    said = f"{usage.output_tokens:,} out, {usage.thinking_tokens:,} thinking"
    cost = "price not known"
    if usage.usd is not None:
        cost = f"about ${usage.usd:.4f} at the prices of {usage.priced}"
    return f"{usage.model} gave {usage.requests} answers{known}: {tokens}, {said}; {cost}."
