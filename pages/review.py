"""One lecture with everything that was found in it, and the clips with the reasons for them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from agents.errors import LectureError
from app import components
from app.services.root import current_services
from app.views.clips import clip_table, deck_clips
from app.views.text import ACTIVE, plain
from app.views.why import contribution_figure, drop_out_lines
from pages.choosing import choose_lecture, time_of_address
from pages.findings import show_header, show_sights, show_silence
from pages.saving import offer_files

services = current_services()
NOTHING = "Nothing to review yet: a lecture comes here when its clips are ready."
CONFIG = {
    "Score": st.column_config.NumberColumn(format="%.2f"),
    "Why": st.column_config.TextColumn(width="large"),
}


def select(clip_id: str | None, start: float | None = None) -> None:
    """Make a clip the selected one; with `start` the player goes there."""
    st.session_state.clip = clip_id
    if start is not None:
        nonce = st.session_state.get("focus", {}).get("nonce", 0) + 1
        st.session_state.focus = {"time": start, "nonce": nonce}


def select_from_deck() -> None:
    """Follow a click or a key on the timeline; the player is there already."""
    select(st.session_state.deck.selected)


def select_from_table(clips: list[dict[str, Any]]) -> None:
    """Follow a click on the table and show the place in the player.

    While the deck's answer is under way the table still names the clip before: the deck wins.
    """
    rows = st.session_state.clip_table.selection.rows
    if rows and st.session_state.deck.selected is None:
        select(clips[rows[0]]["id"], clips[rows[0]]["start"])


def table_rows(at: int | None) -> dict[str, list[Any]]:
    """Return a table's selection in the whole shape that comes back, so that equal stays equal."""
    return {"rows": [] if at is None else [at], "columns": [], "cells": []}


def change(action: str, *args: Any) -> None:  # noqa: ANN401
    """Change a clip, or remember the sentence that says why not."""
    try:
        getattr(services.clips, action)(*args)
    except LectureError as error:
        st.session_state.problem = error.message


def rename(clip_id: str) -> None:
    """Take the title that was typed."""
    change("rename", clip_id, st.session_state[f"title-{clip_id}"])


def show_why(clip: dict[str, Any]) -> None:
    """Show why a clip was chosen, and what can be done with it."""
    why, edit = st.columns([3, 2])
    with why:
        st.markdown(f"**Why this clip** (score {clip['score']:.2f})")
        st.text(clip["reason"])
        st.text(f"“{clip['quote']}”")
        st.plotly_chart(
            contribution_figure(clip["contributions"]),
            key="why",
            config={"displayModeBar": False},
            alt="Contributions of the components to the score",
        )
        for line in drop_out_lines(clip):
            st.text(line)
    with edit:
        st.text_input(
            "Title",
            clip["title"],
            max_chars=200,
            key=f"title-{clip['id']}",
            on_change=rename,
            args=(clip["id"],),
        )
        with st.container(horizontal=True):
            for label, state in (("Accept", "accepted"), ("Reject", "rejected")):
                st.button(
                    label,
                    key=f"{state}-{clip['id']}",
                    type="primary" if clip["state"] == state else "secondary",
                    on_click=change,
                    args=("set_state", clip["id"], state),
                )
            st.button("Undo", key=f"undo-{clip['id']}", on_click=change, args=("undo", clip["id"]))
        if clip["download"]:
            st.link_button("Download this clip", clip["download"])


def show_deck(bundle: dict[str, Any]) -> None:
    """Show player, transcript and timeline; what they fetch anew is named by `version`."""
    lecture_id, job_id = bundle["lecture"]["id"], bundle["job"]["id"]
    components.deck(
        {
            "bundle": f"/api/v1/lectures/{lecture_id}/bundle?job={job_id}",
            "version": ",".join(bundle["stages"]),
            "peaks": f"/api/v1/lectures/{lecture_id}/peaks",
            "video": bundle["media"]["source"],
            "poster": bundle["media"]["poster"],
            "live": {
                "scores": [sentence["score"] for sentence in bundle["sentences"]],
                "clips": deck_clips(bundle["clips"]),
                "selected": st.session_state.clip,
                "focus": st.session_state.get("focus"),
            },
        },
        on_select=select_from_deck,
    )


def show_clips(clips: list[dict[str, Any]]) -> None:
    """Show the table of the clips, and the selected one with its reasons."""
    st.subheader("Clips")
    selected = st.session_state.clip
    at = next((index for index, clip in enumerate(clips) if clip["id"] == selected), None)
    st.session_state.clip_table = {"selection": table_rows(at)}
    st.dataframe(
        clip_table(clips),
        key="clip_table",
        hide_index=True,
        on_select=lambda: select_from_table(clips),
        selection_mode="single-row",
        column_config=CONFIG,
        alt="The clips: rank, title, times, score, state and reason",
    )
    if at is not None:
        with st.container(border=True, key="inspector"):
            show_why(clips[at])


@st.fragment(key="review")
def show_review(lecture_id: str) -> None:
    """Show deck, clip table and inspector; edits run this part of the page again."""
    if job_id := st.session_state.pop("go_to_job", None):
        st.switch_page("../pages/job.py", query_params={"id": job_id})
    try:
        bundle = services.review.bundle(lecture_id, st.query_params.get("job"))
    except LectureError as error:
        st.error(plain(error.message))
        st.page_link("../pages/library.py", label="Go to the library")
        return
    clips = bundle["clips"]
    show_header(bundle)
    if problem := st.session_state.pop("problem", None):
        st.error(plain(problem))
    active = bundle["job"]["status"] in ACTIVE
    if bundle["media"]["source"] is None:
        then = "comes here by itself" if active else "can be read by running it again"
        st.info(f"The recording has not been read yet; it {then}.")
        return
    known = {clip["id"] for clip in clips}
    if st.session_state.get("clip") not in known:
        wanted = st.query_params.get("clip")
        select(wanted if wanted in known else next(iter(known and [clips[0]["id"]]), None))
    time = time_of_address()
    if time is not None and st.session_state.get("came_to") != (lecture_id, time):
        st.session_state.came_to = lecture_id, time
        select(st.session_state.clip, time)
    show_deck(bundle)
    offer_files(bundle)
    show_silence(bundle)
    if clips:
        show_clips(clips)
    elif not active:
        st.info("No clip was found: the lecture may be too short, or nothing was said in it.")
    show_sights(bundle)


if chosen_lecture := choose_lecture("review", "Review", NOTHING):
    show_review(chosen_lecture)
