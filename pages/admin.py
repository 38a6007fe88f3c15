"""People, keys, sessions, waits, work, room, what is kept, and audit, for administrators."""

from __future__ import annotations

import streamlit as st

from app.services.root import current_services
from app.views.text import ago
from pages.keeping import show_audit, show_kept, show_work
from pages.people import show_people
from pages.quotas import show_quotas
from pages.telling import do, show_told

accounts = current_services().accounts


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


st.title("Admin")
show_told()
PARTS = {
    "People": show_people,
    "Keys": show_keys,
    "Sessions": show_sessions,
    "Work and room": show_work,
    "Quotas": show_quotas,
    "Kept": show_kept,
    "Audit": show_audit,
}
part = st.segmented_control(
    "Part", list(PARTS), default="People", label_visibility="collapsed", required=True
)
PARTS[part or "People"]()
