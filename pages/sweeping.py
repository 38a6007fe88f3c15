"""The sweep below the notebook: one or two parameters over a grid; no page of its own."""

from __future__ import annotations

import math

import streamlit as st

from agents.errors import LectureError
from agents.tuning import tuning_type
from app.services.root import current_services
from app.services.sweeps import Grid
from app.views.cells import notebook_cells, setting_label
from app.views.sweeps import best_line, figure_name, grid_table, sweep_figure, values_text
from app.views.text import ACTIVE, STATES, bare, length, plain
from jobs.grids import Axis, check_axes, steps

FIELDS = {
    field["name"]: field
    for cell in notebook_cells(tuning_type()())
    for field in cell["fields"]
    if cell["name"] != "compile" and field["step"] and not field["name"].startswith("extract.reel")
}
"""Numbers that change which clips are chosen."""
FIRST, SECOND = "extract.weights.topic_centrality", "extract.topic_coverage"
STEPS = 5


def axis_name(name: str) -> str:
    """Return what a parameter is called; the second may be left out."""
    return setting_label(name) if name else "none"


def choose_axis(label: str, name: str, *, optional: bool = False) -> Axis | None:
    """Let a parameter and its values be chosen; None where the second is left out."""
    choices = ["", *FIELDS] if optional else list(FIELDS)
    at = choices.index("" if optional else name)
    columns = st.columns([3, 1, 1, 1], vertical_alignment="bottom")
    chosen = columns[0].selectbox(label, choices, at, format_func=axis_name, key=f"{label}-name")
    if not chosen:
        return None
    field = FIELDS[chosen]
    kind = int if field["type"] == "integer" else float
    low, high, step = (kind(field[one]) for one in ("low", "high", "step"))
    wide = step * max(1, math.ceil((high - low) / step / (STEPS - 1)))
    given = (("From", high, low), ("To", high, high), ("Step", high - low, wide))
    numbers = [
        column.number_input(word, low, most, value, step, key=f"{label}-{word}-{chosen}")
        for column, (word, most, value) in zip(columns[1:], given, strict=True)
    ]
    return Axis(chosen, steps(chosen, *numbers))


def start(axes: list[Axis], lectures: list[str]) -> None:
    """Give the sweep to the workers, or remember the sentence that says why not."""
    try:
        st.session_state.sweep = current_services().sweeps.start(axes, lectures).id
    except LectureError as error:
        st.session_state.problem = error.message


def apply(values: dict) -> None:
    """Hand values to the notebook's sliders."""
    nonce = st.session_state.get("applied", {}).get("nonce", 0) + 1
    st.session_state.applied = {"nonce": nonce, "values": values}
    st.rerun("tune")  # the sweep is watched by a fragment inside that of the notebook


def show_form(lecture_id: str) -> None:
    """Let a grid be chosen and started."""
    services = current_services()
    try:
        first = choose_axis("First parameter", FIRST)
        second = choose_axis("Second parameter", SECOND, optional=True)
        axes = [axis for axis in (first, second) if axis]
        check_axes(axes)
    except LectureError as error:
        st.error(plain(error.message))
        return
    cards = [card for card in services.lectures.list() if card.clips]
    titles = {card.lecture.id: card.lecture.title for card in cards}
    lectures = st.multiselect(
        "Lectures",
        list(titles),
        default=[lecture_id] if lecture_id in titles else [],
        format_func=lambda id: bare(titles[id]),
        key="sweep-lectures",
    )
    jobs = [services.review.job_of(one).id for one in lectures]
    count = math.prod(len(axis.values) for axis in axes)
    about = length(max(1.0, services.sweeps.estimate(axes, jobs)))
    st.button(
        f"Try {count} settings: about {about}",
        type="primary",
        key="sweep-start",
        disabled=not lectures,
        on_click=start,
        args=(axes, lectures),
    )


def show_grid(grid: Grid) -> None:
    """Show what a sweep gave, and offer its best cell."""
    if grid.sweep.status in ACTIVE:
        st.progress(grid.percent / 100, f"{grid.tried} of {len(grid.cells) * grid.lectures} tried")
        stop = current_services().sweeps.cancel
        st.button("Cancel", on_click=stop, args=(grid.sweep.id,), key="sweep-cancel")
    elif grid.sweep.status != "completed":
        why = f" {plain(grid.sweep.error)}" if grid.sweep.error else ""
        st.warning(f"This sweep is {STATES[grid.sweep.status][0].lower()}.{why}")
    if not grid.names:
        return
    name = st.selectbox("Judge by", grid.names, format_func=figure_name, key="sweep-figure")
    st.plotly_chart(
        sweep_figure(grid, name),
        key=f"heat-{grid.sweep.id}",
        config={"displayModeBar": False},
        alt=f"{figure_name(name)} over the grid; the table below says the same",
    )
    best = grid.best(name)
    if best is not None and (line := best_line(grid, name)):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(line)
            st.button("Use the best", on_click=apply, args=(grid.cells[best],), key="sweep-apply")
    with st.expander("All settings that were tried"):
        st.dataframe(grid_table(grid), hide_index=True, alt="Every cell with its figures")


def watch_grid(sweep_id: str, *, active: bool) -> None:
    """Show a sweep, again and again while it is under way."""

    @st.fragment(run_every=1.0 if active else None)
    def watch() -> None:
        grid = current_services().sweeps.grid(sweep_id)
        show_grid(grid)
        if active and grid.sweep.status not in ACTIVE:
            st.rerun()

    watch()


def show_sweeps(lecture_id: str) -> None:
    """Show the form, and the sweeps that this lecture was part of."""
    st.subheader("Sweep")
    st.caption("Tries one or two parameters over a grid, as if no clip were kept by hand.")
    with st.expander("New sweep"):
        show_form(lecture_id)
    sweeps = {sweep.id: sweep for sweep in current_services().sweeps.list(lecture_id)}
    if not sweeps:
        return
    wanted = st.session_state.get("sweep")
    labels = {
        id: f"{sweep.created:%Y-%m-%d %H:%M:%S}, "
        + values_text({axis["name"]: f"{len(axis['values'])} values" for axis in sweep.axes})
        for id, sweep in sweeps.items()
    }
    at = list(sweeps).index(wanted) if wanted in sweeps else 0
    chosen = st.selectbox("Sweeps", list(sweeps), index=at, format_func=labels.__getitem__)
    watch_grid(chosen, active=sweeps[chosen].status in ACTIVE)
