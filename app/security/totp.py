"""The second factor: six digits that change every 30 seconds (TOTP, RFC 6238)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
import time
from urllib.parse import quote

STEP_S = 30
DIGITS = 6


def new_totp() -> str:
    """Return a secret of 160 bits in base32, as authenticator apps take it."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, step: int) -> str:
    """Return the digits of one step since 1970 (RFC 4226, section 5.3)."""
    mac = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1)
    offset = mac[-1] & 15
    (number,) = struct.unpack(">I", mac[offset : offset + 4])
    return f"{(number & 0x7FFFFFFF) % 10**DIGITS:0{DIGITS}d}"


def matching_step(secret: str, code: str, at: float | None = None) -> int | None:
    """Return the step, this one or a neighbour, that a code belongs to."""
    now = int((time.time() if at is None else at) // STEP_S)
    given = "".join(code.split()).encode()
    steps = (now, now - 1, now + 1)
    return next(
        (step for step in steps if hmac.compare_digest(code_at(secret, step).encode(), given)),
        None,
    )


def totp_address(secret: str, name: str) -> str:
    """Return the otpauth:// address that authenticator apps open."""
    label = quote(f"Lecture Highlights:{name}")
    return f"otpauth://totp/{label}?secret={secret}&issuer=Lecture%20Highlights"
