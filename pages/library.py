"""Every lecture as a card; an empty library offers the sample."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from agents.errors import LectureError
from app.services.lectures import LectureCard
from app.services.root import current_services
from app.views.cards import poster_html
from app.views.text import ACTIVE, STATES, ago, length, plain

FILTERS = {
    "All": None,
    "Running": ACTIVE,
    "Ready": {"completed"},
    "Failed": {"failed", "cancelled"},
}
PER_PAGE = 12
services = current_services()


def try_sample() -> None:
    """Bring the bundled lecture in and go to its run."""
    try:
        job = services.lectures.add_sample()
    except LectureError as error:
        st.session_state.problem = error.message
        return
    st.session_state.go_to_job = job.id


def delete(lecture_id: str) -> None:
    """Hide a lecture and offer to bring it back."""
    services.lectures.delete(lecture_id)
    st.session_state.deleted = lecture_id


def restore(lecture_id: str) -> None:
    """Bring back the lecture that was deleted last."""
    services.lectures.restore(lecture_id)
    st.session_state.deleted = None


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
            st.space("stretch")
            st.button(
                "Delete",
                key=f"delete-{lecture.id}",
                type="tertiary",
                on_click=delete,
                args=(lecture.id,),
            )
        if card.state == "failed" and card.job:
            st.caption(plain(card.job.error or "The run failed."))


def show_empty() -> None:
    """Say what to do in a library without lectures."""
    with st.container(border=True, key="empty-library"):
        st.subheader("No lectures yet")
        st.write("Upload a recording, or look around with the bundled three-minute sample.")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Try the sample lecture", type="primary", on_click=try_sample)
            st.page_link("../pages/upload.py", label="Upload a lecture")


@st.fragment(run_every="5s")
def watch_cards() -> None:
    """Look at the lectures again while runs are going."""
    cards = services.lectures.list()
    show_cards(cards)
    if not any(card.state in ACTIVE for card in cards):
        st.rerun()


def show_cards(cards: Sequence[LectureCard]) -> None:
    """Show the cards that the filter lets through."""
    if not cards:
        show_empty()
        return
    chosen = st.segmented_control(
        "Show", list(FILTERS), default="All", key="show", label_visibility="collapsed"
    )
    states = FILTERS[chosen or "All"]
    shown = [card for card in cards if states is None or card.state in states]
    if not shown:
        st.info("No lecture is in this state.")
    pages = max(1, -(-len(shown) // PER_PAGE))
    page = st.pagination(pages, key="page") if pages > 1 else 1
    with st.grid(min_column_width=300):
        for card in shown[(page - 1) * PER_PAGE : page * PER_PAGE]:
            show_card(card)


if job_id := st.session_state.pop("go_to_job", None):
    st.switch_page("../pages/job.py", query_params={"id": job_id})
st.title("Library")
if problem := st.session_state.pop("problem", None):
    st.error(plain(problem))
if deleted := st.session_state.get("deleted"):
    with st.container(horizontal=True, vertical_alignment="center"):
        st.write("The lecture was deleted.")
        st.button("Undo", on_click=restore, args=(deleted,))
cards = services.lectures.list()
if any(card.state in ACTIVE for card in cards):
    watch_cards()
else:
    show_cards(cards)
