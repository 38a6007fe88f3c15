"""Links that let people in: to make an account, to set a password, to look at one lecture."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Literal

from agents.errors import NotFound
from app.security.audit import note
from app.security.identity import LOCAL, acting
from app.security.passwords import check_password, hash_password
from app.security.tokens import digest, new_secret
from app.services.entering import Entering, Opened
from app.services.mail import address_of, checked_address, send_link
from app.services.people import free_to_take, known_role, tidy
from data.invitations import Invitation, add_invitation, find_invitation, use_invitation
from data.lockouts import clear_lockouts
from data.people import Role, add_person, get_person, update_person
from data.records import now
from data.sessions import end_sessions
from data.store import Connection

LINK_TTL = timedelta(days=7)
RESET_TTL = timedelta(hours=24)
LOCAL_TTL = timedelta(days=30)


class LinkOver(NotFound):
    """A link was used or has run out."""

    code = "link_over"


class EntryLinks(Entering):
    """Makes links, and lets in who comes by one."""

    def local_link(self) -> str:
        """Return the secret of a link that signs this machine's person in, once."""
        return self._link("reset", LOCAL.id, "admin", timedelta(hours=12))

    def open_link(self, secret: str, agent: str = "") -> Opened:
        """Begin the session of whoever has the link that `lecture serve` printed."""
        if self.core.settings.auth != "local":
            raise LinkOver("This link has been used or has run out.")
        with self.core.store.write() as con:
            link = _found_link(con, secret)
            if link.person != LOCAL.id:
                raise LinkOver("This link has been used or has run out.")
            use_invitation(con, link.id)
        return self._open(LOCAL.id, "browser", LOCAL_TTL, agent=agent)

    def open_share(self, secret: str, agent: str = "") -> Opened:
        """Begin the session of a guest who was given the link of a share."""
        hash = digest(secret)
        self.core.directory.changed()
        shares = self.core.directory.picture().shares.values()
        share = next((one for one in shares if one.hash == hash), None)
        if share is None or share.expires is None or share.expires <= now():
            raise LinkOver("This link has run out, or was taken back.")
        ttl = min(self._session_ttl(), share.expires - now())
        where = f"/review?lecture={share.lecture_id}"
        with self.core.store.write() as con:
            note(con, "open share", object=share.id)
        return self._open("", "link", ttl, agent=agent, share=share.id, where=where)

    def invite(self, role: Role, email: str = "") -> str:
        """Return the secret of a link by which somebody makes an account for themselves.

        The account gets the address, if one is given; `mail_link` sends the link there.
        """
        to = checked_address(email)
        return self._link("invite", None, known_role(role), LINK_TTL, email=to)

    def reset_link(self, person_id: str) -> str:
        """Return the secret of a link by which a person sets a new password."""
        with self.core.store.read() as con:
            person = get_person(con, person_id)
        return self._link("reset", person.id, person.role, RESET_TTL)

    def mail_link(self, secret: str) -> str | None:
        """Mail a link to whom it is for; return the address, None where it cannot be mailed."""
        with self.core.store.read() as con:
            link = _found_link(con, secret)
            person = get_person(con, link.person) if link.person else None
        to = address_of(person) if person else link.email
        if to is None or not send_link(self.core.settings, to, link.kind, secret):
            return None
        with self.core.store.write() as con:
            note(con, f"mail {link.kind} link", object=link.person or link.role)
        return to

    def _link(
        self,
        kind: Literal["invite", "reset"],
        person: str | None,
        role: Role,
        ttl: timedelta,
        *,
        email: str | None = None,
    ) -> str:
        secret = new_secret()
        with self.core.store.write() as con:
            add_invitation(
                con,
                id=digest(secret),
                kind=kind,
                person=person,
                role=role,
                email=email,
                author=acting().id,
                expires=now() + ttl,
            )
            if person != LOCAL.id:
                note(con, f"make {kind} link", object=person or role)
        return secret

    def check_link(self, secret: str) -> Invitation:
        """Return the link that a secret belongs to, or raise LinkOver."""
        with self.core.store.read() as con:
            return _found_link(con, secret)

    def accept_invitation(
        self, secret: str, *, name: str, password: str, shown: str = "", agent: str = ""
    ) -> Opened:
        """Use a link up: make the account, or set the password; then begin a session."""
        link = self.check_link(secret)
        if link.person == LOCAL.id:
            raise LinkOver("This link has been used or has run out.")
        with self.core.store.read() as con:
            name = get_person(con, link.person).name if link.person else free_to_take(con, name)
        check_password(password, name)
        hash = hash_password(password)
        with self.core.store.write() as con:
            link = _found_link(con, secret)
            use_invitation(con, link.id)
            if link.person is None:
                id, role = secrets.token_hex(8), link.role
                free_to_take(con, name)
                person = add_person(
                    con,
                    id=id,
                    name=name,
                    shown=tidy(shown or name),
                    role=role,
                    password=hash,
                    email=link.email,
                )
            else:
                person = update_person(con, link.person, password=hash, totp=None)
                end_sessions(con, person=person.id)
                clear_lockouts(con, [f"name:{person.name}"])
            note(con, "use link", person=person.id, object=link.kind)
        return self._open(person.id, "browser", self._session_ttl(), agent=agent)


def _found_link(con: Connection, secret: str) -> Invitation:
    link = find_invitation(con, digest(secret))
    if link is None:
        raise LinkOver("This link has been used or has run out; ask for a new one.")
    return link
