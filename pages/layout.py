"""Where screen and camera lie over time, corrected on the lecture's own frames."""

from __future__ import annotations

import streamlit as st

from agents.errors import LectureError
from app import components
from app.services.layouts import SHAPED
from app.services.root import current_services
from app.views.text import plain
from app.views.tunables import tunable_fields
from pages.choosing import choose_lecture, time_of_address

services = current_services()
NOTHING = "No layout to correct yet: it is known as soon as a lecture is ready."


def render(lecture_id: str, job_id: str) -> None:
    """Start a run that takes up what was corrected, or remember why not."""
    try:
        shape = st.session_state.layout.render["shape"]
        st.session_state.go_to_job = services.layouts.render(lecture_id, job_id, shape).id
    except LectureError as error:
        st.session_state.problem = error.message


def show_layout(lecture_id: str) -> None:
    """Show the editor, or what to do before there is anything to edit."""
    try:
        lecture, job = services.review.find(lecture_id, st.query_params.get("job"))
    except LectureError as error:
        st.error(plain(error.message))
        st.page_link("../pages/library.py", label="Go to the library")
        return
    st.title(plain(lecture.title), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Correct where screen and camera lie; clips rendered from now on follow.")
        query = {"lecture": lecture_id}
        st.page_link("../pages/review.py", label="Review the clips", query_params=query)
    if problem := st.session_state.pop("problem", None):
        st.error(plain(problem))
    found = services.results.of(job)
    if not (found.facts and found.layout):
        st.info("The layout of this lecture is not known yet: its run has to come to that first.")
        st.page_link("../pages/job.py", label="See the run", query_params={"id": job.id})
        return
    fields = tunable_fields(services.layouts.shape(job.id))
    components.layout(
        {
            "address": f"/api/v1/lectures/{lecture_id}/layout?job={job.id}",
            "video": f"/app/static/media/lectures/{lecture_id}/source",
            "time": time_of_address(),
            "fields": [field for field in fields if field["name"] in SHAPED],
        },
        on_render=lambda: render(lecture_id, job.id),
    )


if job_id := st.session_state.pop("go_to_job", None):
    st.switch_page("../pages/job.py", query_params={"id": job_id})
if chosen_lecture := choose_lecture("layout", "Layout", NOTHING):
    show_layout(chosen_lecture)
