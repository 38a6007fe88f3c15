"""Before the six agents: judge an upload, and measure in one pass what several of them need."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.registry import Context
    from agents.types import Intake

VERSION = 3
"""Raised when a measurement changes; part of the stage key."""


def measure(upload: Path, *, context: Context) -> Intake:
    """Judge and measure an upload; messages call it `context.resources.upload_name`."""
    # the sandboxed half imports this package too and must stay light
    from agents.intake.gate import measure_upload

    return measure_upload(upload, context)
