"""What a person does about their own account: password, second factor, sessions, keys."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta

from agents.errors import AccessDenied, LectureError, NotFound
from app.security.audit import note
from app.security.identity import LOCAL, SCOPES, acting, caller
from app.security.passwords import check_password, hash_password, verify_password
from app.security.tokens import KEY_PREFIX, digest, new_secret
from app.security.totp import matching_step, new_totp
from app.services.entering import Entering, SignInRefused
from data.people import Person, get_person, update_person
from data.records import now
from data.sessions import (
    ApiKey,
    Session,
    add_key,
    end_key,
    end_sessions,
    find_session,
    list_keys,
    open_sessions,
)
from data.store import Connection


class OwnAccount(Entering):
    """Looks after the account of whoever asks."""

    def me(self) -> Person | None:
        """Return whoever asks, None where there is no account."""
        with self.core.store.read() as con:
            return _person_or_none(con, acting().id)

    def confirm_me(self, password: str) -> Person:
        """Return whoever asks, once they have shown again that it is them."""
        person = self._me()
        if person.password is not None:
            self._check_password(person, password)
        return person

    def change_password(self, old: str, new: str) -> None:
        """Set another password; other sessions of the person end."""
        person = self._me()
        self._check_password(person, old)
        check_password(new, person.name)
        hash = hash_password(new)
        with self.core.store.write() as con:
            update_person(con, person.id, password=hash)
            mine = find_session(con, acting().handle)
            end_sessions(con, person=person.id, but=mine.family if mine else "")
            note(con, "change password", person=person.id)
        self.core.directory.changed()

    def start_totp(self) -> str:
        """Return a new secret for an authenticator app; `confirm_totp` puts it into use."""
        self._me()
        return new_totp()

    def confirm_totp(self, secret: str, code: str) -> None:
        """Ask for codes of this secret from now on, when the first one is right."""
        person = self._me()
        if matching_step(secret, code) is None:
            raise SignInRefused("The code does not fit; is the clock of the other device right?")
        with self.core.store.write() as con:
            update_person(con, person.id, totp=self._sealed(secret))
            note(con, "set up second factor", person=person.id)

    def drop_totp(self, password: str) -> None:
        """Ask for no codes any more."""
        person = self._me()
        self._check_password(person, password)
        with self.core.store.write() as con:
            update_person(con, person.id, totp=None)
            note(con, "drop second factor", person=person.id)

    def my_sessions(self) -> list[Session]:
        """Return the open browser sessions of whoever asks."""
        with self.core.store.read() as con:
            return [one for one in open_sessions(con) if one.person == acting().id]

    def end_my_sessions(self) -> None:
        """End every session of whoever asks but the one they ask in."""
        with self.core.store.write() as con:
            mine = find_session(con, acting().handle)
            end_sessions(con, person=acting().id, but=mine.family if mine else "")
        self.core.directory.changed()

    def my_keys(self) -> list[ApiKey]:
        """Return the keys of whoever asks."""
        with self.core.store.read() as con:
            return list_keys(con, acting().id)

    def make_key(
        self, name: str, scopes: Sequence[str], days: int | None = 365, person: str | None = None
    ) -> str:
        """Return a new key, which is shown this once; for somebody else only admins make one."""
        who = acting()
        if who.via in ("key", "link"):
            raise AccessDenied("Keys are made by people, not with a key.")
        owner = person or who.id
        if owner != who.id and not who.may("admin"):
            raise AccessDenied("Keys for other people are made by administrators.")
        wrong = [scope for scope in scopes if scope not in SCOPES]
        if wrong or not scopes:
            raise LectureError(f"scopes={list(scopes)} must be of {SCOPES}.", code="bad_request")
        secret = new_secret(KEY_PREFIX)
        with self.core.store.write() as con:
            if owner != LOCAL.id:
                get_person(con, owner)
            add_key(
                con,
                id=secrets.token_hex(8),
                person=owner,
                name=" ".join(name.split())[:100] or "key",
                hash=digest(secret),
                scopes=list(dict.fromkeys(scopes)),
                expires=None if days is None else now() + timedelta(days=days),
            )
            note(con, "make key", object=owner)
        self.core.directory.changed()
        return secret

    def revoke_key(self, key_id: str) -> None:
        """End a key of whoever asks, or anybody's for an admin; what it has open is closed."""
        who = acting()
        if who.via == "key" and who.handle != key_id and not who.may("admin"):
            raise AccessDenied("A key ends itself only; other keys are ended by people.")
        with self.core.store.write() as con:
            mine = None if who.may("admin") else who.id
            if key_id not in [key.id for key in list_keys(con, mine)]:
                raise NotFound(f"There is no key {key_id[:40]!r}.")
            end_key(con, key_id)
            note(con, "revoke key", object=key_id)
        self.core.directory.changed()

    def _check_password(self, person: Person, password: str) -> None:
        """Raise SignInRefused unless it is the person's password, which is asked for once more."""
        self._take_turn(person.name)
        if not verify_password(person.password, password):
            raise SignInRefused("The password is wrong.")
        self.throttle.succeeded(person.name, caller.get().ip)

    def _me(self) -> Person:
        with self.core.store.read() as con:
            person = _person_or_none(con, acting().id)
        if person is None or acting().via != "session":
            raise AccessDenied("This is for people who have signed in with an account.")
        return person


def _person_or_none(con: Connection, id: str) -> Person | None:
    try:
        return get_person(con, id)
    except NotFound:
        return None
