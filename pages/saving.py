"""Buttons that save what was found."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.exchange import EXCHANGE_FORMATS
from app.transcripts import TRANSCRIPT_FORMATS


def offer_transcript(urls: Mapping[str, str]) -> None:
    """Offer the whole transcript in every format; `urls` by suffix, empty before it is made."""
    if not urls:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="transcripts"):
        st.caption("Save the transcript", width="content")
        for suffix, url in urls.items():
            st.link_button(TRANSCRIPT_FORMATS[suffix].title, url)


def offer_cutlists(lecture_id: str, job_id: str) -> None:
    """Offer the clips as a cut list for every editor that we know."""
    with st.popover("Edit elsewhere"):
        st.caption("A cut list opens the clips in a video editor; keep it beside the recording.")
        for suffix, made in EXCHANGE_FORMATS.items():
            address = f"/api/v1/lectures/{lecture_id}/cutlist.{suffix}?job={job_id}"
            st.link_button(made.title, address, width="stretch")
