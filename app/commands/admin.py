"""`lecture admin`: accounts from the command line, as whoever may read the state folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getpass
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from agents.errors import TuningError
from app.commands.opening import opened_services
from app.commands.options import State
from app.security.identity import LOCAL, SCOPES, Permission
from app.server import address_of
from app.settings import Settings
from data.people import Role

if TYPE_CHECKING:
    from app.services.accounts import Accounts

admin = App(
    name="admin",
    help="Look after accounts, keys and sessions.",
    help_format="plaintext",
    result_action="return_value",
)
ELSEWHERE = {
    "storage": (
        "storage:storage",
        "Set encryption, lifecycle rules and no public access on the bucket of LECTURE_MEDIA.",
    ),
    "export-person": (
        "personal:export_person",
        "Write all that is known of a person, their lectures included, to a zip file.",
    ),
    "erase-person": (
        "personal:erase_person",
        "Erase a person's account, data and lectures for good; killed, it goes on.",
    ),
    "retention": ("retention:retention", "List what is kept for how long and what of it is due."),
    "quota": ("quota:quota", "Say what a person has taken and may take, or change it."),
}
"""Commands that are imported when they are called, and what the list of commands says of them."""
for _name, (_place, _help) in ELSEWHERE.items():
    admin.command(f"app.commands.{_place}", name=_name, help=_help)

Name = Annotated[str, Parameter(help="Name that the person signs in with.")]
RoleOption = Annotated[
    Role, Parameter(help="viewer looks, instructor brings in and cuts, researcher tunes too.")
]

EmailOption = Annotated[
    str, Parameter(help="Where the link is mailed to, if LECTURE_SMTP_HOST is set.")
]


@contextmanager
def opened(state: State) -> Iterator[tuple[Accounts, Settings]]:
    """Yield the accounts of a store, and its settings."""
    with opened_services(state) as services:
        yield services.accounts, services.settings


def link_to(settings: Settings, path: str) -> str:
    """Return a whole address, as people are given it."""
    return f"{(settings.public_url or address_of(settings)).rstrip('/')}/{path}"


def asked_password() -> str:
    """Return a password that is typed twice, or the first line of what is piped in."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first, second = getpass("Password: "), getpass("Once more: ")
    if first != second:
        raise TuningError("The two passwords differ.")
    return first


@admin.command
def create(name: Name, *, state: State = None) -> int:
    """Add an administrator; the password is asked for, or read from standard input."""
    with opened(state) as (accounts, settings):
        accounts.first_admin(name, asked_password())
        print(f"{name} is an administrator and signs in at {link_to(settings, 'login')}")
        if settings.auth == "local":
            print("People sign in when the app is started with LECTURE_AUTH=password.")
    return 0


def give(accounts: Accounts, settings: Settings, kind: str, secret: str) -> None:
    """Mail a link, or print it where that cannot be."""
    to = accounts.mail_link(secret)
    print(f"mailed to {to}" if to else link_to(settings, f"{kind}/{secret}"))


@admin.command
def invite(*, role: RoleOption = "instructor", email: EmailOption = "", state: State = None) -> int:
    """Print or mail a link by which one person makes an account; it works once, for 7 days."""
    with opened(state) as (accounts, settings):
        give(accounts, settings, "invite", accounts.invite(role, email))
    return 0


@admin.command
def add(
    name: Name,
    *,
    role: RoleOption = "instructor",
    email: EmailOption = "",
    state: State = None,
) -> int:
    """Add a person and print or mail a link by which they set a password."""
    with opened(state) as (accounts, settings):
        person = accounts.make_person(name, role, email=email)
        give(accounts, settings, "reset", accounts.reset_link(person.id))
    return 0


@admin.command
def reset(name: Name, *, state: State = None) -> int:
    """Print or mail a link by which a person sets a new password; it works once, for a day."""
    with opened(state) as (accounts, settings):
        give(accounts, settings, "reset", accounts.reset_link(accounts.person(name).id))
    return 0


@admin.command
def role(name: Name, role: RoleOption, /, *, state: State = None) -> int:
    """Give a person another role; their open pages close and show what it holds."""
    with opened(state) as (accounts, _):
        accounts.set_role(accounts.person(name).id, role)
        print(f"{name} is {role} now")
    return 0


@admin.command
def disable(name: Name, *, state: State = None) -> int:
    """Let a person in no more: sessions and keys end within a second."""
    with opened(state) as (accounts, _):
        accounts.disable(accounts.person(name).id)
        print(f"{name} is not let in any more; `lecture admin enable {name}` takes that back")
    return 0


@admin.command
def enable(name: Name, *, state: State = None) -> int:
    """Let a person in again who was disabled."""
    with opened(state) as (accounts, _):
        accounts.enable(accounts.person(name).id)
        print(f"{name} may sign in again")
    return 0


@admin.command
def people(*, state: State = None) -> int:
    """List everybody."""
    with opened(state) as (accounts, _):
        for person in accounts.people():
            note = " (not let in)" if person.disabled else ""
            print(f"{person.name:24} {person.role:12} {person.shown}{note}")
    return 0


@admin.command
def key(
    name: Annotated[str, Parameter(help="Name of the program.")],
    *,
    scope: Annotated[
        tuple[Permission, ...], Parameter(help="What it may do; several are given one by one.")
    ] = ("read", "write"),
    days: Annotated[int, Parameter(help="Days that it works.")] = 365,
    person: Annotated[
        str, Parameter(help="Whose it is; without it this machine's person.")
    ] = LOCAL.id,
    state: State = None,
) -> int:
    """Print a new API key, this once; scopes are read, write, tune and admin."""
    with opened(state) as (accounts, settings):
        if settings.auth != "local" and person == LOCAL.id:
            raise TuningError("Say whose key it is: --person NAME.")
        owner = LOCAL.id if person == LOCAL.id else accounts.person(person).id
        print(accounts.make_key(name, list(dict.fromkeys(scope or SCOPES)), days, owner))
    return 0


@admin.command
def keys(*, state: State = None) -> int:
    """List the keys that work, without their secrets."""
    with opened(state) as (accounts, _):
        for one in accounts.all_keys():
            used = f"{one.seen:%Y-%m-%d}" if one.seen else "never"
            print(f"{one.id}  {one.name:24} {','.join(one.scopes):24} last used {used}")
    return 0


@admin.command
def revoke(
    id: Annotated[str, Parameter(help="Id as `keys` lists it.")], *, state: State = None
) -> int:
    """End a key; what it has open is closed within a second."""
    with opened(state) as (accounts, _):
        accounts.revoke_key(id)
        print(f"key {id} works no more")
    return 0


@admin.command
def link(*, state: State = None) -> int:
    """Print a link that opens the app on this machine, once, while LECTURE_AUTH is local."""
    with opened(state) as (accounts, settings):
        print(link_to(settings, f"open?key={accounts.local_link()}"))
    return 0


@admin.command
def unlock(name: Name, *, state: State = None) -> int:
    """Let a name try passwords again at once."""
    with opened(state) as (accounts, _):
        accounts.forget_lockout(f"name:{name.lower()}")
        print(f"{name} may try again")
    return 0


@admin.command
def audit(
    text: Annotated[str, Parameter(help="Part of a person, action, object or result.")] = "",
    *,
    limit: Annotated[int, Parameter(help="Lines at most.")] = 50,
    state: State = None,
) -> int:
    """Print who did what, the newest last."""
    with opened(state) as (accounts, _):
        for line in reversed(accounts.audit(text, limit=limit)):
            told = (line.person or "-", line.action, line.object or "-", line.result, line.ip)
            print(f"{line.ts:%Y-%m-%d %H:%M:%S}", *(f"{part:16}" for part in told))
    return 0
