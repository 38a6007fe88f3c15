"""What the page Admin has done, said once at its top."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from agents.errors import LectureError
from app.services.root import current_services
from app.views.text import plain


def do(done: str, action: Callable[..., object], *args: object) -> None:
    """Do something and say so, or say why not."""
    try:
        action(*args)
        st.session_state.told = ("success", done)
    except LectureError as error:
        st.session_state.told = ("error", error.message)


def give_link(what: str, path: str, make: Callable[..., str], *of: str) -> None:
    """Make a link that is mailed, or shown once where it cannot be."""
    services = current_services()
    try:
        secret = make(*of)
    except LectureError as error:
        st.session_state.told = ("error", error.message)
        return
    try:
        to = services.accounts.mail_link(secret)
    except LectureError as error:
        to, st.session_state.told = None, ("error", error.message)
    if to is not None:
        st.session_state.told = ("success", f"The link is mailed to {to}.")
        return
    base = (services.settings.public_url or st.context.url or "").split("/admin")[0]
    st.session_state.link = (what, f"{base.rstrip('/')}/{path}/{secret}")


def show_told() -> None:
    """Show what was done, and a link that was made, this once."""
    kind, text = st.session_state.pop("told", ("", ""))
    if text:
        (st.success if kind == "success" else st.error)(plain(text))
    what, link = st.session_state.pop("link", ("", ""))
    if link:
        st.info(f"{plain(what)} Copy it now, it is not shown again.")
        st.code(link, language=None)
