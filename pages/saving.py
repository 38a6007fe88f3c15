"""Buttons that save what was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.chapters import CHAPTER_FORMATS
from app.formats import FileFormat
from app.transcripts import TRANSCRIPT_FORMATS
from app.views.text import plain


def offer_files(bundle: Mapping[str, Any]) -> None:
    """Offer the whole transcript and the chapters in every format, as soon as they are made."""
    _offer("Save the transcript", "transcripts", bundle, TRANSCRIPT_FORMATS)
    _offer("Save the chapters", "chapters", bundle, CHAPTER_FORMATS)
    for notice in bundle["chapter_notices"]:
        st.caption(plain(notice["message"]))


def _offer(
    label: str, key: str, bundle: Mapping[str, Any], formats: Mapping[str, FileFormat]
) -> None:
    if not bundle[key]:
        return
    with st.container(horizontal=True, vertical_alignment="center", key=key):
        st.caption(label, width="content")
        for suffix, url in bundle[key].items():
            st.link_button(formats[suffix].title, url)
