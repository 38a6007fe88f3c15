"""The part of the page Admin about people: who is here, links, roles, their data."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from app.services.root import current_services
from data.people import Person, Role
from pages.telling import do, give_link

ROLES: tuple[Role, ...] = get_args(Role)
NOBODY = "nobody: they are erased too"


def show_people() -> None:
    """Show everybody, and what can be done about one of them."""
    accounts = current_services().accounts
    people = accounts.people()
    st.dataframe(
        [
            {
                "Name": one.name,
                "As others see it": one.shown,
                "E-mail": one.email or "",
                "Role": one.role,
                "Comes by": "provider" if one.subject else "password" if one.password else "link",
                "Second factor": one.totp is not None,
                "Let in": one.disabled is None,
                "Since": one.created,
            }
            for one in people
        ],
        hide_index=True,
    )
    left, right = st.columns(2)
    with left, st.container(border=True):
        show_invitation()
    with right, st.container(border=True):
        st.subheader("Somebody who is here")
        names = {one.name: one for one in people}
        chosen = st.selectbox("Person", list(names), key="person")
        if chosen:
            show_person(names[chosen])
            show_data(names[chosen], people)


def show_invitation() -> None:
    """Offer to let somebody new in."""
    services = current_services()
    st.subheader("Somebody new")
    role = st.selectbox("Role", ROLES, index=1, key="new_role")
    email = ""
    if services.settings.smtp_host is not None:
        email = st.text_input("E-mail that the link goes to", key="new_email")
    what = f"The link makes one account ({role}), within 7 days."
    args = (what, "invite", services.accounts.invite, role, email)
    st.button("Make an invitation link", on_click=give_link, args=args)


def show_person(person: Person) -> None:
    """Show what can be done about a person."""
    accounts = current_services().accounts
    role = st.selectbox("New role", ROLES, index=ROLES.index(person.role), key=f"r{person.id}")
    let_in = person.disabled is not None
    turn, label = (
        (accounts.enable, "Let in again") if let_in else (accounts.disable, "Let in no more")
    )
    told = f"{person.name} is {role} now."
    what = f"The link sets a new password of {person.name}, once."
    with st.container(horizontal=True):
        st.button("Set the role", on_click=do, args=(told, accounts.set_role, person.id, role))
        link = (what, "reset", accounts.reset_link, person.id)
        st.button("Make a password link", on_click=give_link, args=link)
        end = ("The sessions have ended.", accounts.end_sessions, person.id)
        st.button("End all sessions", on_click=do, args=end)
        st.button(label, on_click=do, args=(f"{label}: {person.name}.", turn, person.id))
    email = st.text_input("E-mail", person.email or "", key=f"m{person.id}")
    keep = ("The address is kept.", accounts.set_email, person.id, email)
    st.button("Keep the address", on_click=do, args=keep, disabled=email == (person.email or ""))


def show_data(person: Person, people: list[Person]) -> None:
    """Offer what is known of a person, and to erase them once their name is typed."""
    with st.expander("Their data"):
        st.link_button("Save it as a zip", f"/api/v1/users/{person.id}/data.zip")
        st.caption(
            "To erase: the account, its keys and sessions go for good. Lines of the audit and marks"
            " in other people's lectures stay, without the name."
        )
        heirs = {
            one.name: one.id
            for one in people
            if one.id != person.id and one.role != "viewer" and one.disabled is None
        }
        heir = st.selectbox(
            "Who gets their lectures",
            [NOBODY, *heirs],
            key=f"h{person.id}",
        )
        typed = st.text_input("Type their name to erase them", key=f"e{person.id}")
        erase = current_services().personal.erase
        args = ("They are erased.", erase, person.id, heirs.get(heir))
        meant = typed.strip().lower() == person.name
        st.button("Erase for good", type="primary", disabled=not meant, on_click=do, args=args)
