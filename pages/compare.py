"""Two runs of a lecture beside each other: importance, clips, settings and figures."""

from __future__ import annotations

import streamlit as st

from agents.errors import LectureError
from app.services.root import current_services
from app.services.runs import Comparison, RunCurve
from app.views.runs import (
    change_table,
    comparison_figure,
    figure_table,
    run_label,
    settings_table,
    settings_text,
)
from app.views.text import STATES, plain
from pages.choosing import choose_lecture

services = current_services()
NOTHING = "Nothing to compare yet: run a lecture twice, with other settings each time."


def restore(job_id: str) -> None:
    """Make a run the one that the review page shows."""
    services.runs.restore(job_id)


def choose_runs() -> tuple[str, str] | None:
    """Return the runs that the address names, else let two of a lecture be chosen."""
    if (a := st.query_params.get("a")) and (b := st.query_params.get("b")):
        return a, b
    lecture_id = choose_lecture("compare", "Compare", NOTHING)
    if lecture_id is None:
        return None
    try:
        runs = services.runs.list(lecture_id)
    except LectureError as error:
        st.error(plain(error.message))
        return None
    if len(runs) < 2:
        st.title("Compare", anchor=False)
        st.info("This lecture has one run: change a setting on the tune page and run it again.")
        st.page_link("../pages/tune.py", label="Tune", query_params={"lecture": lecture_id})
        return None
    labels = {run.job.id: run_label(run) for run in runs}
    with st.container(key="runs-compared"):
        columns = st.columns(2)
        a = columns[0].selectbox("Run A", labels, index=1, format_func=lambda id: labels[id])
        b = columns[1].selectbox("Run B", labels, index=0, format_func=lambda id: labels[id])
    return a, b


def show_run(name: str, curve: RunCurve) -> None:
    """Show what one of the two is, and the ways to go on with it."""
    job = curve.run.job
    with st.container(border=True, key=f"run-{name}"):
        st.markdown(f"**{name}**: {job.created:%Y-%m-%d %H:%M:%S} UTC, {STATES[job.status][0]}")
        st.text(settings_text(curve.run.settings))
        with st.container(horizontal=True, vertical_alignment="center"):
            query = {"lecture": job.lecture_id, "run": job.id}
            st.page_link("../pages/tune.py", label="Tune it", query_params=query)
            label = "In review now" if curve.run.shown else "Restore for review"
            st.button(
                label,
                key=f"restore-{name}",
                on_click=restore,
                args=(job.id,),
                disabled=curve.run.shown or job.status != "completed",
            )


def show_comparison(found: Comparison) -> None:
    """Show curves and clips, then what differs."""
    for column, name, curve in zip(st.columns(2), "AB", (found.a, found.b), strict=True):
        with column:
            show_run(name, curve)
    st.plotly_chart(
        comparison_figure(found),
        key="comparison",
        config={"displayModeBar": False, "scrollZoom": True},
        alt="Importance and clips of both runs; the tables below say what differs",
    )
    for title, table, nothing in (
        ("Clips", change_table(found), "Neither run has a clip."),
        ("Settings that differ", settings_table(found.settings), "All settings are the same."),
        (
            "Figures",
            figure_table(found),
            "None yet: mark what is important on the page Tune, or accept clips when you review.",
        ),
    ):
        st.subheader(title)
        if next(iter(table.values())):
            st.dataframe(table, hide_index=True, alt=title, key=title)
        else:
            st.caption(nothing)


heading = st.empty()
if runs := choose_runs():
    try:
        found = services.runs.compare(*runs)
        st.session_state.lecture = found.lecture.id
        heading.title(plain(found.lecture.title), anchor=False)
        show_comparison(found)
    except LectureError as error:
        st.error(plain(error.message))
        st.page_link("../pages/library.py", label="Go to the library")
