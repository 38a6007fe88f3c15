"""What is done with several lectures at once, and with those that were deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import streamlit as st

from agents.errors import LectureError
from app.services.lectures import LectureCard
from app.services.root import current_services
from app.views.text import plain

AS_BEFORE = "Settings of its last run"
DEFAULTS = "Defaults"


def picked() -> set[str]:
    """Return the ids of the lectures that are chosen; they stay chosen on other pages of cards."""
    return st.session_state.setdefault("picked", set())


def pick(lecture_id: str) -> None:
    """Follow the box on a card."""
    chosen = st.session_state[f"pick-{lecture_id}"]
    (picked().add if chosen else picked().discard)(lecture_id)


def show_pick(card: LectureCard) -> None:
    """Show the box that chooses a lecture."""
    key = f"pick-{card.lecture.id}"
    st.session_state[key] = card.lecture.id in picked()
    st.checkbox("Choose", key=key, on_change=pick, args=(card.lecture.id,))


def clear() -> None:
    """Choose nothing any more."""
    st.session_state.picked = set()


def choose_all(ids: Sequence[str]) -> None:
    """Choose all lectures that the filters let through."""
    st.session_state.picked = {*picked(), *ids}


def delete(ids: Sequence[str]) -> None:
    """Hide lectures and offer to bring them back."""
    gone = []
    try:
        for lecture_id in ids:
            current_services().lectures.delete(lecture_id)
            gone.append(lecture_id)
    except LectureError as error:
        st.session_state.problem = error.message
    st.session_state.deleted = gone
    st.session_state.picked = picked() - set(gone)


def restore(ids: Sequence[str]) -> None:
    """Bring lectures back that were deleted."""
    try:
        for lecture_id in ids:
            current_services().lectures.restore(lecture_id)
    except LectureError as error:
        st.session_state.problem = error.message
    st.session_state.deleted = []


def run_again(ids: Sequence[str]) -> None:
    """Start a run of every chosen lecture that has none under way."""
    preset = st.session_state.batch_preset
    name = None if preset == AS_BEFORE else "" if preset == DEFAULTS else preset
    try:
        started, waiting = current_services().lectures.recompile(ids, name)
    except LectureError as error:
        st.session_state.problem = error.message
        return
    were = "was" if waiting == 1 else "were"
    busy = f" {waiting} had a run under way and {were} left alone." if waiting else ""
    st.session_state.told = f"{started} {'run' if started == 1 else 'runs'} started.{busy}"
    clear()


def show_several(shown: Sequence[LectureCard]) -> None:
    """Show what can be done with the chosen lectures."""
    chosen = sorted(picked())
    if not chosen:
        return
    with st.container(border=True, key="several", horizontal=True, vertical_alignment="bottom"):
        count = len(chosen)
        st.markdown(f"**{count} {'lecture' if count == 1 else 'lectures'} chosen**")
        presets = current_services().lectures.preset_names()
        choices = [AS_BEFORE, DEFAULTS, *presets]
        st.selectbox("Run again with", choices, key="batch_preset", width=260)
        st.button("Run again", type="primary", on_click=run_again, args=(chosen,))
        st.button("Delete chosen", on_click=delete, args=(chosen,))
        ids = [card.lecture.id for card in shown]
        st.button(f"Choose all {len(ids)}", on_click=choose_all, args=(ids,), type="tertiary")
        st.button("Choose none", on_click=clear, type="tertiary")


def show_undo() -> None:
    """Offer to take back the last deletion."""
    if told := st.session_state.pop("told", None):
        st.success(told)
    deleted = st.session_state.get("deleted")
    if not deleted:
        return
    count = len(deleted)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.write("The lecture was deleted." if count == 1 else f"{count} lectures were deleted.")
        st.button("Undo", on_click=restore, args=(deleted,))


def show_deleted() -> None:
    """Show what can still be brought back, and until when."""
    gone = current_services().lectures.deleted()
    if not gone:
        return
    days = current_services().settings.keep_deleted_days
    with st.expander(f"Deleted lectures ({len(gone)})", key="deleted-lectures"):
        if days:
            st.caption(f"They are removed for good {days} days after they were deleted.")
        for lecture in gone:
            with st.container(horizontal=True, vertical_alignment="center"):
                until = (lecture.deleted or lecture.updated) + timedelta(days=days)
                told = f", until {until:%Y-%m-%d}" if days else ""
                st.markdown(f"{plain(lecture.title)}{told}")
                key = f"restore-{lecture.id}"
                st.button("Bring back", key=key, on_click=restore, args=([lecture.id],))
