"""Answers that are sent as gzip to whoever takes it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Header
from starlette.responses import Response

AcceptEncoding = Annotated[str, Header(alias="accept-encoding", include_in_schema=False)]
FASTEST = 1
"""Level of gzip for what is made for one answer: half a millisecond for 10 kB."""


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
