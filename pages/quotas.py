"""The part of the page Admin that says who has taken how much, and allows people more or less."""

from __future__ import annotations

import streamlit as st

from agents.errors import LectureError
from app.services.root import current_services
from data.people import Person
from data.quotas import Quota

GB = 1_000_000_000
FIELDS = {
    "size_bytes": "GB of recordings",
    "at_once": "Uploads at once",
    "a_day": "Uploads a day",
    "jobs": "Runs at a time",
}


def show_quotas() -> None:
    """Show rates and quotas, and what one person may have in place of them."""
    services = current_services()
    rates = ", ".join(f"{name} {limit}" for name, limit in services.limits.rates.items())
    if services.settings.limits_hold:
        st.caption(f"Requests a minute and person, or address: {rates}; 0 is no limit.")
    else:
        st.info("Rates and quotas do not hold: `LECTURE_LIMITS` is off.")
    people = {one.name: one for one in services.accounts.people() if one.role != "admin"}
    chosen = st.selectbox("Person", list(people), key="quota_person")
    if not chosen:
        st.caption("There is nobody but administrators, whom no quota holds.")
        return
    show_quota(people[chosen])


def show_quota(person: Person) -> None:
    """Show what a person has taken, and a form for what they may take."""
    quotas = current_services().quotas
    told, given = quotas.of(person.id), quotas.given().get(person.id, Quota())
    st.text(told.sentence.replace("You use", f"{person.name}: uses"))
    with st.form(f"quota{person.id}"):
        columns = st.columns(len(FIELDS))
        values = {}
        for column, (name, label) in zip(columns, FIELDS.items(), strict=True):
            unit = GB if name == "size_bytes" else 1
            own, allowed = getattr(given, name), getattr(told.allowed, name)
            values[name] = column.number_input(
                label,
                min_value=0,
                value=None if own is None else round(own / unit),
                placeholder=f"{allowed / unit:g} by the settings",
                key=f"{name}{person.id}",
                help="0 is no limit; empty leaves it to the settings.",
            )
        if st.form_submit_button("Allow this"):
            asked = {name: value and int(value) for name, value in values.items()}
            asked["size_bytes"] = asked["size_bytes"] and asked["size_bytes"] * GB
            try:
                quotas.give(person.id, Quota(**asked))
                st.session_state.told = ("success", f"{person.name} may have this now.")
            except LectureError as error:
                st.session_state.told = ("error", error.message)
            st.rerun()
