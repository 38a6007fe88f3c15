"""What pages about one lecture show when their address names none; no page of its own."""

from __future__ import annotations

import math

import streamlit as st

from agents.errors import LectureError
from app.services.root import current_services
from app.views.text import plain


def choose_lecture(page: str, title: str, nothing: str) -> str | None:
    """Return the lecture that the address names, or the one a person comes from.

    Where there is neither, offer `page` for the lectures with clips; `nothing` is the sentence for
    a library in which no lecture has any.
    """
    if lecture_id := st.query_params.get("lecture"):
        st.session_state.lecture = lecture_id
        return lecture_id
    if lecture_id := lecture_before():
        st.query_params["lecture"] = lecture_id
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


def lecture_before() -> str | None:
    """Return the lecture that was looked at last, so that the navigation stays with it."""
    try:
        return current_services().lectures.get(st.session_state.get("lecture", "")).id
    except LectureError:
        return None


def time_of_address() -> float | None:
    """Return the second that the address names, None when it names none."""
    try:
        time = float(st.query_params.get("t", ""))
    except ValueError:
        return None
    return time if math.isfinite(time) and time >= 0 else None
