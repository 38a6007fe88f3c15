"""Accounts: sign in and out, links that make accounts, keys, and what an administrator does."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from agents.errors import AccessDenied, LectureError, NotFound
from app.security.identity import LOCAL, PERMISSIONS, SCOPES, Principal, acting, caller
from app.security.network import network_of
from app.security.passwords import check_password, hash_password, verify_password
from app.security.tokens import (
    ACCESS_PREFIX,
    KEY_PREFIX,
    REFRESH_PREFIX,
    digest,
    new_secret,
    sealing,
)
from app.security.totp import matching_step, new_totp
from app.services.core import Core
from app.services.throttle import Throttle
from data.audit import AuditLine, add_line, search_audit
from data.invitations import Invitation, add_invitation, find_invitation, use_invitation
from data.lockouts import Lockout, clear_lockouts, list_lockouts
from data.people import (
    Person,
    Role,
    add_person,
    find_person,
    find_subject,
    get_person,
    list_people,
    update_person,
)
from data.records import now
from data.sessions import (
    ApiKey,
    Session,
    add_key,
    add_session,
    end_key,
    end_keys_of,
    end_session,
    end_sessions,
    find_session,
    list_keys,
    open_sessions,
)
from data.store import Connection

NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,63}")
LINK_TTL = timedelta(days=7)
RESET_TTL = timedelta(hours=24)
LOCAL_TTL = timedelta(days=30)
ACCESS_TTL = timedelta(minutes=15)
REFRESH_TTL = timedelta(days=14)
LONGEST_SHOWN = 100


class SignInRefused(LectureError):
    """Name, password or code are wrong, or it was tried too often."""

    code = "wrong_password"

    def __init__(self, message: str, *, wait_s: float = 0.0) -> None:
        super().__init__(message, code="too_many_tries" if wait_s else None)
        self.wait_s = wait_s


class LinkOver(NotFound):
    """A link was used or has run out."""

    code = "link_over"


class NameTaken(LectureError):
    """Somebody has the name, or it cannot be one."""

    code = "bad_name"


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that has begun: its secret, which is stored nowhere, and when it ends."""

    secret: str
    expires: datetime
    where: str = "/"
    """Address that the person goes to."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a program signs in with: a short-lived token, and one that fetches the next pair."""

    access: str
    refresh: str
    expires: datetime


class Accounts:
    """What the login page, the commands and the admin page do with accounts."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.throttle = Throttle(core.store)
        self._codes: dict[str, int] = {}

    # --- signing in and out -----------------------------------------------------------------------

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
                    name=_free_name(con, email or name),
                    shown=_shown(shown or name),
                    role=role,
                    subject=subject,
                )
            refused = person is None or person.disabled is not None
            self._note(con, "sign in", person, result="no_account" if refused else "done")
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
        wait = self.throttle.begin(name, ip)
        if wait > 0:
            text = f"Too many wrong passwords; try again in {round(wait) + 1} s."
            raise SignInRefused(text, wait_s=wait)
        with self.core.store.read() as con:
            person = find_person(con, name)
        right = verify_password(person.password if person else None, password)
        good = right and person is not None and person.disabled is None
        if person is None or not good or not self._code_fits(person, code):
            with self.core.store.write() as con:
                self._note(con, "sign in", person, result="wrong_password")
            raise SignInRefused("Name, password or code are wrong.")
        self.throttle.succeeded(name, ip)
        with self.core.store.write() as con:
            self._note(con, "sign in", person)
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
                self._note(con, "refresh", None, session.person, result="token_reused")
                made = None
            else:
                end_session(con, session.id)
                # in the same transaction: a family that was ended meanwhile gets no new pair
                made = _add_tokens(con, session.person, session.family)
        self.core.directory.changed()
        if made is None:
            raise SignInRefused("This token was used before; sign in again.")
        return made

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

    # --- links ------------------------------------------------------------------------------------

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
            self._note(con, "open share", None, object=share.id)
        return self._open("", "link", ttl, agent=agent, share=share.id, where=where)

    def invite(self, role: Role) -> str:
        """Return the secret of a link by which somebody makes an account for themselves."""
        return self._link("invite", None, _role(role), LINK_TTL)

    def reset_link(self, person_id: str) -> str:
        """Return the secret of a link by which a person sets a new password."""
        with self.core.store.read() as con:
            person = get_person(con, person_id)
        return self._link("reset", person.id, person.role, RESET_TTL)

    def _link(
        self, kind: Literal["invite", "reset"], person: str | None, role: Role, ttl: timedelta
    ) -> str:
        secret = new_secret()
        with self.core.store.write() as con:
            add_invitation(
                con,
                id=digest(secret),
                kind=kind,
                person=person,
                role=role,
                author=acting().id,
                expires=now() + ttl,
            )
            if person != LOCAL.id:
                self._note(con, f"make {kind} link", None, object=person or role)
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
            name = get_person(con, link.person).name if link.person else _name(con, name)
        check_password(password, name)
        hash = hash_password(password)
        with self.core.store.write() as con:
            link = _found_link(con, secret)
            use_invitation(con, link.id)
            if link.person is None:
                id, role = secrets.token_hex(8), link.role
                _name(con, name)
                person = add_person(
                    con, id=id, name=name, shown=_shown(shown or name), role=role, password=hash
                )
            else:
                person = update_person(con, link.person, password=hash, totp=None)
                end_sessions(con, person=person.id)
                clear_lockouts(con, [f"name:{person.name}"])
            self._note(con, "use link", person, object=link.kind)
        return self._open(person.id, "browser", self._session_ttl(), agent=agent)

    # --- what a person does for themselves --------------------------------------------------------

    def me(self) -> Person | None:
        """Return whoever asks, None where there is no account."""
        with self.core.store.read() as con:
            return _person_or_none(con, acting().id)

    def change_password(self, old: str, new: str) -> None:
        """Set another password; other sessions of the person end."""
        person = self._me()
        wait = self.throttle.begin(person.name, caller.get().ip)
        if wait > 0:
            text = f"Too many wrong passwords; try again in {round(wait) + 1} s."
            raise SignInRefused(text, wait_s=wait)
        if not verify_password(person.password, old):
            raise SignInRefused("The old password is wrong.")
        self.throttle.succeeded(person.name, caller.get().ip)
        check_password(new, person.name)
        hash = hash_password(new)
        with self.core.store.write() as con:
            update_person(con, person.id, password=hash)
            mine = find_session(con, acting().handle)
            end_sessions(con, person=person.id, but=mine.family if mine else "")
            self._note(con, "change password", person)
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
            self._note(con, "set up second factor", person)

    def drop_totp(self, password: str) -> None:
        """Ask for no codes any more."""
        person = self._me()
        if not verify_password(person.password, password):
            raise SignInRefused("The password is wrong.")
        with self.core.store.write() as con:
            update_person(con, person.id, totp=None)
            self._note(con, "drop second factor", person)

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
            self._note(con, "make key", None, object=owner)
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
            self._note(con, "revoke key", None, object=key_id)
        self.core.directory.changed()

    # --- what an administrator does ---------------------------------------------------------------

    def first_admin(self, name: str, password: str) -> Person:
        """Add an administrator."""
        check_password(password, name)
        hash = hash_password(password)
        with self.core.store.write() as con:
            name = _name(con, name)
            id = secrets.token_hex(8)
            person = add_person(con, id=id, name=name, shown=name, role="admin", password=hash)
            self._note(con, "make person", None, object=person.id)
        self.core.directory.changed()
        return person

    def make_person(self, name: str, role: Role, shown: str = "") -> Person:
        """Add a person who sets a password by a link, or comes by an OpenID provider."""
        with self.core.store.write() as con:
            name = _name(con, name)
            person = add_person(
                con,
                id=secrets.token_hex(8),
                name=name,
                shown=_shown(shown or name),
                role=_role(role),
            )
            self._note(con, "make person", None, object=person.id)
        return person

    def people(self) -> list[Person]:
        """Return everybody."""
        with self.core.store.read() as con:
            return list_people(con)

    def person(self, name: str) -> Person:
        """Return a person by name or id, or raise NotFound."""
        with self.core.store.read() as con:
            return find_person(con, name.lower()) or get_person(con, name)

    def set_role(self, person_id: str, role: Role) -> None:
        """Give a person another role."""
        self._keep_one_admin(person_id, unless=role == "admin")
        self._update(person_id, "set role", role=_role(role))

    def disable(self, person_id: str) -> None:
        """Let a person in no more: sessions and keys end."""
        self._keep_one_admin(person_id)
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
            self._note(con, "end sessions", None, object=person_id)
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
            self._note(con, "forget lockout", None, object=subject)

    def audit(
        self, text: str = "", before: datetime | None = None, limit: int = 200
    ) -> list[AuditLine]:
        """Return what was done, the newest first."""
        with self.core.store.read() as con:
            return search_audit(con, text=text, before=before, limit=limit)

    # --- how it is done ---------------------------------------------------------------------------

    def _me(self) -> Person:
        with self.core.store.read() as con:
            person = _person_or_none(con, acting().id)
        if person is None or acting().via != "session":
            raise AccessDenied("This is for people who have signed in with an account.")
        return person

    def _update(self, person_id: str, action: str, **fields: object) -> None:
        with self.core.store.write() as con:
            update_person(con, person_id, **fields)
            self._note(con, action, None, object=person_id)
        self.core.directory.changed()

    def _keep_one_admin(self, person_id: str, *, unless: bool = False) -> None:
        """Refuse to take the last administrator away."""
        if unless or self.core.settings.auth == "local":
            return
        with self.core.store.read() as con:
            admins = [p.id for p in list_people(con) if p.role == "admin" and p.disabled is None]
        if admins == [person_id]:
            raise AccessDenied("This is the only administrator; make another one first.")

    def _note(
        self,
        con: Connection,
        action: str,
        person: Person | None,
        object: str = "",
        result: str = "done",
    ) -> None:
        asked = caller.get()
        who = person.id if person else acting().id
        where, request = network_of(asked.ip), asked.request
        add_line(con, action, person=who, object=object, result=result, ip=where, request=request)

    def _sealed(self, text: str) -> str:
        return self._seal().encrypt(text.encode()).decode()

    def _unsealed(self, text: str) -> str:
        return self._seal().decrypt(text.encode()).decode()

    def _seal(self):  # noqa: ANN202
        settings = self.core.settings
        given = settings.secret_key.get_secret_value() if settings.secret_key else None
        return sealing(settings.state, given)


def _add_tokens(con: Connection, person: str, family: str) -> Tokens:
    access, refresh = new_secret(ACCESS_PREFIX), new_secret(REFRESH_PREFIX)
    ends = now() + ACCESS_TTL
    common = {"person": person, "family": family, "ip": network_of(caller.get().ip)}
    add_session(con, id=digest(access), kind="access", expires=ends, **common)
    later = now() + REFRESH_TTL
    add_session(con, id=digest(refresh), kind="refresh", expires=later, **common)
    return Tokens(access, refresh, ends)


def _found_link(con: Connection, secret: str) -> Invitation:
    link = find_invitation(con, digest(secret))
    if link is None:
        raise LinkOver("This link has been used or has run out; ask for a new one.")
    return link


def _person_or_none(con: Connection, id: str) -> Person | None:
    try:
        return get_person(con, id)
    except NotFound:
        return None


def _name(con: Connection, name: str) -> str:
    """Return a name to sign in with, or raise NameTaken."""
    name = name.strip().lower()
    if not NAME.fullmatch(name) or name == LOCAL.id:
        raise NameTaken(
            f"{name[:64]!r} cannot be a name: 2 to 64 letters a to z, digits and . _ @ + - are."
        )
    if find_person(con, name) is not None:
        raise NameTaken(f"The name {name!r} is taken.")
    return name


def _free_name(con: Connection, wanted: str) -> str:
    """Return a free name near to what a provider calls somebody."""
    base = re.sub(r"[^a-z0-9._@+-]", "-", wanted.lower()).strip("-._@+")[:50] or "person"
    names = [base, *(f"{base}-{n}" for n in range(2, 100)), f"{base}-{secrets.token_hex(4)}"]
    return next(n for n in names if NAME.fullmatch(n) and find_person(con, n) is None)


def _shown(text: str) -> str:
    return " ".join(text.split())[:LONGEST_SHOWN]


def _role(role: str) -> Role:
    if role not in PERMISSIONS:
        raise LectureError(f"role={role!r} must be one of {', '.join(PERMISSIONS)}.")
    return role


def principal_of(person: Person) -> Principal:
    """Return a person as who acts, for commands that do something in their name."""
    return Principal(person.id, person.name, person.role, PERMISSIONS[person.role], "process")
