"""Bring a recording in: resumable, with captions, a title and a preset."""

from __future__ import annotations

import streamlit as st

from agents.intake.probe import ALLOWED_EXTENSIONS
from app import components
from app.services.root import current_services

services = current_services()
DEFAULTS = "Defaults"


def uploaded() -> None:
    """Remember the run of a finished upload, or what became of several."""
    done = st.session_state.upload.uploaded
    if "job" in done:
        st.session_state.go_to_job = done["job"]
        return
    one = done["several"] == 1
    what = "1 recording" if one else f"{done['several']} recordings"
    begun = "its run has" if one else "their runs have"
    st.session_state.told = f"{what} uploaded; {begun} begun."
    st.session_state.problem = " ".join(done["refused"]) or None
    st.session_state.go_to_library = True


if job_id := st.session_state.pop("go_to_job", None):
    st.switch_page("../pages/job.py", query_params={"id": job_id})
if st.session_state.pop("go_to_library", False):
    st.switch_page("../pages/library.py")
st.title("Upload a lecture", anchor=False)
extensions = sorted(extension.lstrip(".") for extension in ALLOWED_EXTENSIONS)
st.caption(
    "Choose one recording, several, or a folder: captions with a recording's name go with it."
    " An upload that was cut off goes on where it stopped when you choose the same file again."
)
if told := services.quotas.sentence():
    st.caption(told)
presets = services.lectures.preset_names()
preset = DEFAULTS
if presets:
    preset = st.selectbox(
        "Preset", [DEFAULTS, *presets], help="A named set of parameters to begin with."
    )
components.upload(
    {
        "limit": services.settings.max_upload_bytes,
        "extensions": extensions,
        "preset": "" if preset == DEFAULTS else preset,
    },
    on_uploaded=uploaded,
)
