"""The addresses by which people come in and go: sign in, links, sign out."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from urllib.parse import quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agents.errors import LectureError
from app.security import account, oidc, sharing
from app.security.forms import read_fields
from app.security.gate import COOKIE, SECURE_COOKIE, session_cookie
from app.security.html import button, document, field, told
from app.security.identity import NOBODY
from app.services.entering import Opened, SignInRefused
from app.services.root import current_services


def safe_next(path: str) -> str:
    """Return a path of this app to go on to, "/" for anything that might lead elsewhere."""
    good = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if good and "\\" not in path else "/"


def enter(request: Request, opened: Opened, where: str) -> Response:
    """Go on as the person whose session has begun."""
    response = RedirectResponse(where, 303)
    secure = request.state.asked.secure
    response.set_cookie(
        SECURE_COOKIE if secure else COOKIE,
        opened.secret,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )
    return response


def agent_of(request: Request) -> str:
    """Return what a browser calls itself."""
    return request.headers.get("user-agent", "")


async def sign_in(request: Request) -> Response:
    """Show who may sign in how, or sign somebody in."""
    settings, where = current_services().settings, safe_next(request.query_params.get("next", "/"))
    if request.method == "POST" and settings.auth == "password":
        return await _sign_in(request, where)
    if request.state.principal is not NOBODY and request.method != "POST":
        return RedirectResponse(where, 303)
    if settings.auth == "password":
        return document("Sign in", _form(where))
    if settings.auth == "oidc":
        start = f"/oidc/start?next={quote(where, safe='')}"
        body = f'<p>You sign in where you have your account.</p><a class="button" href="{start}">'
        return document("Sign in", f"{body}Go on</a>")
    text = (
        "<p>This app belongs to one person on this machine.</p><p>Open the link that"
        " <code>lecture serve</code> printed when it started; it works once. A new one is printed"
        " at every start, and by <code>lecture admin link</code>.</p>"
    )
    return document("Use the link", text)


async def _sign_in(request: Request, where: str) -> Response:
    form, accounts = dict(await read_fields(request)), current_services().accounts
    name = form.get("name", "")
    try:
        opened = await to_thread.run_sync(
            accounts.sign_in,
            *(name, form.get("password", ""), form.get("code", ""), agent_of(request)),
        )
    except SignInRefused as error:
        status = 429 if error.wait_s else 401
        page = document("Sign in", _form(where, error.message, name), status=status)
        if error.wait_s:
            page.headers["Retry-After"] = str(round(error.wait_s) + 1)
        return page
    return enter(request, opened, where)


def _form(where: str, error: str = "", name: str = "") -> str:
    code = "Only if you have set up a second factor."
    return (
        f'<form method="post" action="/login?next={quote(where, safe="")}">{told(error)}'
        f"{field('name', 'Name', value=name, fill='username')}"
        f"{field('password', 'Password', kind='password', fill='current-password')}"
        f"{field('code', 'Code', hint=code, fill='one-time-code')}{button('Sign in')}</form>"
        '<p class="hint">No account, or no password any more? An administrator gives you a link.'
        "</p>"
    )


async def sign_out(request: Request) -> Response:
    """End the session and everything that came of the same sign-in."""
    secret = session_cookie(request.headers)
    if secret:
        await to_thread.run_sync(current_services().accounts.sign_out, secret)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE, path="/", httponly=True)
    response.delete_cookie(SECURE_COOKIE, path="/", secure=True, httponly=True)
    return response


async def open_link(request: Request) -> Response:
    """Let this machine's person in by the link that was printed at the start."""
    key, accounts = request.query_params.get("key", ""), current_services().accounts
    return await _entered(request, lambda: accounts.open_link(key, agent_of(request)))


async def open_share(request: Request) -> Response:
    """Ask a guest once, so that what looks at links in messages does not come in; then open."""
    token, accounts = request.path_params["token"], current_services().accounts
    if request.method == "POST":
        return await _entered(request, lambda: accounts.open_share(token, agent_of(request)))
    known = request.state.principal
    note = ""
    if known is not NOBODY and known.via == "session":
        name = escape(known.name)
        note = f"<p>You are signed in as {name}; to look as a guest signs you out.</p>"
    body = f"<p>Somebody has shared a lecture with you.</p>{note}"
    return document("A lecture for you", f'{body}<form method="post">{button("Look at it")}</form>')


async def _entered(request: Request, begin: Callable[[], Opened]) -> Response:
    try:
        opened = await to_thread.run_sync(begin)
    except LectureError as error:
        return document("This link does not work", told(error.message), status=404)
    return enter(request, opened, opened.where)


async def use_link(request: Request) -> Response:
    """Make an account by an invitation, or set a password by a reset link."""
    token, accounts = request.path_params["token"], current_services().accounts
    try:
        link = await to_thread.run_sync(accounts.check_link, token)
    except LectureError as error:
        return document("This link does not work", told(error.message), status=404)
    new, form, error = link.person is None, {}, ""
    if request.method == "POST":
        form = dict(await read_fields(request))
        try:
            opened = await to_thread.run_sync(
                lambda: accounts.accept_invitation(
                    token,
                    name=form.get("name", ""),
                    password=form.get("password", ""),
                    shown=form.get("shown", ""),
                    agent=agent_of(request),
                )
            )
            return enter(request, opened, "/")
        except LectureError as failure:
            error = failure.message
    names = (
        field("name", "Name", value=form.get("name", ""), fill="username")
        + field("shown", "As others see it", value=form.get("shown", ""), fill="name")
        if new
        else ""
    )
    hint = "12 characters or more; a few words are easy to remember."
    secret = field("password", "Password", kind="password", hint=hint, fill="new-password")
    label = "Make my account" if new else "Set the password"
    body = f'{told(error)}<form method="post">{names}{secret}{button(label)}</form>'
    title = "Make your account" if new else "Set a new password"
    return document(title, body, status=422 if error else 200)


routes = [
    Route("/login", sign_in, methods=["GET", "POST"]),
    Route("/logout", sign_out, methods=["POST"]),
    Route("/open", open_link, methods=["GET"]),
    Route("/s/{token}", open_share, methods=["GET", "POST"]),
    Route("/invite/{token}", use_link, methods=["GET", "POST"]),
    Route("/reset/{token}", use_link, methods=["GET", "POST"]),
    *account.routes,
    *sharing.routes,
    *oidc.routes,
]
