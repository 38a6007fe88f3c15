"""People, keys, sessions, waits, work, room and audit, for administrators."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import streamlit as st

from agents.errors import LectureError
from app.services.root import current_services
from app.views.text import ago, plain
from data.people import Person, Role
from pages.quotas import show_quotas

ROLES: tuple[Role, ...] = get_args(Role)
services = current_services()
accounts = services.accounts


def do(done: str, action: Callable[..., object], *args: str) -> None:
    """Do something and say so, or say why not."""
    try:
        action(*args)
        st.session_state.told = ("success", done)
    except LectureError as error:
        st.session_state.told = ("error", error.message)


def give_link(what: str, path: str, make: Callable[[str], str], of: str) -> None:
    """Make a link that is shown once."""
    try:
        base = (services.settings.public_url or st.context.url or "").split("/admin")[0]
        st.session_state.link = (what, f"{base.rstrip('/')}/{path}/{make(of)}")
    except LectureError as error:
        st.session_state.told = ("error", error.message)


def show_told() -> None:
    """Show what was done, and a link that was made, this once."""
    kind, text = st.session_state.pop("told", ("", ""))
    if text:
        (st.success if kind == "success" else st.error)(plain(text))
    what, link = st.session_state.pop("link", ("", ""))
    if link:
        st.info(f"{what} Copy it now, it is not shown again.")
        st.code(link, language=None)


def show_people() -> None:
    """Show everybody, and what can be done about one of them."""
    people = accounts.people()
    st.dataframe(
        [
            {
                "Name": one.name,
                "As others see it": one.shown,
                "Role": one.role,
                "Comes by": "provider" if one.subject else "password" if one.password else "link",
                "Second factor": one.totp is not None,
                "Let in": one.disabled is None,
                "Since": one.created,
            }
            for one in people
        ],
        hide_index=True,
    )
    left, right = st.columns(2)
    with left, st.container(border=True):
        st.subheader("Somebody new")
        role = st.selectbox("Role", ROLES, index=1, key="new_role")
        what = f"The link makes one account ({role}), within 7 days."
        st.button(
            "Make an invitation link",
            on_click=give_link,
            args=(what, "invite", accounts.invite, role),
        )
    with right, st.container(border=True):
        st.subheader("Somebody who is here")
        names = {one.name: one for one in people}
        chosen = st.selectbox("Person", list(names), format_func=plain, key="person")
        if chosen:
            show_person(names[chosen])


def show_person(person: Person) -> None:
    """Show what can be done about a person."""
    role = st.selectbox("New role", ROLES, index=ROLES.index(person.role), key=f"r{person.id}")
    let_in = person.disabled is not None
    turn, label = (
        (accounts.enable, "Let in again") if let_in else (accounts.disable, "Let in no more")
    )
    told = f"{person.name} is {role} now."
    what = f"The link sets a new password of {person.name}, once."
    with st.container(horizontal=True):
        st.button("Set the role", on_click=do, args=(told, accounts.set_role, person.id, role))
        link = (what, "reset", accounts.reset_link, person.id)
        st.button("Make a password link", on_click=give_link, args=link)
        end = ("The sessions have ended.", accounts.end_sessions, person.id)
        st.button("End all sessions", on_click=do, args=end)
        st.button(label, on_click=do, args=(f"{label}: {person.name}.", turn, person.id))


def show_keys() -> None:
    """Show the keys that work."""
    keys, names = accounts.all_keys(), {one.id: one.name for one in accounts.people()}
    if not keys:
        st.caption("There are no keys; people make them on their account page.")
        return
    for key in keys:
        with st.container(horizontal=True, vertical_alignment="center"):
            used = f"used {ago(key.seen)}" if key.seen else "never used"
            owner = names.get(key.person, key.person)
            st.text(f"{key.name} of {owner}: {', '.join(key.scopes)}, {used}", width="stretch")
            revoke = ("The key is revoked.", accounts.revoke_key, key.id)
            st.button("Revoke", key=key.id, on_click=do, args=revoke)


def show_sessions() -> None:
    """Show who is in, and who waits after wrong passwords."""
    names = {one.id: one.name for one in accounts.people()}
    for one in accounts.sessions():
        if one.kind == "refresh":
            continue
        with st.container(horizontal=True, vertical_alignment="center"):
            who = names.get(one.person, "guest of a link")
            told = f"{who}, {one.kind}, {one.ip}, since {ago(one.created)}: {one.agent[:60]}"
            st.text(told, width="stretch")
            end = ("The session has ended.", accounts.end_family, one.family)
            st.button("End", key=one.id, on_click=do, args=end)
    st.subheader("Waiting after wrong passwords")
    waiting = accounts.lockouts()
    if not waiting:
        st.caption("Nobody.")
    for lockout in waiting:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"{lockout.subject}: {lockout.failures} in a row", width="stretch")
            forget = ("They may try again.", accounts.forget_lockout, lockout.subject)
            st.button("End the wait", key=lockout.subject, on_click=do, args=forget)


def show_work() -> None:
    """Show queue, workers and room."""
    try:
        work = services.house.work()
        columns = st.columns(3)
        columns[0].metric("Stages waiting", work.waiting)
        columns[1].metric("Runs unfinished", work.unfinished)
        columns[2].metric("Workers", len(work.workers))
        st.dataframe([{"Worker": name, "State": state} for name, state in work.workers])
    except LectureError as error:
        st.error(plain(error.message))
    storage = services.house.storage()
    free, total = storage.free_bytes / 1e9, storage.total_bytes / 1e9
    st.metric("Free on the disk", f"{free:.1f} of {total:.1f} GB")
    st.dataframe(
        [
            {"Owner": room.owner, "Lectures": room.lectures, "GB": round(room.size_bytes / 1e9, 3)}
            for room in storage.owners
        ],
        hide_index=True,
    )


def show_audit() -> None:
    """Search who did what."""
    text = st.text_input("Part of a person, action, object or result", key="audit")
    names = {one.id: one.name for one in accounts.people()}
    st.dataframe(
        [
            {
                "When (UTC)": line.ts,
                "Who": names.get(line.person, line.person),
                "What": line.action,
                "To": names.get(line.object, line.object),
                "Result": line.result,
                "Network": line.ip,
            }
            for line in accounts.audit(text)
        ],
        hide_index=True,
    )


st.title("Admin")
show_told()
PARTS = {
    "People": show_people,
    "Keys": show_keys,
    "Sessions": show_sessions,
    "Work and room": show_work,
    "Quotas": show_quotas,
    "Audit": show_audit,
}
part = st.segmented_control(
    "Part", list(PARTS), default="People", label_visibility="collapsed", required=True
)
PARTS[part or "People"]()
