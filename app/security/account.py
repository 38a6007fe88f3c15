"""The account page: a person's own password, second factor, keys and sessions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from html import escape
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agents.errors import LectureError
from app.security.forms import read_fields
from app.security.html import button, document, field, told
from app.security.identity import SCOPES, Principal
from app.security.totp import totp_address
from app.services.accounts import Accounts
from app.services.root import current_services
from data.people import Person

SCOPE_WORDS = {
    "read": "look",
    "write": "bring in and change",
    "tune": "sweep and fit",
    "admin": "administer",
}


async def show_account(request: Request) -> Response:
    """Show the account, or do what one of its forms asks for."""
    principal: Principal = request.state.principal
    if principal.via not in ("session", "local"):
        return RedirectResponse("/", 303)
    error = done = secret = totp = ""
    if request.method == "POST":
        pairs = await read_fields(request)
        try:
            done, secret, totp = await to_thread.run_sync(_do, pairs)
            if done == DONE["erase"]:
                return document("Your account", told(done, bad=False))
        except LectureError as failure:
            error = failure.message
    body = await to_thread.run_sync(_body, principal, totp)
    shown = f"<p>Copy it now, it is not shown again:</p><p><code>{secret}</code></p>"
    top = told(error) + told(done, bad=False) + (shown if secret else "")
    return document("Your account", top + body, wide=True, status=422 if error else 200)


def _do(pairs: list[tuple[str, str]]) -> tuple[str, str, str]:
    """Return what was done, a new key and a new secret of a second factor."""
    accounts, form = current_services().accounts, dict(pairs)
    given = form.get
    actions: dict[str, Callable[[], Any]] = {
        "password": lambda: accounts.change_password(given("old", ""), given("password", "")),
        "confirm_totp": lambda: accounts.confirm_totp(given("secret", ""), given("code", "")),
        "drop_totp": lambda: accounts.drop_totp(given("old", "")),
        "revoke": lambda: accounts.revoke_key(given("key", "")),
        "others": accounts.end_my_sessions,
        "end": lambda: accounts.end_family(given("family", "")),
        "erase": lambda: current_services().personal.erase_me(
            given("typed", ""), given("own", ""), given("heir", "")
        ),
    }
    what = given("do", "")
    if what == "key":
        scopes = [value for name, value in pairs if name == "scope"]
        return "The key is made.", accounts.make_key(given("name", ""), scopes, _days(form)), ""
    if what == "totp":
        return "", "", accounts.start_totp()
    if what not in actions:
        raise LectureError(f"There is nothing called {what[:20]!r} to do.", code="bad_request")
    actions[what]()
    return DONE[what], "", ""


DONE = {
    "password": "The password is changed; your other sessions have ended.",
    "confirm_totp": "From now on signing in asks for a code.",
    "drop_totp": "Signing in asks for no code any more.",
    "revoke": "The key is revoked.",
    "others": "Your other sessions have ended.",
    "end": "The session has ended.",
    "erase": "Your account is erased.",
}


def _days(form: dict[str, str]) -> int | None:
    text = form.get("days", "365")
    if not text.isdigit() or not 1 <= int(text) <= 3650:
        raise LectureError(f"days={text[:20]!r} must lie in 1 to 3650.", code="bad_request")
    return int(text)


def _body(principal: Principal, totp: str) -> str:
    accounts = current_services().accounts
    person = accounts.me()
    who = escape(person.shown if person else principal.name)
    parts = [f"<p>{who}, {principal.role}. <a href='/'>Back to the library</a></p>"]
    if person is not None:
        parts.append(
            f'<form method="post" action="/logout">{button("Sign out", plain=True)}</form>'
        )
        if person.password is not None:
            parts += [_password_form(), _totp_form(person.name, person.totp is not None, totp)]
    if told := current_services().quotas.sentence():
        parts.append(f"<h2>What you may take</h2><p>{escape(told)}</p>")
    parts += [_keys(accounts, principal), _sessions(accounts), _data()]
    if person is not None:
        parts.append(_erase_form(person, heir=principal.may("write")))
    return "".join(parts)


def _password_form() -> str:
    old = field("old", "Old password", kind="password", fill="current-password")
    new = field("password", "New password", kind="password", fill="new-password")
    change = button("Change it", do="password")
    return f'<h2>Password</h2><form method="post">{old}{new}{change}</form>'


def _totp_form(name: str, on: bool, secret: str) -> str:
    title = "<h2>Second factor</h2>"
    if secret:
        address, code = escape(totp_address(secret, name)), field("code", "Code that it shows")
        return (
            f"{title}<p>Enter this secret in an authenticator app, or open the address there:</p>"
            f"<p><code>{secret}</code></p><p><code>{address}</code></p><form method='post'>"
            f"<input type='hidden' name='secret' value='{secret}'>{code}"
            f"{button('Ask for codes from now on', do='confirm_totp')}</form>"
        )
    if on:
        old = field("old", "Password", kind="password", fill="current-password")
        label = "Ask for no codes any more"
        return f'{title}<form method="post">{old}{button(label, do="drop_totp", plain=True)}</form>'
    hint = "<p>Six digits of an app on your phone, beside the password.</p>"
    return f'{title}{hint}<form method="post">{button("Set it up", do="totp")}</form>'


def _keys(accounts: Accounts, principal: Principal) -> str:
    rows = "".join(
        f"<tr><td>{escape(key.name)}<td>{escape(', '.join(key.scopes))}<td>{_when(key.seen)}"
        f"<td>{_when(key.expires)}<td><form class='row' method='post'>"
        f"<input type='hidden' name='key' value='{escape(key.id)}'>"
        f"{button('Revoke', do='revoke', plain=True)}</form></tr>"
        for key in accounts.my_keys()
    )
    head = "<tr><th>Key<th>May<th>Last used<th>Runs out<th></tr>"
    table = f'<div class="scroll"><table>{head}{rows}</table></div>' if rows else ""
    boxes = "".join(
        f'<label><input type="checkbox" name="scope" value="{scope}"'
        f"{' checked' if scope == 'read' else ''}> {SCOPE_WORDS[scope]}</label>"
        for scope in SCOPES
        if principal.may(scope)
    )
    name = field("name", "Name of the program")
    days = field("days", "Days that it works", kind="number", value="365")
    return (
        f"<h2>Keys for programs</h2>{table}<form method='post'>{name}<fieldset><legend>It may"
        f"</legend>{boxes}</fieldset>{days}{button('Make a key', do='key')}</form>"
    )


def _sessions(accounts: Accounts) -> str:
    rows = "".join(
        f"<tr><td>{escape(one.agent[:60] or one.kind)}<td>{escape(one.ip)}<td>{_when(one.created)}"
        "<td><form class='row' method='post'>"
        f"<input type='hidden' name='family' value='{escape(one.family)}'>"
        f"{button('End', do='end', plain=True)}</form></tr>"
        for one in accounts.my_sessions()
    )
    head = "<tr><th>Browser<th>Network<th>Since<th></tr>"
    end = button("End all but this one", do="others", plain=True)
    table = f'<div class="scroll"><table>{head}{rows}</table></div>'
    return f'<h2>Open sessions</h2>{table}<form method="post">{end}</form>'


def _data() -> str:
    return (
        "<h2>Your data</h2><p>Everything that is known of you: account, keys, sessions, marks,"
        " edits, and your lectures with recordings and clips.</p>"
        '<p><a class="button plain" href="/api/v1/me/data.zip">Save it as a zip</a></p>'
    )


def _erase_form(person: Person, *, heir: bool) -> str:
    what = (
        "Account, keys and sessions go for good. Lines of the audit and marks in other people's"
        " lectures stay, without your name."
    )
    fields = [field("typed", "Your name, typed again", hint=person.name)]
    if person.password is not None:
        fields.append(field("own", "Password", kind="password", fill="current-password"))
    if heir:
        hint = "Left empty, they are erased too."
        fields.append(field("heir", "Who gets your lectures", hint=hint))
    form = f"{''.join(fields)}{button('Erase my account', do='erase')}"
    return f'<h2>Erase your account</h2><p>{what}</p><form method="post">{form}</form>'


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "never"


routes = [Route("/account", show_account, methods=["GET", "POST"])]
