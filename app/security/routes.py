"""What each address needs, in one table; one that is not in it is for administrators.

`open` needs nobody. The other words are permissions: a role or key must hold them, or the answer is
401 or 403. Whether a lecture is theirs is asked by the services, which see its id.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Literal

from starlette.routing import compile_path

from app.security.identity import Permission

Requirement = Permission | Literal["open", "never"]

TABLE = """
open   GET            /healthz
open   GET            /login
open   POST           /login
open   POST           /logout
open   GET            /open
open   GET            /oidc/start
open   GET            /oidc/callback
open   GET,POST       /invite/{token}
open   GET,POST       /reset/{token}
open   GET,POST       /s/{token}
open   OPTIONS        /api/{path:path}
read   GET,POST       /account
write  GET,POST       /share/{id}
read   GET            /assets/{name}
read   GET            /review
read   GET            /tune

read   GET            /app/static/media/lectures/{id}/source
read   GET            /app/static/media/lectures/{id}/poster
read   GET            /app/static/media/lectures/{id}/slides/{job}/{index:int}
read   GET            /app/static/media/lectures/{id}/reel.{suffix}
read   GET            /app/static/media/lectures/{id}/podcast.{suffix}
read   GET            /app/static/media/clips/{id}/{kind}

open   POST           /api/v1/auth/login
open   POST           /api/v1/auth/refresh
open   POST           /api/v1/auth/logout
read   GET            /api/v1/me
read   GET,POST       /api/v1/keys
read   DELETE         /api/v1/keys/{id}
admin  GET,POST       /api/v1/users
admin  GET,PATCH      /api/v1/users/{id}
admin  POST           /api/v1/users/{id}/reset-link
admin  DELETE         /api/v1/users/{id}/sessions
admin  POST           /api/v1/invitations
admin  GET            /api/v1/sessions
admin  DELETE         /api/v1/sessions/{family}
admin  GET            /api/v1/lockouts
admin  DELETE         /api/v1/lockouts/{subject}
admin  GET            /api/v1/audit
admin  GET            /api/v1/work
admin  GET            /api/v1/storage
read   GET            /api/v1/openapi.json
read   GET            /api/v1/docs
write  POST           /api/v1/uploads
write  GET,PATCH      /api/v1/uploads/{id}
write  DELETE         /api/v1/uploads/{id}
write  PUT            /api/v1/uploads/{id}/captions
write  POST           /api/v1/uploads/form
write  POST           /api/v1/uploads/parts
write  GET,POST       /api/v1/uploads/{id}/parts
write  POST           /api/v1/uploads/{id}/complete
read   GET            /api/v1/lectures
read   GET            /api/v1/lectures/{id}
write  PATCH,DELETE   /api/v1/lectures/{id}
write  POST           /api/v1/lectures/{id}/restore
write  GET,POST       /api/v1/lectures/{id}/shares
write  DELETE         /api/v1/lectures/{id}/shares/{share}
read   GET            /api/v1/lectures/{id}/bundle
read   GET            /api/v1/lectures/{id}/peaks
read   GET            /api/v1/lectures/{id}/wave
read   GET            /api/v1/lectures/{id}/silence
read   GET            /api/v1/lectures/{id}/transcript.{suffix}
read   GET            /api/v1/lectures/{id}/chapters.{suffix}
read   GET            /api/v1/lectures/{id}/cutlist.{suffix}
read   GET            /api/v1/lectures/{id}/layout
write  PUT            /api/v1/lectures/{id}/layout
read   POST           /api/v1/lectures/{id}/layout/composed
read   GET            /api/v1/lectures/{id}/still.jpg
read   GET            /api/v1/lectures/{id}/lab
read   POST           /api/v1/lectures/{id}/plan
read   GET            /api/v1/lectures/{id}/marks
write  POST,DELETE    /api/v1/lectures/{id}/marks
read   GET            /api/v1/lectures/{id}/downloads
read   GET            /api/v1/lectures/{id}/extras
write  POST           /api/v1/lectures/{id}/extras/{kind}
write  POST           /api/v1/lectures/{id}/extras/{kind}/cancel
read   GET            /api/v1/lectures/{id}/download.zip
read   GET            /api/v1/lectures/{id}/reel.{suffix}
read   GET            /api/v1/lectures/{id}/podcast.{suffix}
read   GET            /api/v1/clips/{id}/still.jpg
read   GET            /api/v1/clips/{id}/{kind}
write  POST           /api/v1/clips/{id}/links/{kind}
write  POST           /api/v1/lectures/{id}/links/{kind}.{suffix}
open   GET            /api/v1/files/{token}
read   GET            /api/v1/jobs
write  POST           /api/v1/jobs
read   GET            /api/v1/jobs/{id}
read   GET            /api/v1/jobs/{id}/log
write  POST           /api/v1/jobs/{id}/cancel
write  POST           /api/v1/jobs/{id}/retry
read   GET            /api/v1/jobs/{id}/events
read   WEBSOCKET      /api/v1/jobs/{id}/ws
read   GET            /api/v1/jobs/{id}/silences
read   GET            /api/v1/jobs/{id}/transcript
read   GET            /api/v1/jobs/{id}/layouts
read   GET            /api/v1/jobs/{id}/slides
read   GET            /api/v1/jobs/{id}/topics
read   GET            /api/v1/jobs/{id}/sentences
read   GET            /api/v1/jobs/{id}/clips
read   GET            /api/v1/jobs/{id}/features
read   GET            /api/v1/jobs/{id}/compare/{other}
read   GET            /api/v1/jobs/{id}/edits
write  POST           /api/v1/jobs/{id}/edits
write  POST           /api/v1/jobs/{id}/render
write  POST           /api/v1/jobs/{id}/show
read   GET            /api/v1/clips/{id}
read   GET            /api/v1/lectures/{id}/runs
read   GET            /api/v1/lectures/{id}/sweeps
write  POST           /api/v1/lectures/{id}/lab/run
write  POST           /api/v1/lectures/{id}/layout/render
read   GET            /api/v1/search
tune   POST           /api/v1/sweeps
read   GET            /api/v1/sweeps/{id}
tune   POST           /api/v1/sweeps/{id}/cancel
read   POST           /api/v1/lectures/{id}/layout/still.jpg
read   GET            /api/v1/tuning/schema
read   GET            /api/v1/tuning/defaults
read   POST,PUT       /api/v1/tuning/toml
tune   GET,POST       /api/v1/fit
read   GET            /api/v1/presets
write  POST           /api/v1/presets
write  DELETE         /api/v1/presets/{id}
read   GET            /api/v1/me/data.zip
read   POST           /api/v1/me/erase
admin  GET            /api/v1/users/{id}/data.zip
admin  POST           /api/v1/users/{id}/erase

open   GET            /_stcore/health
never  GET,POST       /_stcore/agent/{path:path}
never  GET,POST       /auth/{path:path}
never  GET            /oauth2callback
admin  GET            /_stcore/metrics
read   WEBSOCKET      /_stcore/stream
write  PUT,DELETE     /_stcore/upload_file/{path:path}
read   GET            /{path:path}
"""
"""Requirement, methods (GET stands for HEAD too) and address; the first line that fits counts."""


def read_table(table: str = TABLE) -> list[tuple[Any, str, str]]:
    """Return (requirement, method, address) of every line."""
    rows = []
    for line in filter(None, map(str.strip, table.splitlines())):
        need, methods, path = line.split()
        rows += [(need, method, path) for method in methods.split(",")]
    return rows


_PATTERNS: list[tuple[Requirement, str, re.Pattern[str]]] = [
    (need, method, compile_path(path)[0]) for need, method, path in read_table()
]


@lru_cache(maxsize=4096)
def requirement(method: str, path: str) -> Requirement:
    """Return what a request needs; WEBSOCKET is the method of a WebSocket."""
    wanted = "GET" if method == "HEAD" else method
    for need, one, pattern in _PATTERNS:
        if one == wanted and pattern.match(path):
            return need
    return "admin"
