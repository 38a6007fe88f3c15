"""Forms of plain HTML pages, never more of one in memory than is allowed."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request

from agents.errors import LectureError

MOST_BYTES = 20_000


async def read_fields(request: Request) -> list[tuple[str, str]]:
    """Return the fields of a form that was sent, or refuse one that is too long while it comes."""
    body = bytearray()
    async for block in request.stream():
        body += block
        if len(body) > MOST_BYTES:
            raise LectureError(f"A form has at most {MOST_BYTES} bytes.", code="bad_request")
    try:
        return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=50)
    except ValueError as error:
        raise LectureError("A form has at most 50 fields.", code="bad_request") from error
