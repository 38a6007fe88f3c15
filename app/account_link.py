"""The way to one's account, in the corner of every page where people sign in."""

from __future__ import annotations

from html import escape

import streamlit as st

from app.security.identity import acting
from app.services.root import current_services

STYLE = (
    "position:fixed;right:8.2rem;top:.7rem;z-index:1000000;padding:.3rem .75rem;max-width:12rem;"
    "overflow:hidden;white-space:nowrap;text-overflow:ellipsis;border-radius:.5rem;"
    "border:1px solid color-mix(in srgb, gray 40%, transparent);color:inherit;"
    "background:var(--st-background-color, transparent);text-decoration:none;font-size:.9rem"
)


def show_account_link() -> None:
    """Show who is signed in, as the link to their account; nothing while nobody signs in."""
    if current_services().settings.auth == "local":
        return
    who = acting()
    if who.via == "link":
        text, where = "You look as a guest", "/login"
    else:
        text, where = who.name, "/account"
    st.html(f'<a href="{where}" target="_self" style="{STYLE}">{escape(text)}</a>')
