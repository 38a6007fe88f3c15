"""The parts of the review page that show what the agents found: header, silence, layouts."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from agents.errors import LectureError
from agents.transcript.transcriber import NOTHING_HEARD
from app import components
from app.services.root import current_services
from app.views.layouts import layout_table, missing_sights
from app.views.stages import live_data
from app.views.text import ACTIVE, STATES, length, plain, sentence
from app.views.tunables import tunable_fields

ASIDE = ("slide_headlines",)
"""Codes of notices that say how something was found: nobody has to do anything about them."""


def scored_by(analyzer: str) -> str:
    """Return who gave the scores, in words."""
    here, _, model = analyzer.partition(" + ")
    if model:
        return f"scored on this machine and by {model}"
    return "scored on this machine" if here == "local" else f"scored by {analyzer}"


def words_from(engine: str) -> str:
    """Say where the words came from."""
    return "no speech was heard" if engine == NOTHING_HEARD else f"words from {engine}"


def show_header(bundle: dict[str, Any]) -> None:
    """Show what was reviewed, by which engines, and what a person should know."""
    lecture = bundle["lecture"]
    st.title(plain(lecture["title"]), anchor=False)
    facts = [length(lecture["duration"])]
    facts += [words_from(bundle["engine"])] if bundle["engine"] else []
    facts += [scored_by(bundle["analyzer"])] if bundle["analyzer"] else []
    facts += [one["message"] for one in bundle["notices"] if one["code"] in ASIDE]
    st.caption(plain(", ".join(facts)))
    if bundle["job"]["status"] != "completed":
        show_unfinished(bundle["job"])
    for notice in bundle["notices"]:
        if notice["code"] not in ASIDE:
            st.info(plain(sentence(notice["message"])))


def show_unfinished(job: dict[str, Any]) -> None:
    """Say how far the run is; the stages of a running one come by themselves."""
    if job["status"] in ACTIVE:
        st.info("The run is still under way; what it finds appears here by itself.")
    else:
        state = STATES[job["status"]][0].lower()
        why = f" {plain(job['error'])}" if job["error"] else ""
        st.warning(f"This run is {state}; what it has found so far is shown.{why}")
    st.page_link("../pages/job.py", label="See the run", query_params={"id": job["id"]})
    if job["status"] in ACTIVE:
        view = current_services().jobs.view(job["id"])
        components.live(live_data(view), on_changed=lambda: None, key=f"live-{job['id']}")


def apply_silence(lecture_id: str, job_id: str) -> None:
    """Start a run of the lecture with the values that were tried."""
    services = current_services()
    try:
        tuning = services.silences.tuning(job_id, st.session_state.silence.apply or {})
        st.session_state.go_to_job = services.jobs.recompile(lecture_id, tuning).id
    except LectureError as error:
        st.session_state.problem = error.message


def unfolded(label: str, key: str) -> DeltaGenerator | None:
    """Show an expander; return it once somebody has opened it, so that nothing is made in vain."""
    cell = st.expander(label, key=key, on_change="rerun")
    seen = st.session_state.setdefault("unfolded", set())
    if cell.open:
        seen.add(key)
    return cell if key in seen else None


def show_silence(bundle: dict[str, Any]) -> None:
    """Show the levels with the threshold among them; sliders decide again at once."""
    lecture_id, job_id = bundle["lecture"]["id"], bundle["job"]["id"]
    cell = unfolded("Silence: the levels and the threshold", "cell-silence")
    if cell is None:
        return
    with cell:
        components.silence(
            {
                "address": f"/api/v1/lectures/{lecture_id}/silence?job={job_id}",
                "duration": bundle["lecture"]["duration"],
                "fields": tunable_fields(current_services().silences.params(job_id)),
            },
            on_apply=lambda: apply_silence(lecture_id, job_id),
        )


def show_sights(bundle: dict[str, Any]) -> None:
    """Show the layouts over time, and say what one may miss among what was seen."""
    cell = unfolded("Layouts over time", "cell-layouts")
    if cell is None:
        return
    query = {"lecture": bundle["lecture"]["id"], "job": bundle["job"]["id"]}
    found = current_services().review.bundle(query["lecture"], query["job"])
    with cell:
        st.page_link("../pages/layout.py", label="Correct the layout", query_params=query)
        for sentence in missing_sights(found["layouts"], found["slides"]):
            st.caption(sentence)
        if found["layouts"]:
            st.dataframe(layout_table(found["layouts"]), hide_index=True, alt="The layouts")
