"""The parts of the page Admin about the installation: work, room, what is kept, the audit."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from agents.errors import LectureError
from app.services.root import current_services
from app.views.text import plain
from pages.telling import do

PER_PAGE = 200


def show_work() -> None:
    """Show queue, workers and room."""
    services = current_services()
    try:
        work = services.house.work()
        columns = st.columns(3)
        columns[0].metric("Stages waiting", work.waiting)
        columns[1].metric("Runs unfinished", work.unfinished)
        columns[2].metric("Workers", len(work.workers))
        st.dataframe(
            [{"Worker": name, "State": state} for name, state in work.workers], hide_index=True
        )
    except LectureError as error:
        st.error(plain(error.message))
    storage = services.house.storage()
    free, total = storage.free_bytes / 1e9, storage.total_bytes / 1e9
    st.metric("Free on the disk", f"{free:.1f} of {total:.1f} GB")
    st.dataframe(
        [
            {"Owner": room.owner, "Lectures": room.lectures, "GB": round(room.size_bytes / 1e9, 3)}
            for room in storage.owners
        ],
        hide_index=True,
    )


def show_kept() -> None:
    """Show how long things are kept and what is due; workers remove it once an hour."""
    services = current_services()
    kinds = services.retention.kinds()
    st.caption(
        "A worker removes what is due once an hour. How long things are kept is set by the"
        " variables; runs that somebody looks at or has decided in always stay."
    )
    st.dataframe(
        [
            {
                "What": kind.title,
                "Kept": f"{kind.days:g} days" if kind.days else "for ever",
                "Due": len(kind.due),
                "MB": round(kind.size_bytes / 1e6, 1),
                "Set by": kind.variable,
            }
            for kind in kinds
        ],
        hide_index=True,
        height="content",
    )
    due = [(kind, one) for kind in kinds for one in kind.due]
    if not due:
        st.caption("Nothing is due now.")
        return
    with st.expander(f"What is due ({len(due)})"):
        st.dataframe(
            [
                {"Kind": kind.title, "What": one.what, "Id": one.id, "Since (UTC)": one.since}
                for kind, one in due
            ],
            hide_index=True,
        )
    args = ("What was due is removed.", services.retention.apply)
    st.button("Remove it now", on_click=do, args=args)


def show_audit() -> None:
    """Search who did what, and go back in time."""
    accounts = current_services().accounts
    people = accounts.people()
    names = {one.id: one.name for one in people}
    text = st.text_input("Part of a person, action, object or result", key="audit")
    known = next((one.id for one in people if one.name == text.strip().lower()), text.strip())
    day = st.date_input("Up to (UTC)", value=None, key="audit_day")
    before = datetime.combine(day, datetime.max.time()) if day else None
    lines = accounts.audit(known, before, PER_PAGE)
    st.dataframe(
        [
            {
                "When (UTC)": line.ts,
                "Who": names.get(line.person, line.person),
                "What": line.action,
                "To": names.get(line.object, line.object),
                "Result": line.result,
                "Network": line.ip,
            }
            for line in lines
        ],
        hide_index=True,
    )
    if len(lines) == PER_PAGE:
        st.caption(f"The newest {PER_PAGE} are shown; search, or choose an earlier day.")
