"""Buttons that save what was found."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.transcripts import TRANSCRIPT_FORMATS


def offer_transcript(urls: Mapping[str, str]) -> None:
    """Offer the whole transcript in every format; `urls` by suffix, empty before it is made."""
    if not urls:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="transcripts"):
        st.caption("Save the transcript", width="content")
        for suffix, url in urls.items():
            st.link_button(TRANSCRIPT_FORMATS[suffix].title, url)
