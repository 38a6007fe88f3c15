"""The runs of a lecture below its notebook: compare two, restore one; no page of its own."""

from __future__ import annotations

import streamlit as st

from agents.errors import LectureError
from app.services.root import current_services
from app.views.runs import run_label, run_table


def restore(job_id: str) -> None:
    """Make a run the one that the review page shows."""
    try:
        current_services().runs.restore(job_id)
    except LectureError as error:
        st.session_state.problem = error.message


def show_runs(lecture_id: str, job_id: str) -> None:
    """Show every run of the lecture, and ways to look at one again."""
    runs = current_services().runs.list(lecture_id)
    st.subheader("Runs of this lecture")
    st.dataframe(run_table(runs), hide_index=True, alt="The runs with their settings", key="runs")
    done = [run for run in runs if run.job.status == "completed"]
    labels = {run.job.id: run_label(run) for run in done}
    if not done:
        return
    others = [run.job.id for run in done if run.job.id != job_id] or [done[0].job.id]
    with st.container(horizontal=True, vertical_alignment="bottom", key="run-choice"):
        chosen = st.selectbox(
            "Another run", others, format_func=lambda id: labels[id], key="other-run"
        )
        st.page_link(
            "../pages/tune.py", label="Tune it", query_params={"lecture": lecture_id, "run": chosen}
        )
        st.page_link(
            "../pages/compare.py", label="Compare", query_params={"a": chosen, "b": job_id}
        )
        st.button("Restore for review", on_click=restore, args=(chosen,), key="restore")
