"""What counts as a use of a session: what a person does, not what an open page asks by itself."""

from __future__ import annotations

import re
from functools import lru_cache

from starlette.routing import compile_path
from starlette.types import Message

from app.security.routes import read_table

ASKED_BY_PAGES = """
poll GET         /healthz
poll GET         /_stcore/{path:path}
poll WEBSOCKET   /_stcore/stream
poll WEBSOCKET   /api/v1/jobs/{id}/ws
poll GET         /api/v1/jobs/{id}/events
poll GET         /app/static/media/lectures/{id}/poster
"""
"""Addresses that a page left open comes to by itself, a cut connection included."""

_PATTERNS: list[tuple[str, re.Pattern[str]]] = [
    (method, compile_path(path)[0]) for _, method, path in read_table(ASKED_BY_PAGES)
]


@lru_cache(maxsize=4096)
def is_use(method: str, path: str) -> bool:
    """Return whether a request says that somebody is there."""
    return not any(one == method and pattern.match(path) for one, pattern in _PATTERNS)


def is_deed(message: Message) -> bool:
    """Return whether a message of a page's WebSocket says that somebody is there.

    A fragment that runs every few seconds is asked for by the page, and so is the heartbeat.
    """
    from google.protobuf.message import DecodeError
    from streamlit.proto.BackMsg_pb2 import BackMsg

    if not message.get("bytes"):
        return False
    try:
        told = BackMsg.FromString(message["bytes"])
    except DecodeError:
        return False
    if told.WhichOneof("type") == "rerun_script":
        return not told.rerun_script.is_auto_rerun
    return not told.HasField("app_heartbeat")
