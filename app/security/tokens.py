"""Secrets: made here, shown once, kept as their sha256 only."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

KEY_PREFIX = "lhk_"
ACCESS_PREFIX = "lha_"
REFRESH_PREFIX = "lhr_"


def new_secret(prefix: str = "") -> str:
    """Return 32 random bytes as text."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return what is stored of a secret: too long to be guessed, so a fast hash will do."""
    return hashlib.sha256(secret.encode()).hexdigest()


def sealing(state: Path, given: str | None) -> Fernet:
    """Return what seals small secrets in the store: with the given key, or the state folder's."""
    from cryptography.fernet import Fernet

    if given:
        import base64

        return Fernet(base64.urlsafe_b64encode(hashlib.sha256(given.encode()).digest()))
    path = state / "secret.key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return Fernet(path.read_bytes())
    with os.fdopen(descriptor, "wb") as file:
        file.write(Fernet.generate_key())
    return Fernet(path.read_bytes())
