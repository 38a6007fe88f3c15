"""The clips as a cut list that other editors open: one module per format, one table of them."""

from __future__ import annotations

from collections.abc import Mapping

from app.exchange.cutlist import Cutlist, Source, make_cutlist
from app.exchange.edl import to_edl
from app.exchange.fcpxml import to_fcpxml
from app.exchange.otio import to_otio
from app.exchange.table import to_csv
from app.exchange.xmeml import to_xmeml
from app.formats import FileFormat

__all__ = ["EXCHANGE_FORMATS", "Cutlist", "Source", "make_cutlist"]


EXCHANGE_FORMATS: Mapping[str, FileFormat[Cutlist]] = {
    "otio": FileFormat("OpenTimelineIO (DaVinci Resolve, Kdenlive)", "application/json", to_otio),
    "fcpxml": FileFormat("FCPXML (Final Cut Pro, DaVinci Resolve)", "text/xml", to_fcpxml),
    "xml": FileFormat("Final Cut 7 XML (Premiere Pro)", "text/xml", to_xmeml),
    "edl": FileFormat("EDL, CMX 3600 (any editor)", "text/plain", to_edl),
    "csv": FileFormat("CSV (LosslessCut, spreadsheets)", "text/csv", to_csv),
}
"""What a cut list can be saved as, by the suffix of the file."""
