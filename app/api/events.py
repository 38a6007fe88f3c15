"""A job's progress as it happens: server-sent events for programs, a WebSocket for the page.

Both send a snapshot first and then the stream from the snapshot's id; a client that was cut off
names the last id it saw and goes on from there.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Annotated, Any

from anyio import CancelScope, to_thread
from fastapi import APIRouter, Header
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.responses import Response, StreamingResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from agents.errors import LectureError, NotFound
from app.services.root import current_services
from app.shutdown import stopping
from jobs.progress import FINAL, Event, is_final, read_entries, stream_key

BLOCK_MS = 5_000
"""A silent stream is answered with a comment this often, which also notices a lost client."""
STREAM_ID = re.compile(r"\d{1,20}-\d{1,20}")
EVENT_SCHEMA = {
    "type": "object",
    "properties": {
        "event": {"enum": ["snapshot", "event", "unavailable"]},
        "id": {"type": "string", "description": "`Last-Event-ID` of a later request."},
        "data": {"type": "string", "contentMediaType": "application/json"},
        "retry": {"type": "integer"},
    },
}
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The stream; it ends with the job.",
        "content": {"text/event-stream": {"schema": EVENT_SCHEMA}},
    }
}

router = APIRouter(prefix="/jobs/{id}", tags=["events"])


async def follow(job_id: str, after_id: str | None) -> AsyncGenerator[Event | None]:
    """Yield a job's snapshot, then its events until the final one; None when nothing happened.

    With `after_id` the snapshot is left out and the stream goes on from there.
    """
    services = current_services()
    position = after_id
    if position is None:
        first = await to_thread.run_sync(services.jobs.snapshot, job_id)
        yield {"type": "snapshot", **first}
        if first["status"] in FINAL:
            return
        position = first["id"]
    async with (
        _connected(services.redis_url) as redis,
        aclosing(_stream(redis, job_id, position)) as stream,
    ):
        async for event in stream:
            yield event


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Redis]:
    """Yield a client that is closed even where the one who waited was cancelled."""
    redis = Redis.from_url(url, socket_timeout=BLOCK_MS / 1000 + 10)
    try:
        yield redis
    finally:
        with CancelScope(shield=True):
            await redis.aclose()


async def _stream(redis: Redis, job_id: str, position: str) -> AsyncGenerator[Event | None]:
    block_ms = 1
    while True:
        events = await _read(redis, stream_key(job_id), position, block_ms)
        block_ms = BLOCK_MS
        if events is None:
            return
        if not events:
            # An emptied Redis forgets the final event; the database does not.
            state = await to_thread.run_sync(current_services().jobs.snapshot, job_id)
            if state["status"] in FINAL:
                yield {"type": "snapshot", **state}
                return
            yield None
        for event in events:
            position = event["id"]
            yield {"type": "event", **event}
            if is_final(event):
                return


async def _read(redis: Redis, key: str, position: str, block_ms: int) -> list[Event] | None:
    """Return the next events of a stream, none after a silent wait, None when the app stops."""
    read = asyncio.ensure_future(redis.xread({key: position}, count=100, block=block_ms))
    stop = asyncio.ensure_future(stopping().wait())
    try:
        await asyncio.wait({read, stop}, return_when=asyncio.FIRST_COMPLETED)
        return list(read_entries(read.result())) if read.done() else None
    finally:
        read.cancel()
        stop.cancel()
        with CancelScope(shield=True):
            await asyncio.gather(read, stop, return_exceptions=True)


@router.get("/events", response_class=StreamingResponse, responses=STREAM)
async def follow_events(
    id: str,
    last_event_id: Annotated[
        str | None, Header(description="`id` of the last event that was seen.")
    ] = None,
) -> Response:
    """Stream a job's progress as server-sent events: its state first, then what happens.

    `snapshot` and `event` carry a JSON object each; `Last-Event-ID` goes on from there without the
    snapshot. `unavailable` says that the broker does not answer; the client comes back by itself.
    The same as JSON messages: the WebSocket `/api/v1/jobs/{id}/ws`, where `?after=` goes on.
    """
    await to_thread.run_sync(current_services().jobs.get, id)
    headers = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
    lines = _lines(id, _last_id(last_event_id))
    return StreamingResponse(lines, 200, headers, "text/event-stream")


async def _lines(job_id: str, after_id: str | None) -> AsyncIterator[str]:
    yield "retry: 2000\n\n"
    try:
        async with aclosing(follow(job_id, after_id)) as events:
            async for event in events:
                yield ": still there\n\n" if event is None else _block(event)
    except (RedisError, LectureError):
        # The client comes back by itself and gets a snapshot or this sentence again.
        yield "event: unavailable\ndata: {}\n\n"


def _block(event: Event) -> str:
    return f"id: {event['id']}\nevent: {event['type']}\ndata: {json.dumps(event)}\n\n"


@router.websocket("/ws")
async def socket(ws: WebSocket, id: str) -> None:
    """Send a job's progress over a WebSocket; `?after=` resumes."""
    try:
        await to_thread.run_sync(current_services().jobs.get, id)
    except NotFound:
        await ws.close(4404)
        return
    await ws.accept()
    pump = asyncio.create_task(_pump(ws, id, _last_id(ws.query_params.get("after"))))
    try:
        # Reading notices the disconnect; a route that only sends would outlive the client.
        while (await ws.receive())["type"] != "websocket.disconnect":
            pass
    finally:
        pump.cancel()
        # Shielded: a second cancel of this task would reach the pump while it closes its client.
        with CancelScope(shield=True):
            await asyncio.wait({pump})


async def _pump(ws: WebSocket, job_id: str, after_id: str | None) -> None:
    try:
        async with aclosing(follow(job_id, after_id)) as events:
            async for event in events:
                if event is not None:
                    await ws.send_json(event)
        await ws.close(1000)
    except (RedisError, LectureError):
        await _close(ws, 1013)  # try again later
    except (WebSocketDisconnect, RuntimeError):
        return


async def _close(ws: WebSocket, code: int) -> None:
    with suppress(RuntimeError, WebSocketDisconnect):
        await ws.close(code)


def _last_id(text: str | None) -> str | None:
    return text if text and STREAM_ID.fullmatch(text) else None
