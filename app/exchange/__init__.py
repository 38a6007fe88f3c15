"""The clips as a cut list that other editors open: one module per format, one table of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.exchange.cutlist import Cutlist, Source, make_cutlist
from app.exchange.edl import to_edl
from app.exchange.fcpxml import to_fcpxml
from app.exchange.otio import to_otio
from app.exchange.table import to_csv
from app.exchange.xmeml import to_xmeml

__all__ = ["EXCHANGE_FORMATS", "Cutlist", "ExchangeFormat", "Source", "make_cutlist"]


@dataclass(frozen=True, slots=True)
class ExchangeFormat:
    """One kind of file: who opens it, how it is served, and what makes it."""

    title: str
    media_type: str
    write: Callable[[Cutlist], str]


EXCHANGE_FORMATS: Mapping[str, ExchangeFormat] = {
    "otio": ExchangeFormat(
        "OpenTimelineIO (DaVinci Resolve, Kdenlive)", "application/json", to_otio
    ),
    "fcpxml": ExchangeFormat("FCPXML (Final Cut Pro, DaVinci Resolve)", "text/xml", to_fcpxml),
    "xml": ExchangeFormat("Final Cut 7 XML (Premiere Pro)", "text/xml", to_xmeml),
    "edl": ExchangeFormat("EDL, CMX 3600 (any editor)", "text/plain", to_edl),
    "csv": ExchangeFormat("CSV (LosslessCut, spreadsheets)", "text/csv", to_csv),
}
"""What a cut list can be saved as, by the suffix of the file."""
