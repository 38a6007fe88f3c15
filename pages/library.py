"""Every lecture as a card; an empty library offers the sample."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from agents.errors import LectureError
from app.security.identity import acting
from app.services.lectures import LectureCard
from app.services.root import current_services
from app.views.cards import poster_html
from app.views.shelf import Filters, chosen_cards
from app.views.text import ACTIVE, STATES, ago, length, plain
from data.records import now
from pages.finding import choose_filters, show_hits
from pages.several import delete, show_deleted, show_pick, show_several, show_undo

PER_PAGE = 12
services = current_services()
may_change = acting().may("write")


def try_sample() -> None:
    """Bring the bundled lecture in and go to its run."""
    try:
        job = services.lectures.add_sample()
    except LectureError as error:
        st.session_state.problem = error.message
        return
    st.session_state.go_to_job = job.id
    st.session_state.tour = True


def show_card(card: LectureCard) -> None:
    """Show one lecture with the ways to go on from it."""
    lecture = card.lecture
    label, colour = STATES[card.state]
    with st.container(border=True, key=f"lecture-{lecture.id}", gap="xsmall"):
        st.html(poster_html(card.poster_url, f"Poster of {lecture.title}"))
        st.markdown(f"**{plain(lecture.title)}**")
        clips = f", {card.clips} clips" if card.clips else ""
        st.caption(f"{length(lecture.duration)}{clips}, {ago(lecture.created)}")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(label, color=colour)
            if card.clips:
                st.page_link(
                    "../pages/review.py", label="Review", query_params={"lecture": lecture.id}
                )
                st.page_link(
                    "../pages/clips.py", label="Clips", query_params={"lecture": lecture.id}
                )
            elif card.job:
                st.page_link(
                    "../pages/job.py", label="See the run", query_params={"id": card.job.id}
                )
        if may_change:
            with st.container(horizontal=True, vertical_alignment="center"):
                show_pick(card)
                st.space("stretch")
                st.button(
                    "Delete",
                    key=f"delete-{lecture.id}",
                    type="tertiary",
                    on_click=delete,
                    args=([lecture.id],),
                )
        if card.state == "failed" and card.job:
            st.caption(plain(card.job.error or "The run failed."))
            st.caption("See the run to try again from where it failed.")


def show_empty() -> None:
    """Say what to do in a library without lectures."""
    with st.container(border=True, key="empty-library"):
        st.subheader("No lectures yet")
        if not may_change:
            st.write("You see a lecture here as soon as somebody shares it with you.")
            return
        st.write("Upload a recording, or look around with the bundled three-minute sample.")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Try the sample lecture", type="primary", on_click=try_sample)
            st.page_link("../pages/upload.py", label="Upload a lecture")


@st.fragment(run_every=5.0)
def watch_cards(filters: Filters, said_in: set[str]) -> None:
    """Look at the lectures again while runs are going."""
    cards = services.lectures.list()
    show_cards(cards, filters, said_in)
    if not any(card.state in ACTIVE for card in cards):
        st.rerun()


def show_cards(cards: Sequence[LectureCard], filters: Filters, said_in: set[str]) -> None:
    """Show the cards that the filters let through, a page of them at a time."""
    shown = chosen_cards(cards, filters, said_in, now())
    if not shown:
        st.info("No lecture fits: take back a filter, or search for fewer words.")
        return
    if may_change:
        show_several(shown)
    pages = -(-len(shown) // PER_PAGE)
    page = st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1
    with st.grid(min_column_width=300):
        for card in shown[(page - 1) * PER_PAGE : page * PER_PAGE]:
            show_card(card)


def show_library(cards: Sequence[LectureCard]) -> None:
    """Show search, hits and cards; cards of running lectures keep themselves up to date."""
    filters = choose_filters(cards)
    hits = services.search.said(filters.text)
    show_hits(hits)
    said_in = {hit.lecture_id for hit in hits}
    if any(card.state in ACTIVE for card in cards):
        watch_cards(filters, said_in)
    else:
        show_cards(cards, filters, said_in)


if job_id := st.session_state.pop("go_to_job", None):
    st.switch_page("../pages/job.py", query_params={"id": job_id})
st.title("Library", anchor=False)
if problem := st.session_state.pop("problem", None):
    st.error(plain(problem))
show_undo()
if cards := services.lectures.list():
    show_library(cards)
else:
    show_empty()
if may_change:
    show_deleted()
