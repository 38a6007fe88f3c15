"""Answers that are sent as gzip to whoever takes it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Header
from starlette.responses import JSONResponse, Response

from app.packed import Packed

AcceptEncoding = Annotated[str, Header(alias="accept-encoding", include_in_schema=False)]
FASTEST = 1
"""Level of gzip for what is made for one answer: half a millisecond for 10 kB."""


IfNoneMatch = Annotated[str, Header(description="`ETag` of an answer before.")]
NO_CACHE = "private, no-cache"
"""To be kept, and asked about each time: who may see it can change."""


def told_json(kind: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return how a route is documented whose body is JSON that is kept, with its tag."""
    answers = {200: {"model": kind}, 304: {"description": "Nothing has changed."}}
    return {"response_class": JSONResponse, "responses": answers}


def sent_kept(
    found: Packed,
    if_none_match: str,
    accepted: str,
    media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a body that is kept, or 304 to whoever has it already."""
    told = {"ETag": f'"{found.tag}"', "Cache-Control": NO_CACHE, **(headers or {})}
    if told["ETag"] in {part.strip().removeprefix("W/") for part in if_none_match.split(",")}:
        return Response(status_code=304, headers=told)
    return sent_packed(found.body, accepted, told, media_type)


def packed_json(body: Any, accepted: str, headers: Mapping[str, str]) -> Response:  # noqa: ANN401
    """Return a body as JSON, packed where that is taken."""
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return sent_packed(gzip.compress(text.encode(), FASTEST, mtime=0), accepted, headers)


def sent_packed(
    body: bytes, accepted: str, headers: Mapping[str, str], media_type: str = "application/json"
) -> Response:
    """Return what is gzip already, unpacked again for the few who cannot take it."""
    told = {**headers, "Vary": "Accept-Encoding"}
    if "gzip" not in accepted:
        return Response(gzip.decompress(body), headers=told, media_type=media_type)
    return Response(body, headers={**told, "Content-Encoding": "gzip"}, media_type=media_type)
