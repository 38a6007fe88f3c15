"""The way to one's account, in the corner of every page where people sign in."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

import streamlit as st

from app.api.assets import asset_url
from app.security.identity import acting
from app.services.root import current_services

PLACE = "position:fixed;right:8.2rem;top:.7rem;z-index:1000000;display:flex;gap:.5rem"
STYLE = (
    "padding:.3rem .75rem;max-width:10rem;overflow:hidden;white-space:nowrap;"
    "text-overflow:ellipsis;border-radius:.5rem;"
    "border:1px solid color-mix(in srgb, gray 40%, transparent);color:inherit;"
    "background:var(--st-background-color, transparent);text-decoration:none;font-size:.9rem"
)


def has_admin_page() -> bool:
    """Return whether whoever looks gets the page Admin: where people sign in, administrators do."""
    return current_services().settings.auth != "local" and acting().may("admin")


def show_account_link() -> None:
    """Show who is signed in, as the link to their account; nothing while nobody signs in."""
    if current_services().settings.auth == "local":
        return
    who = acting()
    if who.via == "link":
        text, where = "You look as a guest", "/login"
    else:
        text, where = who.name, "/account"
    lecture = st.query_params.get("lecture", "")
    share = _link(share_address(lecture), "Share") if who.may("write") and lecture else ""
    script = f'<script src="{asset_url("session.js")}"></script>'
    st.html(
        f'<div style="{PLACE}">{share}{_link(where, text)}</div>{script}',
        unsafe_allow_javascript=True,
    )


def share_address(lecture: str) -> str:
    """Return where a lecture is shared; its id comes from the address of the page."""
    return f"/share/{quote(lecture, safe='')}"


def _link(where: str, text: str) -> str:
    return f'<a href="{where}" target="_self" style="{STYLE}">{escape(text)}</a>'
