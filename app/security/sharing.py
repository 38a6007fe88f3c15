"""The page on which an owner shares a lecture: with a person, or by a link that runs out."""

from __future__ import annotations

from html import escape

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agents.errors import LectureError
from app.security.forms import read_fields
from app.security.html import button, document, field, told
from app.services.root import current_services
from data.shares import Share


async def share(request: Request) -> Response:
    """Show with whom a lecture is shared, or do what one of the forms asks for."""
    lecture_id, error, done, link = request.path_params["id"], "", "", ""
    try:
        if request.method == "POST":
            form = dict(await read_fields(request))
            done, link = await to_thread.run_sync(_do, lecture_id, form)
    except LectureError as failure:
        error = failure.message
    try:
        title, shares = await to_thread.run_sync(_shares, lecture_id)
    except LectureError as failure:
        return document("Share a lecture", told(failure.message), status=404)
    base = current_services().settings.public_url or str(request.base_url)
    shown = (
        f"<p>Copy it now, it is not shown again:</p><p><code>{escape(base.rstrip('/'))}/s/{link}"
        "</code></p>"
    )
    top = told(error) + told(done, bad=False) + (shown if link else "")
    body = f"<p>{escape(title)}. <a href='/review?lecture={lecture_id}'>Back</a></p>{top}"
    page = f"{body}{_list(shares)}{_forms()}"
    return document("Share a lecture", page, wide=True, status=422 if error else 200)


def _do(lecture_id: str, form: dict[str, str]) -> tuple[str, str]:
    """Return what was done, and the secret of a new link."""
    sharing, what = current_services().sharing, form.get("do", "")
    if what == "person":
        may = "edit" if form.get("may") == "edit" else "view"
        sharing.share_with(lecture_id, form.get("name", ""), may)
        return "It is shared.", ""
    if what == "link":
        days = form.get("days", "")
        secret, _ = sharing.share_link(lecture_id, int(days) if days.isdigit() else 0)
        return "The link is made.", secret
    sharing.take_back(lecture_id, form.get("share", ""))
    return "It is not shared that way any more.", ""


def _shares(lecture_id: str) -> tuple[str, list[tuple[Share, str]]]:
    """Return a lecture's title, and its shares with the names of the people."""
    services = current_services()
    people = services.directory.picture().people
    found = services.sharing.shares(lecture_id)
    names = (people[one.person].name if one.person in people else "a link" for one in found)
    return services.lectures.get(lecture_id).title, list(zip(found, names, strict=True))


def _list(shares: list[tuple[Share, str]]) -> str:
    rows = "".join(
        f"<tr><td>{escape(name)}<td>{'look and change' if one.may == 'edit' else 'look'}"
        f"<td>{f'{one.expires:%Y-%m-%d}' if one.expires else 'until taken back'}"
        f"<td><form class='row' method='post'>"
        f"<input type='hidden' name='share' value='{escape(one.id)}'>"
        f"{button('Take back', do='back', plain=True)}</form></tr>"
        for one, name in shares
    )
    head = "<tr><th>With<th>To<th>Until<th></tr>"
    if not rows:
        return "<p>Only you see it.</p>"
    return f'<div class="scroll"><table>{head}{rows}</table></div>'


def _forms() -> str:
    may = (
        '<label for="may">They may</label><select id="may" name="may"><option value="view">look'
        '</option><option value="edit">look and change</option></select>'
    )
    person = f"{field('name', 'Name they sign in with')}{may}{button('Share it', do='person')}"
    days = field("days", "Days that the link works", kind="number", value="14")
    text = "Whoever has the link can look at this one lecture, without an account."
    return (
        f'<h2>With a person</h2><form method="post">{person}</form>'
        f'<h2>By a link</h2><p class="hint">{text}</p>'
        f'<form method="post">{days}{button("Make a link", do="link")}</form>'
    )


routes = [Route("/share/{id}", share, methods=["GET", "POST"])]
