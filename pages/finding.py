"""The parts of the library that find lectures: search, filters, hits in what was said."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import streamlit as st

from app.services.lectures import LectureCard
from app.services.search import Hit
from app.views.shelf import ADDED, LENGTHS, ORDERS, STATUS, Filters, languages
from app.views.text import clock, plain

SHOWN = 8
"""Lectures whose places are shown."""


def choose_filters(cards: Sequence[LectureCard]) -> Filters:
    """Show search and filters, each kept in the address, and return what is chosen."""
    text = st.text_input(
        "Search in titles and in what was said",
        key="q",
        max_chars=200,
        type="search",
        placeholder='binary search, or "exact words"',
        bind="query-params",
    )
    with st.container(horizontal=True, vertical_alignment="top", key="filters"):
        status = st.segmented_control(
            "State", list(STATUS), default="All", key="show", bind="query-params"
        )
        language = _choice("Language", languages(cards), "lang")
        length = _choice("Length", list(LENGTHS), "length")
        added = _choice("Added", list(ADDED), "added")
        order = _choice("Order", list(ORDERS), "sort")
    return Filters(text or "", status or "All", language, length, added, order)


def _choice(label: str, options: list[str], key: str) -> str:
    return st.selectbox(label, options, key=key, bind="query-params", width=170)


def show_hits(hits: Sequence[Hit]) -> None:
    """Show where the words were said; each link goes to that second."""
    if not hits:
        return
    with st.container(border=True, key="hits"):
        st.subheader("Said in", anchor=False)
        lectures = [list(group) for _, group in groupby(hits, key=lambda hit: hit.lecture_id)]
        for places in lectures[:SHOWN]:
            st.markdown(f"**{plain(places[0].title)}**")
            for hit in places:
                _show_hit(hit)
            if places[0].found > len(places):
                st.caption(f"and {places[0].found - len(places)} more places in this lecture")
        if len(lectures) > SHOWN:
            st.caption(f"and in {len(lectures) - SHOWN} more lectures, shown below")


def _show_hit(hit: Hit) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        query = {"lecture": hit.lecture_id, "t": f"{hit.start:.2f}"}
        label = f"Go to {clock(hit.start)}"
        st.page_link("../pages/review.py", label=label, query_params=query)
        st.text(hit.text)
