"""Everything of a lecture that can be saved, and what can be made beside its clips."""

from __future__ import annotations

from typing import Any

import streamlit as st

from agents.errors import LectureError
from app.film_component import film
from app.services.extras import ACTIVE, SAVED
from app.services.root import current_services
from app.views.text import clock, file_size, length, plain
from jobs.extras import ExtraKind

MEDIA = "/app/static/media/lectures"
ABOUT: dict[str, str] = {
    "reel": "The best passage of every topic, one after another, in a couple of minutes.",
    "podcast": "The clips to listen to: MP3 and M4A with a chapter for each.",
}


def ask(kind: ExtraKind, lecture_id: str, job_id: str, what: str) -> None:
    """Have an extra made, or stop that; remember the sentence that says why not."""
    try:
        getattr(current_services().extras, what)(kind, lecture_id, job_id)
    except LectureError as error:
        st.session_state.extra_problem = error.message


@st.fragment(key="extras", run_every=2.0)
def watch_extras(lecture_id: str, job_id: str) -> None:
    """Show the extras while one of them is being made."""
    states = current_services().extras.states(lecture_id, job_id)
    if not any(state["status"] in ACTIVE for state in states):
        st.rerun()  # the page shows them without looking again
    show_states(states, lecture_id, job_id)


def show_extras(lecture_id: str, job_id: str) -> None:
    """Show reel and podcast: to play and to save, or to have made."""
    states = current_services().extras.states(lecture_id, job_id)
    if any(state["status"] in ACTIVE for state in states):
        watch_extras(lecture_id, job_id)
    else:
        show_states(states, lecture_id, job_id)


def show_states(states: list[dict[str, Any]], lecture_id: str, job_id: str) -> None:
    """Show each extra as it stands."""
    if problem := st.session_state.pop("extra_problem", None):
        st.error(plain(problem))
    with st.grid(min_column_width=420):
        for state in states:
            with st.container(border=True, key=f"extra-{state['kind']}"):
                show_extra(state, lecture_id, job_id)


def show_extra(state: dict[str, Any], lecture_id: str, job_id: str) -> None:
    """Show one extra."""
    kind, status = state["kind"], state["status"]
    st.markdown(f"**{state['title']}**")
    if status == "ready":
        show_made(state, lecture_id, job_id)
        return
    st.caption(ABOUT[kind])
    given = (kind, lecture_id, job_id)
    if status in ACTIVE:
        text = state["message"] or "Waiting for a worker"
        st.progress(state["percent"] / 100, text=plain(text))
        st.button("Cancel", key=f"cancel-{kind}", on_click=ask, args=(*given, "cancel"))
        return
    if state["message"]:
        (st.error if status == "failed" else st.caption)(plain(state["message"]))
    if status != "nothing":
        label = "Make the reel" if kind == "reel" else "Make the podcast"
        st.button(label, key=f"make-{kind}", on_click=ask, args=(*given, "ask"))


def show_made(state: dict[str, Any], lecture_id: str, job_id: str) -> None:
    """Show the player of what is made, its chapters and its files."""
    base = f"{MEDIA}/{lecture_id}/{state['kind']}"
    if state["kind"] == "reel":
        files = {"video": "mp4", "poster": "jpg", "moving": "webp", "vtt": "vtt"}
        shown = {name: f"{base}.{suffix}?job={job_id}" for name, suffix in files.items()}
        size = {"width": state["width"], "height": state["height"]}
        film({**shown, **size, "title": state["title"]}, key="film-reel")
    else:
        st.audio(f"{base}.mp3?job={job_id}")
    marks = state["chapters"]
    st.caption(f"{len(marks)} chapters, {length(marks[-1]['end'])}")
    with st.expander("Chapters"):
        for mark in marks:
            st.text(f"{clock(mark['start'])}  {mark['title']}")
    with st.container(horizontal=True):
        for file in state["files"]:
            if file["suffix"] in SAVED:
                label = f"Save {file['suffix'].upper()} ({file_size(file['size_bytes'])})"
                st.link_button(label, file["url"])


def offer_downloads(lecture_id: str, job_id: str) -> None:
    """Offer every file of a lecture by its group: the same that lie in the zip."""
    groups: dict[str, list[dict[str, str]]] = {}
    for row in current_services().exchange.downloads(lecture_id, job_id):
        groups.setdefault(row["group"], []).append(row)
    with st.popover("Downloads"):
        for group, rows in groups.items():
            st.caption(group)
            with st.container(horizontal=True):
                for row in rows:
                    st.link_button(plain(row["name"]), row["url"])
