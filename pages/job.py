"""One run: the six agents as they go, messages, cancel and retry."""

from __future__ import annotations

import streamlit as st

from agents.errors import LectureError
from app import components
from app.services.jobs import JobView
from app.services.root import current_services
from app.views.stages import live_data, log_lines
from app.views.text import STATES, length, plain, usage_line

services = current_services()


def attempt(action: str, job_id: str, *args: str) -> None:
    """Do something to the job, or remember the sentence that says why not."""
    try:
        getattr(services.jobs, action)(job_id, *args)
    except LectureError as error:
        st.session_state.problem = error.message


def choose_job() -> str | None:
    """Return the run that the address names, else offer the newest ones."""
    if job_id := st.query_params.get("id"):
        return job_id
    st.title("Runs", anchor=False)
    jobs = services.jobs.list()
    if not jobs:
        st.info("No run yet: upload a lecture, or try the sample from the library.")
        st.page_link("../pages/library.py", label="Go to the library")
        return None
    titles = {card.lecture.id: card.lecture.title for card in services.lectures.list()}
    for job in jobs[:20]:
        name = plain(titles.get(job.lecture_id, "deleted lecture"))
        label = f"{name}, {STATES[job.status][0].lower()}, {job.created:%Y-%m-%d %H:%M} UTC"
        st.page_link("../pages/job.py", label=label, query_params={"id": job.id})
    return None


def show_actions(view: JobView) -> None:
    """Show what can be done with the run now."""
    job_id = view.job.id
    query = {"lecture": view.lecture.id}
    with st.container(horizontal=True, vertical_alignment="center"):
        label, colour = STATES[view.job.status]
        st.badge(label, color=colour)
        if view.job.status == "completed":
            st.page_link("../pages/review.py", label="Review the clips", query_params=query)
            st.page_link("../pages/clips.py", label="Clips", query_params=query)
        if not view.final:
            st.button("Cancel", on_click=attempt, args=("cancel", job_id))
        if view.job.status in {"failed", "cancelled"}:
            st.button("Try again", type="primary", on_click=attempt, args=("retry", job_id))
        if view.final:
            with st.popover("Run again from"):
                for stage in view.stages:
                    st.button(
                        stage.title,
                        key=f"retry-{stage.name}",
                        type="tertiary",
                        on_click=attempt,
                        args=("retry", job_id, stage.name),
                    )


@st.fragment(key="run")
def show_run(job_id: str) -> None:
    """Show the run as it is now; the live component asks for this again when a stage ends."""
    try:
        view = services.jobs.view(job_id)
    except LectureError as error:
        st.error(plain(error.message))
        st.page_link("../pages/library.py", label="Go to the library")
        return
    if view.lecture.deleted is not None:
        st.error("The lecture of this run was deleted.")
        st.page_link("../pages/library.py", label="Go to the library")
        return
    st.title(plain(view.lecture.title), anchor=False)
    st.caption(f"{length(view.lecture.duration)}; started {view.job.created:%Y-%m-%d %H:%M} UTC")
    if problem := st.session_state.pop("problem", None):
        st.error(plain(problem))
    if view.job.error:
        st.error(f"{plain(view.job.error)} ({plain(view.job.error_code or 'failed')})")
    if not view.broker and not view.final:
        st.warning("The broker does not answer, so nothing moves; is lecture serve running?")
    for spent in view.spending:
        st.caption(plain(usage_line(spent.usage)))
    show_actions(view)
    components.live(live_data(view), on_changed=lambda: None, key=f"live-{job_id}")
    st.subheader("Messages")
    with st.container(height=260, border=False, autoscroll=True, key="log"):
        st.code("\n".join(log_lines(view.log)) or "Nothing yet.", language=None, wrap_lines=True)


if job_id := choose_job():
    show_run(job_id)
