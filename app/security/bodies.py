"""Bodies of requests, never more of them in memory than is allowed."""

from __future__ import annotations

from starlette.requests import Request

from app.api.problems import BadRequest


async def read_body(request: Request, most: int) -> bytes:
    """Return a request's body, or refuse one of more than `most` bytes while it comes."""
    body = bytearray()
    async for block in request.stream():
        body += block
        if len(body) > most:
            raise BadRequest(f"A body has at most {most} bytes.")
    return bytes(body)
