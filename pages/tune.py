"""The pipeline as a notebook: turn a setting, see at once which clips it gives, run it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from agents.errors import LectureError
from app import components
from app.lab_component import lab
from app.services.jobs import JobView
from app.services.root import current_services
from app.views.stages import live_data
from app.views.text import ACTIVE, plain
from pages.choosing import choose_lecture
from pages.runs import show_runs
from pages.sweeping import show_sweeps

services = current_services()
NOTHING = "Nothing to tune yet: a lecture comes here when its clips are ready."


def start_run(lecture_id: str) -> None:
    """Start a run with the settings that were tried, and show it as it goes."""
    wanted: dict[str, Any] = st.session_state.lab.run or {}
    try:
        services.lab.start(lecture_id, wanted["job"], wanted["values"])
    except LectureError as error:
        st.session_state.problem = error.message
        return
    st.query_params.from_dict({"lecture": lecture_id})


def show_progress(lecture_id: str) -> JobView | None:
    """Show the newest run while it is under way, and say why it ended if it failed."""
    job = services.jobs.latest(lecture_id)
    if job is None or job.status == "completed":
        return None
    view = services.jobs.view(job.id)
    if job.status in ACTIVE:
        st.info("A run is under way; when it is done the notebook shows what it found.")
        components.live(live_data(view), on_changed=lambda: None, key=f"live-{job.id}")
    else:
        st.warning(f"The newest run did not end well. {plain(job.error or 'It was cancelled.')}")
    st.page_link("../pages/job.py", label="See the run", query_params={"id": job.id})
    return view


@st.fragment(key="tune")
def show_notebook(lecture_id: str) -> None:
    """Show the cells of the run; what they fetch anew is named by `version`."""
    try:
        lecture, job = services.review.find(lecture_id, st.query_params.get("run"))
    except LectureError as error:
        st.error(plain(error.message))
        st.page_link("../pages/library.py", label="Go to the library")
        return
    st.title(plain(lecture.title), anchor=False)
    st.caption(f"Run of {job.created:%Y-%m-%d %H:%M} UTC")
    if problem := st.session_state.pop("problem", None):
        st.error(plain(problem))
    under_way = show_progress(lecture_id)
    if services.results.of(job).content is None:
        st.info("The lecture is not analysed yet; the cells come when it is.")
        return
    base = f"/api/v1/lectures/{lecture_id}"
    states = {stage.name: stage.status for stage in under_way.stages} if under_way else {}
    active = under_way is not None and not under_way.final
    lab(
        {
            "notebook": f"{base}/lab?job={job.id}",
            "bundle": f"{base}/bundle?job={job.id}",
            "silence": f"{base}/silence?job={job.id}",
            "plan": f"{base}/plan",
            "marks": f"{base}/marks",
            "version": job.status,
            "states": states if active else {},
            "applied": st.session_state.get("applied"),
        },
        on_run=lambda: start_run(lecture_id),
    )
    show_sweeps(lecture_id)
    show_runs(lecture_id, job.id)


if chosen_lecture := choose_lecture("tune", "Tune", NOTHING):
    show_notebook(chosen_lecture)
