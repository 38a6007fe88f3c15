"""In which quality clips are rendered: drafts to look at first, then the real ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from agents.compile.params import Quality
from agents.errors import LectureError
from app.services.root import current_services
from app.views.clips import quality_line, render_times, unrendered
from app.views.text import plain
from data.records import Job

DRAFT_HELP = "Small pictures, 15 a second, subtitles burned in: made fast, to look at first."
FULL_HELP = "The clips as they are published. Those that are rendered so already cost nothing."


def quality_of(job: Job) -> Quality:
    """Return the quality in which a run renders."""
    return current_services().jobs.tuning(job).compile.quality  # pyright: ignore[reportAttributeAccessIssue]


def render(job_id: str, quality: Quality) -> None:
    """Start a run with the clips as they stand, or remember the sentence that says why not."""
    try:
        st.session_state.go_to_job = current_services().jobs.compile(job_id, quality).id
    except LectureError as error:
        st.session_state.problem = error.message


def show_quality(job: Job, clips: Sequence[dict[str, Any]], *, may_change: bool) -> None:
    """Say in which quality the clips are rendered, and offer what is missing with its price."""
    quality = quality_of(job)
    missing = unrendered(clips)
    with st.container(horizontal=True, vertical_alignment="center", key="quality"):
        if quality == "draft":
            st.badge("Draft", color="orange")
        st.markdown(plain(quality_line(clips, quality)), width="content")
        if not may_change or job.status != "completed" or not (missing or quality == "draft"):
            return
        offered: list[Quality] = ["draft", "full"] if missing else ["full"]
        if missing:
            show_button(job.id, "draft", "Preview renders (draft)", DRAFT_HELP)
        show_button(job.id, "full", "Render in full quality", FULL_HELP)
        seconds = current_services().runs.render_seconds(job.id)
        st.caption(render_times(seconds, offered), width="content")
    if quality == "draft":
        st.caption("Later runs are drafts, too, until you render in full quality.")


def show_button(job_id: str, quality: Quality, label: str, told: str) -> None:
    """Show the button that renders in one quality."""
    st.button(label, key=f"render-{quality}", help=told, on_click=render, args=(job_id, quality))
