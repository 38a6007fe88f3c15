"""The finished clips of a lecture: watch, read why, download one or all."""

from __future__ import annotations

from typing import Any

import streamlit as st

from agents.compile.params import Quality
from agents.errors import LectureError
from app.film_component import film
from app.services.root import current_services
from app.views.clips import size_line, unrendered
from app.views.text import clock, file_size, length, plain
from pages.choosing import choose_lecture
from pages.downloads import offer_downloads, show_extras
from pages.quality import quality_of, show_quality

services = current_services()
NOTHING = "No clips yet: they appear here as soon as a lecture is ready."


def show_clip(lecture_id: str, clip: dict[str, Any], quality: Quality) -> None:
    """Show one clip with its player, its reason and its files."""
    with st.container(border=True, key=f"clip-{clip['id']}"):
        film(clip, key=f"film-{clip['id']}")
        st.markdown(f"**{clip['rank']}. {plain(clip['title'])}**")
        st.caption(
            f"{clock(clip['start'])} to {clock(clip['end'])} of the lecture, "
            f"{length(clip['duration'])}, {size_line(clip, quality)}, "
            f"{file_size(clip['size_bytes'])}, score {clip['score']:.2f}"
        )
        st.text(clip["reason"])
        with st.container(horizontal=True, vertical_alignment="center"):
            st.link_button("Download", clip["download"])
            st.link_button("Subtitles", f"/api/v1/clips/{clip['id']}/vtt")
            st.page_link(
                "../pages/review.py",
                label="Review",
                query_params={"lecture": lecture_id, "clip": clip["id"]},
            )


def show_clips(lecture_id: str) -> None:
    """Show every rendered clip that is not rejected."""
    try:
        lecture = services.lectures.get(lecture_id)
        job = services.review.job_of(lecture_id, st.query_params.get("job"))
        clips = services.review.clips(job.id)
    except LectureError as error:
        st.error(plain(error.message))
        st.page_link("../pages/library.py", label="Go to the library")
        return
    st.title(plain(lecture.title), anchor=False)
    ready = [clip for clip in clips if clip["video"] and clip["state"] != "rejected"]
    if problem := st.session_state.pop("problem", None):
        st.error(plain(problem))
    may_change, quality = services.access.may_change(lecture_id), quality_of(job)
    if quality == "draft" or unrendered(clips):
        show_quality(job, clips, may_change=may_change)
    if not ready:
        st.info("No clip of this lecture is rendered yet.")
        st.page_link("../pages/job.py", label="See the run", query_params={"id": job.id})
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{len(ready)} clips, {length(sum(clip['duration'] for clip in ready))} in all")
        address = f"/api/v1/lectures/{lecture_id}/download.zip?job={job.id}"
        st.link_button("Download all as zip", address)
        offer_downloads(lecture_id, job.id)
    with st.grid(min_column_width=420):
        for clip in ready:
            show_clip(lecture_id, clip, quality)
    st.subheader("Reel and podcast", anchor=False)
    show_extras(lecture_id, job.id)


if job_id := st.session_state.pop("go_to_job", None):
    st.switch_page("../pages/job.py", query_params={"id": job_id})
if chosen_lecture := choose_lecture("clips", "Clips", NOTHING):
    show_clips(chosen_lecture)
