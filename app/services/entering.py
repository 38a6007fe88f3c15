"""Sessions as they begin, and the waits before a password is looked at."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from agents.errors import LectureError
from app.security.identity import caller
from app.security.network import network_of
from app.security.tokens import digest, new_secret, sealing
from app.services.core import Core
from app.services.throttle import Throttle
from data.records import now
from data.sessions import add_session

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class SignInRefused(LectureError):
    """Name, password or code are wrong, or it was tried too often."""

    code = "wrong_password"

    def __init__(self, message: str, *, wait_s: float = 0.0) -> None:
        super().__init__(message, code="too_many_tries" if wait_s else None)
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that has begun: its secret, which is stored nowhere, and when it ends."""

    secret: str
    expires: datetime
    where: str = "/"
    """Address that the person goes to."""


class Entering:
    """What every part of the accounts needs: the store, the waits, and sessions that begin."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.throttle = Throttle(core.store)
        self._codes: dict[str, int] = {}
        """By person, the step of the last code of a second factor that was used."""

    def _take_turn(self, name: str) -> None:
        """Count a try at a password, or raise SignInRefused while its time has not come."""
        wait = self.throttle.begin(name, caller.get().ip)
        if wait > 0:
            text = f"Too many wrong passwords; try again in {round(wait) + 1} s."
            raise SignInRefused(text, wait_s=wait)

    def _open(
        self,
        person: str,
        kind: Literal["browser", "link"],
        ttl: timedelta,
        *,
        agent: str = "",
        share: str | None = None,
        where: str = "/",
    ) -> Opened:
        secret, expires = new_secret(), now() + ttl
        with self.core.store.write() as con:
            add_session(
                con,
                id=digest(secret),
                kind=kind,
                person=person,
                family=secrets.token_hex(8),
                expires=expires,
                share=share,
                agent=agent[:200],
                ip=network_of(caller.get().ip),
            )
        self.core.directory.changed()
        return Opened(secret, expires, where)

    def _session_ttl(self) -> timedelta:
        return timedelta(seconds=self.core.settings.session_s)

    def _sealed(self, text: str) -> str:
        return self._seal().encrypt(text.encode()).decode()

    def _unsealed(self, text: str) -> str:
        return self._seal().decrypt(text.encode()).decode()

    def _seal(self) -> Fernet:
        settings = self.core.settings
        given = settings.secret_key.get_secret_value() if settings.secret_key else None
        return sealing(settings.state, given)
