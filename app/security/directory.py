"""Who is who: a picture of people, sessions, keys and shares that is never half a second old.

A request costs no read of the store: the picture is read again after a commit, at most twice a
second. That also bounds how long a revoked session or key goes on.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from agents.errors import ServiceUnavailable
from app.security.identity import LOCAL, PERMISSIONS, Principal, granted
from app.security.tokens import KEY_PREFIX, digest
from data.people import Person, list_people
from data.records import now
from data.sessions import (
    ApiKey,
    Session,
    list_keys,
    open_sessions,
    touch_keys,
    touch_sessions,
)
from data.shares import Share, open_shares
from data.store import Store

FRESH_S = 0.4


@dataclass(frozen=True, slots=True)
class Picture:
    """What the store said at one moment."""

    version: Hashable = None
    people: dict[str, Person] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    keys: dict[str, ApiKey] = field(default_factory=dict)
    """By hash."""
    shares: dict[str, Share] = field(default_factory=dict)


class Directory:
    """Finds who a secret stands for."""

    def __init__(self, store: Store, *, local: bool, idle_s: float) -> None:
        self.store = store
        self.local = local
        self.idle = timedelta(seconds=idle_s)
        self._picture = Picture()
        self._looked = float("-inf")
        self._lock = Lock()
        self._sessions_seen: dict[str, datetime] = {}
        self._keys_seen: dict[str, datetime] = {}

    def picture(self) -> Picture:
        """Return the picture, read again when it is old and the store has changed."""
        with self._lock:
            if time.monotonic() - self._looked < FRESH_S:
                return self._picture
            version = self.store.version()
            if version != self._picture.version:
                self._picture = self._read(version)
            self._looked = time.monotonic()
            return self._picture

    def changed(self) -> None:
        """Have the next question read the store, after a change in this process."""
        self._looked = float("-inf")

    def _read(self, version: Hashable) -> Picture:
        try:
            with self.store.read() as con:
                return Picture(
                    version,
                    {person.id: person for person in list_people(con)},
                    {session.id: session for session in open_sessions(con)},
                    {key.hash: key for key in list_keys(con)},
                    {share.id: share for share in open_shares(con)},
                )
        except ServiceUnavailable:
            # What was known holds on while the store is busy; nobody new gets in.
            return self._picture

    def by_secret(self, secret: str, *, used: bool = True) -> Principal | None:
        """Return who a key or session token stands for, None for a secret that is no good.

        It counts as a use of the session unless it is a page that asks by itself.
        """
        hash, key = digest(secret), secret.startswith(KEY_PREFIX)
        found = self._by_hash(hash, key=key, used=used)
        if found is None:
            self.changed()  # it may be newer than the picture
            found = self._by_hash(hash, key=key, used=used)
        return found

    def _by_hash(self, hash: str, *, key: bool, used: bool) -> Principal | None:
        picture = self.picture()
        found = picture.keys.get(hash) if key else picture.sessions.get(hash)
        if found is None or (isinstance(found, Session) and found.kind == "refresh"):
            return None
        principal = self._principal(picture, found)
        if principal is not None and used:
            (self._keys_seen if key else self._sessions_seen)[found.id] = now()
        return principal

    def _principal(self, picture: Picture, found: ApiKey | Session) -> Principal | None:
        if found.expires is not None and found.expires <= now():
            return None
        if isinstance(found, ApiKey):
            scopes = frozenset(found.scopes)
            person = self._person(picture, found.person)
            return person and _principal(person, "key", found.id, scopes)
        if self._is_idle(found):
            return None
        if found.kind == "link":
            return self._guest(picture, found)
        person = self._person(picture, found.person)
        return person and _principal(person, "session", found.id)

    def _is_idle(self, session: Session) -> bool:
        if self.local and session.person == LOCAL.id:
            return False
        seen = self._sessions_seen.get(session.id, session.seen)
        return now() - max(seen, session.seen) > self.idle

    def _person(self, picture: Picture, id: str) -> Person | Principal | None:
        if self.local and id == LOCAL.id:
            return LOCAL
        person = picture.people.get(id)
        return None if person is None or person.disabled is not None else person

    def _guest(self, picture: Picture, session: Session) -> Principal | None:
        share = picture.shares.get(session.share or "")
        if share is None or (share.expires is not None and share.expires <= now()):
            return None
        name, may = f"link:{share.id}", PERMISSIONS["viewer"]
        return Principal(name, "guest", "viewer", may, "link", session.id, share.lecture_id)

    def again(self, principal: Principal) -> Principal | None:
        """Return what a principal is now, None when its session, key or link is no good any more.

        Asking is no use of the session: it still runs out when nobody does anything.
        """
        if not principal.handle:
            return principal
        picture = self.picture()
        if principal.via == "key":
            found = next((k for k in picture.keys.values() if k.id == principal.handle), None)
        else:
            found = picture.sessions.get(principal.handle)
        return found and self._principal(picture, found)

    def use(self, principal: Principal) -> None:
        """Note that a session is in use."""
        if principal.via in ("session", "link"):
            self._sessions_seen[principal.handle] = now()

    def shared(self, person: str) -> dict[str, str]:
        """Return what is shared with a person: `view` or `edit` by lecture id."""
        found: dict[str, str] = {}
        for share in self.picture().shares.values():
            over = share.expires is not None and share.expires <= now()
            if share.person == person and not over and found.get(share.lecture_id) != "edit":
                found[share.lecture_id] = share.may
        return found

    def keep_seen(self) -> None:
        """Write down when sessions and keys were used last."""
        sessions, self._sessions_seen = self._sessions_seen, {}
        keys, self._keys_seen = self._keys_seen, {}
        if sessions or keys:
            with self.store.write() as con:
                touch_sessions(con, sessions)
                touch_keys(con, keys)


def _principal(
    person: Person | Principal,
    via: str,
    handle: str,
    scopes: Iterable[str] | None = None,
) -> Principal:
    permissions = PERMISSIONS[person.role]
    if scopes is not None:
        permissions &= granted(scopes)
    kind = "key" if via == "key" else "session"
    return Principal(person.id, person.name, person.role, permissions, kind, handle)
