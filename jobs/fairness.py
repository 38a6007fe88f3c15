"""Whose turn it is: workers take work by owner, so that nobody waits behind all of another's.

An idle worker gives its time to the owner for whom the fewest stages are at work, of those to the
one who was served longest ago. Of one person's work what somebody is waiting for comes first: runs
that only change what is known, then first runs, the oldest first and each to its end; then sweeps.
RQ's own list, registries and intermediate queue stay as they are: only which entry of the list is
moved is decided here, in one script, when a worker asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from redis import Redis
from rq import Queue
from rq.intermediate_queue import IntermediateQueue
from rq.job import Job as Delivery
from rq.registry import StartedJobRegistry

from data.records import Job, Sweep, now

LOOKED_AT = 2_000
"""Entries of the queue that are looked at, 4 ms a thousand; beyond them order is by arrival."""
SERVED = "served"
"""Hash of owner to the number of their last turn."""
FORGOTTEN_S = 86_400
Rank = Literal[0, 1, 2]

TAKE = """
local waiting = redis.call('LRANGE', KEYS[1], 0, ARGV[2] - 1)
if #waiting == 0 then return false end
local function about(id)
    local meta = redis.call('HGET', ARGV[1] .. id, 'meta')
    local read, told = pcall(cjson.decode, meta or '')
    if read and type(told) == 'table' and told.owner then return told.owner, told.turn end
    return nil, ''
end
local busy = {}
local function count(id)
    local owner = about(id)
    if owner then busy[owner] = (busy[owner] or 0) + 1 end
end
for _, id in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do count(id) end
for _, name in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do
    count(string.match(name, '^(.*):') or name)
end
local seen, best = {}, nil
for _, id in ipairs(waiting) do
    local owner, turn = about(id)
    if owner and not seen[owner] then
        seen[owner] = tonumber(redis.call('HGET', KEYS[4], owner)) or 0
    end
    local one = {id, owner, owner and busy[owner] or 0, owner and seen[owner] or 0, turn}
    local better = best == nil or one[3] < best[3]
        or (one[3] == best[3] and (one[4] < best[4] or (one[4] == best[4] and one[5] < best[5])))
    if better then best = one end
end
redis.call('LREM', KEYS[1], 1, best[1])
redis.call('RPUSH', KEYS[2], best[1])
if best[2] then
    redis.call('HSET', KEYS[4], best[2], redis.call('HINCRBY', KEYS[4], '', 1))
    redis.call('EXPIRE', KEYS[4], ARGV[3])
end
return best[1]
"""


class FairQueue(Queue):
    """RQ's queue, from which the entry is taken whose owner has waited for it longest."""

    @classmethod
    def lmove(
        cls, connection: Redis, queue_key: str, timeout: int | None
    ) -> tuple[str, bytes] | None:
        """Move the entry whose turn it is into the intermediate queue; wait where there is none."""
        name = cls.from_queue_key(queue_key, connection=connection).name
        keys = (
            queue_key,
            IntermediateQueue(queue_key, connection).key,
            StartedJobRegistry(name, connection=connection).key,
            f"{queue_key}:{SERVED}",
        )
        prefix = Delivery.redis_job_namespace_prefix
        taken: Any = connection.eval(TAKE, len(keys), *keys, prefix, LOOKED_AT, FORGOTTEN_S)
        return (queue_key, taken) if taken else super().lmove(connection, queue_key, timeout)


def turn_of(owner: str, rank: Rank, since: datetime) -> Mapping[str, str]:
    """Return what RQ keeps with an entry for its order: whose it is, and where in their line."""
    return {"owner": owner, "turn": f"{rank} {since:%Y-%m-%dT%H:%M:%S.%f}"}


def turn_of_job(job: Job, owner: str) -> Mapping[str, str]:
    """Return the turn of a run's stages: one that changes another run goes before first runs."""
    return turn_of(owner, 1 if job.parent is None else 0, job.created)


def turn_of_sweep(sweep: Sweep) -> Mapping[str, str]:
    """Return the turn of a sweep: after what people wait for."""
    return turn_of(sweep.owner, 2, sweep.created)


def turn_of_errand(owner: str) -> Mapping[str, str]:
    """Return the turn of what somebody asked for on a page just now."""
    return turn_of(owner, 0, now())
