"""One lecture with everything that was found in it, and the clips with the reasons for them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from agents.errors import LectureError
from app import components
from app.services.root import current_services
from app.views.clips import clip_table, deck_clips, history_line
from app.views.text import ACTIVE, plain
from app.views.why import contribution_bars, drop_out_lines, topic_contributions
from pages.choosing import choose_lecture, time_of_address
from pages.findings import show_header, show_sights, show_silence
from pages.quality import show_quality
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
    st.session_state.topic = None
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


def select_topic() -> None:
    """Tell of the topic that was clicked on the timeline, until a clip is chosen."""
    st.session_state.topic = st.session_state.deck.topic


def go_to_run() -> None:
    """Go to the run that the deck has started."""
    st.session_state.go_to_job = st.session_state.deck.go


def show_why(clip: dict[str, Any]) -> None:
    """Show why a clip was chosen, what it won against, and what would make it drop out."""
    by_hand = " Made by hand." if clip["source"] == "manual" else ""
    st.markdown(f"**Why this clip** (score {clip['score']:.2f}){by_hand}")
    st.text(clip["reason"])
    if clip["quote"]:
        st.text(f"“{clip['quote']}”")
    st.html(contribution_bars(clip["contributions"]))
    for line in drop_out_lines(clip):
        st.text(line)
    if clip["download"]:
        st.link_button("Download this clip", clip["download"])
    else:
        st.caption("It is rendered when you compile.")


def show_topic(lecture_id: str, job_id: str, number: int) -> None:
    """Show what speaks for a topic: its components times the weights of the run."""
    bundle = services.review.bundle(lecture_id, job_id)
    topic = next((one for one in bundle["topics"] if one["topic"] == number), None)
    if topic is None:
        return
    tuning = services.jobs.tuning(services.jobs.get(job_id))
    weights = tuning.extract.weights.model_dump()  # pyright: ignore[reportAttributeAccessIssue]
    shares = topic_contributions(bundle["sentences"], topic["topic"], weights)
    st.markdown(f"**Why this topic** (score {sum(shares.values()):.2f})")
    st.text(topic["title"])
    st.text(topic["summary"])
    st.html(contribution_bars(shares))


def show_deck(bundle: dict[str, Any]) -> None:
    """Show player, transcript and timeline; what they fetch anew is named by `version`."""
    lecture_id, job_id = bundle["lecture"]["id"], bundle["job"]["id"]
    tuning = services.jobs.tuning(services.jobs.get(job_id)).extract  # pyright: ignore[reportAttributeAccessIssue]
    history = services.clips.history(job_id)
    components.deck(
        {
            "bundle": f"/api/v1/lectures/{lecture_id}/bundle?job={job_id}",
            "version": ",".join(bundle["stages"]),
            "edits": f"/api/v1/jobs/{job_id}/edits",
            "render": f"/api/v1/jobs/{job_id}/render",
            "captions": services.review.captions_stamp(lecture_id),
            "peaks": f"/api/v1/lectures/{lecture_id}/peaks",
            "wave": f"/api/v1/lectures/{lecture_id}/wave",
            "may_change": services.access.may_change(lecture_id),
            "video": bundle["media"]["source"],
            "poster": bundle["media"]["poster"],
            "live": {
                "clips": deck_clips(bundle["clips"]),
                "selected": st.session_state.clip,
                "focus": st.session_state.get("focus"),
                "limits": [tuning.min_clip_s, tuning.max_clip_s],
                "history": history_line(history),
            },
        },
        on_select=select_from_deck,
        on_topic=select_topic,
        on_go=go_to_run,
    )
    if bundle["job"]["parent"] and not history.made:
        show_beginning(lecture_id, bundle["job"]["parent"])


def show_beginning(lecture_id: str, parent: str) -> None:
    """Say where the steps are that led to a run which nobody has changed yet."""
    with st.container(horizontal=True, vertical_alignment="center", key="beginning"):
        st.caption(
            "This run begins with the clips as they were left: undo goes back to here."
            " Rejected clips are still shown; earlier steps are in the run before."
        )
        query = {"lecture": lecture_id, "job": parent}
        st.page_link("../pages/review.py", label="Open the run before", query_params=query)


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
        with services.store.read():  # what the page asks for is answered by one opening
            bundle = services.review.head(lecture_id, st.query_params.get("job"))
            services.clips.history(bundle["job"]["id"])
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
    if clips and not active:
        show_quality(
            services.jobs.get(bundle["job"]["id"]),
            clips,
            may_change=services.access.may_change(lecture_id),
        )
    if (topic := st.session_state.get("topic")) is not None:
        with st.container(border=True, key="topic"):
            show_topic(lecture_id, bundle["job"]["id"], topic)
    if clips:
        show_clips(clips)
    elif not active:
        st.info("No clip was found: the lecture may be too short, or nothing was said in it.")
    show_silence(bundle)
    show_sights(bundle)
    offer_files(bundle)


if chosen_lecture := choose_lecture("review", "Review", NOTHING):
    show_review(chosen_lecture)
