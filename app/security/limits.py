"""How often somebody may ask: a bucket in Redis for each person, key or address and kind of work.

A bucket holds what a minute allows and fills evenly (GCRA: one number a bucket, the moment at which
it is full again). All buckets of a request are looked at and taken from in one script, so that many
requests at once, through several apps, count as many. Without Redis nothing is counted: who signs
in is slowed down by `app.services.throttle`, which needs none.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import time
from collections.abc import Sequence
from functools import lru_cache
from math import ceil
from typing import Literal, NamedTuple, get_args

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from starlette.routing import compile_path

from app.security.identity import NOBODY, Principal
from app.security.routes import read_table, requirement
from app.settings import Settings

logger = logging.getLogger(__name__)

Rate = Literal["read", "write", "upload", "render", "login", "transfer", "address"]
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "WEBSOCKET"})
ANSWER_S = 0.5
"""Redis has this long to answer, and is then left alone for some seconds."""
AWAY_S = 5.0

KINDS = """
login    POST            /login
login    GET             /open
login    GET             /oidc/{step}
login    GET,POST        /invite/{token}
login    GET,POST        /reset/{token}
login    GET,POST        /s/{token}
login    POST            /api/v1/auth/login
login    POST            /api/v1/auth/refresh
upload   POST            /api/v1/uploads
upload   POST            /api/v1/uploads/form
transfer GET,PATCH       /api/v1/uploads/{id}
transfer GET             /app/static/media/{path:path}
transfer GET             /api/v1/files/{token}
render   GET             /api/v1/lectures/{id}/download.zip
render   GET             /api/v1/lectures/{id}/still.jpg
render   POST            /api/v1/lectures/{id}/layout/still.jpg
render   GET             /api/v1/clips/{id}/still.jpg
transfer GET             /api/v1/clips/{id}/{kind}
transfer GET             /api/v1/lectures/{id}/reel.{suffix}
transfer GET             /api/v1/lectures/{id}/podcast.{suffix}
render   POST            /api/v1/lectures/{id}/extras/{kind}
render   POST            /api/v1/lectures/{id}/lab/run
render   POST            /api/v1/lectures/{id}/layout/render
render   POST            /api/v1/jobs
render   POST            /api/v1/jobs/{id}/retry
render   POST            /api/v1/jobs/{id}/render
render   POST            /api/v1/sweeps
render   GET,POST        /api/v1/fit
free     GET             /api/v1/openapi.json
free     GET             /api/v1/docs
"""
"""Kinds of work that are not told by the method; the first line that fits counts.

What is `free` is not counted, like everything of Streamlit's own and our assets."""

COUNTED = ("/api/", "/account", "/share/")
"""Other addresses with a kind of their own, and reads elsewhere are free."""

TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local wait, least, filled, tightest = 0, math.huge, {}, 1
for i, key in ipairs(KEYS) do
    local step = 60000 / ARGV[i]
    local full = math.max(now, tonumber(redis.call('GET', key)) or 0) + step
    local left = math.floor((60000 - (full - now)) / step + 0.01)
    filled[i] = full
    if left < least then least, tightest = left, i end
    wait = math.max(wait, full - now - 60000.5)
end
if wait <= 0 then
    for i, key in ipairs(KEYS) do
        redis.call('SET', key, string.format('%.3f', filled[i]), 'PX', math.ceil(filled[i] - now))
    end
end
return {math.ceil(wait), math.max(0, least), tightest, math.ceil(filled[tightest] - now)}
"""

_PATTERNS: list[tuple[Rate | Literal["free"], str, re.Pattern[str]]] = [
    (kind, method, compile_path(path)[0]) for kind, method, path in read_table(KINDS)
]


class Verdict(NamedTuple):
    """What the tightest bucket of a request said."""

    rate: Rate
    limit: int
    """Requests that it allows a minute."""
    left: int
    """Requests that it would still take at once."""
    full_s: float
    """Seconds until it is full again."""
    wait_s: float
    """Seconds until this request would be taken; 0 says that it was."""

    @property
    def headers(self) -> dict[str, str]:
        """Return what tells programs of it (draft-ietf-httpapi-ratelimit-headers-10)."""
        told = {
            "RateLimit-Policy": f'"{self.rate}";q={self.limit};w=60',
            "RateLimit": f'"{self.rate}";r={self.left};t={ceil(self.full_s)}',
        }
        return {**told, "Retry-After": str(ceil(self.wait_s))} if self.wait_s else told

    @property
    def sentence(self) -> str:
        """Return why a request was not taken."""
        return (
            f"Too many requests ({self.rate}): {self.limit} a minute are answered;"
            f" go on in {ceil(self.wait_s)} s."
        )


@lru_cache(maxsize=4096)
def rate_of(method: str, path: str) -> Rate | None:
    """Return the kind of work that a request is, None for one that is not counted."""
    wanted = "GET" if method == "HEAD" else method
    for kind, one, pattern in _PATTERNS:
        if one == wanted and pattern.match(path):
            return None if kind == "free" else kind
    if not path.startswith(COUNTED) and method in SAFE_METHODS:
        return None
    return "read" if method in SAFE_METHODS or requirement(method, path) == "read" else "write"


def network_key(address: str) -> str:
    """Return what of an address counts as one sender: of IPv6 the first 64 bits."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if found.version == 4:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)


class Limits:
    """The buckets of one installation."""

    def __init__(self, settings: Settings, redis_url: str) -> None:
        self.on = settings.limits_hold
        self.rates: dict[Rate, int] = {
            rate: getattr(settings, f"rate_{rate}") for rate in get_args(Rate)
        }
        self.key_percent = settings.rate_key_percent
        self.redis = Redis.from_url(
            redis_url,
            socket_timeout=ANSWER_S,
            socket_connect_timeout=ANSWER_S,
            retry=Retry(NoBackoff(), retries=1),
        )
        self._away_until = 0.0

    def take(self, rate: Rate, principal: Principal, address: str) -> Verdict | None:
        """Count a request; None where nothing limits it, or Redis cannot be asked."""
        buckets = self._buckets(rate, principal, address)
        if not buckets or time.monotonic() < self._away_until:
            return None
        try:
            keys = [f"rate:{rate}:{name}" for rate, name, _ in buckets]
            limits = [limit for *_, limit in buckets]
            told = self.redis.eval(TAKE, len(keys), *keys, *limits)
        except RedisError as error:
            self._note_away(error)
            return None
        self._note_back()
        wait_ms, left, which, full_ms = told  # pyright: ignore[reportGeneralTypeIssues]
        rate, _, limit = buckets[which - 1]
        return Verdict(rate, limit, left, full_ms / 1000, wait_ms / 1000)

    def _buckets(
        self, rate: Rate, principal: Principal, address: str
    ) -> Sequence[tuple[Rate, str, int]]:
        """Return (kind, whose, requests a minute) of every bucket that a request takes from."""
        sender = f"ip:{network_key(address)}"
        if rate == "login" or principal is NOBODY:
            kind: Rate = "login" if rate == "login" else "address"
            found: list[tuple[Rate, str, int]] = [(kind, sender, self.rates[kind])]
        else:
            limit = self.rates[rate]
            guest = principal.via == "link"
            found = [(rate, f"link:{principal.handle}" if guest else principal.id, limit)]
            if principal.via == "key" and limit:
                share = max(1, limit * self.key_percent // 100)
                found.append((rate, f"key:{principal.handle}", share))
        return [one for one in found if one[2]]

    def _note_away(self, error: RedisError) -> None:
        if not self._away_until:
            logger.warning("rates are not counted: no broker", extra={"reason": str(error)[:200]})
        self._away_until = time.monotonic() + AWAY_S

    def _note_back(self) -> None:
        if self._away_until:
            logger.info("rates are counted again")
            self._away_until = 0.0

    def close(self) -> None:
        """Close the connections."""
        self.redis.close()
