"""Signing in and out: with a password, by a provider, as a program."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from agents.errors import AccessDenied
from app.security.audit import note
from app.security.identity import caller
from app.security.network import network_of
from app.security.passwords import verify_password
from app.security.tokens import ACCESS_PREFIX, REFRESH_PREFIX, digest, new_secret
from app.security.totp import matching_step
from app.services.entering import Entering, Opened, SignInRefused
from app.services.people import free_name, tidy
from data.people import Person, add_person, find_person, find_subject, update_person
from data.records import now
from data.sessions import add_session, end_session, end_sessions, find_session
from data.store import Connection

ACCESS_TTL = timedelta(minutes=15)
REFRESH_TTL = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a program signs in with: a short-lived token, and one that fetches the next pair."""

    access: str
    refresh: str
    expires: datetime


class SigningIn(Entering):
    """Begins and ends the sessions of people with an account."""

    def sign_in(self, name: str, password: str, code: str = "", agent: str = "") -> Opened:
        """Begin a browser's session, or raise SignInRefused."""
        person = self._checked(name, password, code)
        return self._open(person.id, "browser", self._session_ttl(), agent=agent)

    def sign_in_program(self, name: str, password: str, code: str = "") -> Tokens:
        """Begin a program's session, or raise SignInRefused."""
        person = self._checked(name, password, code)
        with self.core.store.write() as con:
            made = _add_tokens(con, person.id, secrets.token_hex(8))
        self.core.directory.changed()
        return made

    def sign_in_subject(
        self, subject: str, name: str, shown: str, email: str, agent: str = ""
    ) -> Opened:
        """Begin the session of somebody whom the OpenID provider has sent."""
        role = self.core.settings.oidc_new_role
        with self.core.store.write() as con:
            person = find_subject(con, subject) or self._adopted(con, subject, email)
            if person is None and role != "none":
                person = add_person(
                    con,
                    id=secrets.token_hex(8),
                    name=free_name(con, email or name),
                    shown=tidy(shown or name),
                    role=role,
                    subject=subject,
                    email=email.lower() or None,
                )
            refused = person is None or person.disabled is not None
            result = "no_account" if refused else "done"
            note(con, "sign in", person=person.id if person else "", result=result)
        if person is None or refused:
            raise AccessDenied("There is no account for you here; ask an administrator.")
        return self._open(person.id, "browser", self._session_ttl(), agent=agent)

    def _adopted(self, con: Connection, subject: str, email: str) -> Person | None:
        """Return the person that an administrator has entered under this address."""
        person = find_person(con, email.lower()) if email else None
        if person is None or person.subject is not None or person.password is not None:
            return None
        return update_person(con, person.id, subject=subject)

    def _checked(self, name: str, password: str, code: str) -> Person:
        """Return who signs in; it takes as long for a name that nobody has."""
        name, ip = name.strip().lower()[:100], caller.get().ip
        self._take_turn(name)
        with self.core.store.read() as con:
            person = find_person(con, name)
        right = verify_password(person.password if person else None, password)
        good = right and person is not None and person.disabled is None
        if person is None or not good or not self._code_fits(person, code):
            with self.core.store.write() as con:
                note(con, "sign in", person=person.id if person else "", result="wrong_password")
            raise SignInRefused("Name, password or code are wrong.")
        self.throttle.succeeded(name, ip)
        with self.core.store.write() as con:
            note(con, "sign in", person=person.id)
        return person

    def _code_fits(self, person: Person, code: str) -> bool:
        """Return whether the second factor is right; each code counts once."""
        if person.totp is None:
            return True
        step = matching_step(self._unsealed(person.totp), code)
        if step is None or step <= self._codes.get(person.id, 0):
            return False
        self._codes[person.id] = step
        return True

    def sign_out(self, secret: str) -> None:
        """End a session with all that came of the same sign-in."""
        with self.core.store.write() as con:
            session = find_session(con, digest(secret))
            if session is not None:
                end_sessions(con, family=session.family)
        self.core.directory.changed()

    def refresh(self, secret: str) -> Tokens:
        """Return a new pair for a refresh token; used twice, all of its sign-in is ended."""
        with self.core.store.write() as con:
            session = find_session(con, digest(secret))
            if session is None or session.kind != "refresh" or session.expires <= now():
                raise SignInRefused("This token is not known; sign in again.")
            if session.ended is not None:
                end_sessions(con, family=session.family)
                note(con, "refresh", object=session.person, result="token_reused")
                made = None
            else:
                end_session(con, session.id)
                # in the same transaction: a family that was ended meanwhile gets no new pair
                made = _add_tokens(con, session.person, session.family)
        self.core.directory.changed()
        if made is None:
            raise SignInRefused("This token was used before; sign in again.")
        return made


def _add_tokens(con: Connection, person: str, family: str) -> Tokens:
    access, refresh = new_secret(ACCESS_PREFIX), new_secret(REFRESH_PREFIX)
    ends = now() + ACCESS_TTL
    common = {"person": person, "family": family, "ip": network_of(caller.get().ip)}
    add_session(con, id=digest(access), kind="access", expires=ends, **common)
    later = now() + REFRESH_TTL
    add_session(con, id=digest(refresh), kind="refresh", expires=later, **common)
    return Tokens(access, refresh, ends)
