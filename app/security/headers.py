"""What every answer carries: the security headers, in place of any of the same name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.types import Message

if TYPE_CHECKING:
    from app.security.gate import Asked

HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?")

# Streamlit needs inline and evaluated script, and blob: modules for its components.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self' data:",
        "connect-src 'self' {sockets}",
        "worker-src 'self' blob:",
        "frame-src 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)

FIXED_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
FORM_REFERRER = "same-origin"
"""Of pages with plain forms: with `no-referrer` browsers send `Origin: null` along."""
HSTS = "max-age=31536000; includeSubDomains"


def set_headers(message: Message, asked: Asked) -> None:
    """Put the security headers on a starting response, in place of any of the same name."""
    headers = MutableHeaders(scope=message)
    referrer = headers.get("referrer-policy", "")
    for name, value in FIXED_HEADERS.items():
        headers[name] = value
    if referrer == FORM_REFERRER:
        headers["Referrer-Policy"] = referrer
    sockets = f"ws://{asked.host} wss://{asked.host}" if host_name(asked.host) else ""
    headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.format(sockets=sockets)
    if asked.secure:
        headers["Strict-Transport-Security"] = HSTS
    if asked.path.startswith("/api/"):
        headers.setdefault("Cache-Control", "no-store")


def host_name(host: str) -> str:
    """Return the name of a Host header, "" for a malformed one: "[::1]:8501" -> "::1"."""
    match = HOST.fullmatch(host.lower())
    return match[1].strip("[]") if match else ""
