"""What pages about one lecture show when their address names none; no page of its own."""

from __future__ import annotations

import math

import streamlit as st

from app.services.root import current_services
from app.views.text import plain


def choose_lecture(page: str, title: str, nothing: str) -> str | None:
    """Return the lecture that the address names, else offer `page` for those with clips.

    `nothing` is the sentence for a library in which no lecture has any.
    """
    if lecture_id := st.query_params.get("lecture"):
        return lecture_id
    st.title(title)
    ready = [card.lecture for card in current_services().lectures.list() if card.clips]
    if not ready:
        st.info(nothing)
        st.page_link("../pages/library.py", label="Go to the library")
    for lecture in ready:
        query = {"lecture": lecture.id}
        st.page_link(f"../pages/{page}.py", label=plain(lecture.title), query_params=query)
    return None


def time_of_address() -> float | None:
    """Return the second that the address names, None when it names none."""
    try:
        time = float(st.query_params.get("t", ""))
    except ValueError:
        return None
    return time if math.isfinite(time) and time >= 0 else None
