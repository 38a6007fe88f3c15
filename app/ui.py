"""The Streamlit script: navigation over `pages/`, and what every page has in common."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import components
from app.account_link import has_admin_page, show_account_link
from app.help import help_data
from app.security.identity import acting

PAGES = Path(__file__).resolve().parents[1] / "pages"

st.set_page_config(
    page_title="Lecture Highlights",
    page_icon=str(PAGES.parent / "app/assets/icon.png"),
    layout="wide",
)

st.html(PAGES.parent / "app/assets/pages.css")

changing = "visible" if acting().may("write") else "hidden"

navigation = st.navigation(
    [
        st.Page(PAGES / "library.py", title="Library", default=True),
        st.Page(PAGES / "upload.py", title="Upload", url_path="upload", visibility=changing),
        st.Page(PAGES / "job.py", title="Run", url_path="job"),
        st.Page(PAGES / "review.py", title="Review", url_path="review"),
        st.Page(PAGES / "layout.py", title="Layout", url_path="layout", visibility=changing),
        st.Page(PAGES / "tune.py", title="Tune", url_path="tune", visibility=changing),
        st.Page(PAGES / "compare.py", title="Compare", url_path="compare"),
        st.Page(PAGES / "clips.py", title="Clips", url_path="clips"),
        *(
            [st.Page(PAGES / "admin.py", title="Admin", url_path="admin")]
            if has_admin_page()
            else []
        ),
    ],
    position="top",
)
show_account_link()
components.help_sheet(
    {**help_data(navigation.url_path), "tour": st.session_state.get("tour", False)}
)
navigation.run()
