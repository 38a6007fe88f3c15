"""What an administrator does about people, and the names that they may have."""

from __future__ import annotations

import re
import secrets
from datetime import datetime

from agents.errors import AccessDenied, LectureError, NotFound
from app.security.audit import note
from app.security.identity import LOCAL, PERMISSIONS, acting
from app.security.passwords import check_password, hash_password
from app.services.core import Core
from app.services.entering import Entering
from app.services.mail import checked_address
from data.audit import AuditFilter, AuditLine, search_audit
from data.lockouts import Lockout, clear_lockouts, list_lockouts
from data.people import (
    Person,
    Role,
    add_person,
    find_email,
    find_person,
    get_person,
    list_people,
    update_person,
)
from data.records import now
from data.sessions import (
    ApiKey,
    Session,
    end_keys_of,
    end_sessions,
    list_keys,
    open_sessions,
)
from data.store import Connection

NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,63}")
LONGEST_SHOWN = 100


class NameTaken(LectureError):
    """Somebody has the name, or it cannot be one."""

    code = "bad_name"


class People(Entering):
    """Looks after everybody's accounts, for administrators."""

    def first_admin(self, name: str, password: str) -> Person:
        """Add an administrator."""
        check_password(password, name)
        hash = hash_password(password)
        with self.core.store.write() as con:
            name = free_to_take(con, name)
            id = secrets.token_hex(8)
            person = add_person(con, id=id, name=name, shown=name, role="admin", password=hash)
            note(con, "make person", object=person.id)
        self.core.directory.changed()
        return person

    def make_person(self, name: str, role: Role, shown: str = "", email: str = "") -> Person:
        """Add a person who sets a password by a link, or comes by an OpenID provider."""
        to = checked_address(email)
        with self.core.store.write() as con:
            name = free_to_take(con, name)
            person = add_person(
                con,
                id=secrets.token_hex(8),
                name=name,
                shown=tidy(shown or name),
                role=known_role(role),
                email=to,
            )
            note(con, "make person", object=person.id)
        return person

    def people(self) -> list[Person]:
        """Return everybody."""
        with self.core.store.read() as con:
            return list_people(con)

    def person(self, name: str) -> Person:
        """Return a person by name, e-mail address or id, or raise NotFound."""
        with self.core.store.read() as con:
            small = name.strip().lower()
            return find_person(con, small) or find_email(con, small) or get_person(con, name)

    def set_email(self, person_id: str, email: str) -> None:
        """Say where links for a person are mailed to; "" for nowhere."""
        self._update(person_id, "set e-mail", email=checked_address(email))

    def set_role(self, person_id: str, role: Role) -> None:
        """Give a person another role."""
        if role != "admin":
            keep_one_admin(self.core, person_id)
        self._update(person_id, "set role", role=known_role(role))

    def disable(self, person_id: str) -> None:
        """Let a person in no more: sessions and keys end."""
        keep_one_admin(self.core, person_id)
        with self.core.store.write() as con:
            end_sessions(con, person=person_id)
            end_keys_of(con, person_id)
        self._update(person_id, "disable", disabled=now())

    def enable(self, person_id: str) -> None:
        """Let a person in again."""
        self._update(person_id, "enable", disabled=None)

    def end_sessions(self, person_id: str) -> None:
        """End every session of a person; open pages close within a second."""
        with self.core.store.write() as con:
            end_sessions(con, person=person_id)
            note(con, "end sessions", object=person_id)
        self.core.directory.changed()

    def end_family(self, family: str) -> None:
        """End the sessions of one sign-in: anybody's for an admin, else one's own."""
        with self.core.store.write() as con:
            found = [one for one in open_sessions(con) if one.family == family]
            if not found or not (acting().may("admin") or found[0].person == acting().id):
                raise NotFound("There is no such session.")
            end_sessions(con, family=family)
        self.core.directory.changed()

    def sessions(self) -> list[Session]:
        """Return every open session."""
        with self.core.store.read() as con:
            return open_sessions(con)

    def all_keys(self) -> list[ApiKey]:
        """Return everybody's keys."""
        with self.core.store.read() as con:
            return list_keys(con)

    def lockouts(self) -> list[Lockout]:
        """Return who waits after wrong passwords."""
        with self.core.store.read() as con:
            return list_lockouts(con)

    def forget_lockout(self, subject: str) -> None:
        """Let a name or an address try again at once."""
        with self.core.store.write() as con:
            clear_lockouts(con, [subject])
            note(con, "forget lockout", object=subject)

    def audit(
        self, text: str = "", before: datetime | None = None, limit: int = 200
    ) -> list[AuditLine]:
        """Return what was done, the newest first."""
        with self.core.store.read() as con:
            return search_audit(con, AuditFilter(text, until=before), limit=limit)

    def _update(self, person_id: str, action: str, **fields: object) -> None:
        with self.core.store.write() as con:
            update_person(con, person_id, **fields)
            note(con, action, object=person_id)
        self.core.directory.changed()


def keep_one_admin(core: Core, person_id: str) -> None:
    """Refuse to take the last administrator away."""
    if core.settings.auth == "local":
        return
    with core.store.read() as con:
        admins = [p.id for p in list_people(con) if p.role == "admin" and p.disabled is None]
    if admins == [person_id]:
        raise AccessDenied("This is the only administrator; make another one first.")


def free_to_take(con: Connection, name: str) -> str:
    """Return a name to sign in with, or raise NameTaken."""
    name = name.strip().lower()
    if not NAME.fullmatch(name) or name == LOCAL.id:
        raise NameTaken(
            f"{name[:64]!r} cannot be a name: 2 to 64 letters a to z, digits and . _ @ + - are."
        )
    if find_person(con, name) is not None:
        raise NameTaken(f"The name {name!r} is taken.")
    return name


def free_name(con: Connection, wanted: str) -> str:
    """Return a free name near to what a provider calls somebody."""
    base = re.sub(r"[^a-z0-9._@+-]", "-", wanted.lower()).strip("-._@+")[:50] or "person"
    names = [base, *(f"{base}-{n}" for n in range(2, 100)), f"{base}-{secrets.token_hex(4)}"]
    return next(n for n in names if NAME.fullmatch(n) and find_person(con, n) is None)


def tidy(text: str) -> str:
    return " ".join(text.split())[:LONGEST_SHOWN]


def known_role(role: str) -> Role:
    if role not in PERMISSIONS:
        raise LectureError(f"role={role!r} must be one of {', '.join(PERMISSIONS)}.")
    return role
