"""Passwords: Argon2id, two at a time, and as long for a name that nobody has."""

from __future__ import annotations

from functools import cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from agents.errors import LectureError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST = 12
MOST = 256
COMMON = (
    "password", "passwort", "lecture", "highlights", "qwerty", "welcome", "letmein", "iloveyou",
    "administrator", "changeme", "correcthorsebatterystaple", "abcdefghijkl", "0123456789",
    "1234567890", "secret", "university", "instructor",
)  # fmt: skip
"""A password that is little more than one of these is guessed first."""

_turns = BoundedSemaphore(2)


class WeakPassword(LectureError):
    """The password would be guessed."""

    code = "weak_password"


@cache
def hasher() -> PasswordHasher:
    """Return Argon2id with m=19 MiB, t=2, p=1 (OWASP's first choice); no setting weakens it."""
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str) -> str:
    """Return the hash that is stored."""
    with _turns:
        return hasher().hash(password)


def verify_password(hash: str | None, password: str) -> bool:
    """Return whether the password is right; without a hash it takes as long and is not."""
    from argon2.exceptions import InvalidHashError, VerificationError

    with _turns:
        try:
            hasher().verify(hash or _dummy(), password[:MOST])
        except (VerificationError, InvalidHashError):
            return False
    return hash is not None


@cache
def _dummy() -> str:
    """Return the hash of a password that nobody has."""
    import secrets

    return hasher().hash(secrets.token_urlsafe(32))


def check_password(password: str, *names: str) -> None:
    """Raise WeakPassword in one sentence where a password would be guessed."""
    if not LEAST <= len(password) <= MOST:
        raise WeakPassword(
            f"A password has {LEAST} to {MOST} characters, not {len(password)};"
            " a few words are easy to remember."
        )
    small = password.casefold()
    for known in (*COMMON, *(name.casefold() for name in names if len(name) > 3)):
        if len(small.replace(known, "")) < LEAST // 2 and known in small:
            raise WeakPassword(f"A password that is hardly more than {known!r} is guessed first.")
    if len(set(small)) < 5:
        raise WeakPassword("A password needs at least 5 different characters.")
