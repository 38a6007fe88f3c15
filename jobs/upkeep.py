"""When things are cleared away: once an hour, by one worker, beside running jobs."""

from __future__ import annotations

from redis import Redis

LOCK = "lock:upkeep"
EVERY_S = 3600


def claim_upkeep(redis: Redis) -> bool:
    """Become the one worker that clears away within this hour."""
    return bool(redis.set(LOCK, "1", nx=True, ex=EVERY_S))
