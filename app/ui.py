"""The Streamlit script: navigation over the pages, nothing else."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

PAGES = Path(__file__).parents[1] / "pages"


def main() -> None:
    """Run the page that the address names."""
    found = [st.Page(path) for path in sorted(PAGES.glob("[a-z]*.py"))]
    if not found:
        st.title("Lecture Highlights")
        return
    st.navigation(found, position="top").run()


main()
