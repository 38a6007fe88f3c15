"""Comma-separated values as LosslessCut imports them: start, end, name; no head, seconds."""

from __future__ import annotations

import csv
import io

from app.exchange.cutlist import Cutlist

FORMULA = ("=", "+", "-", "@")


def to_csv(cutlist: Cutlist, title: str) -> str:
    """Return a line per cut: where it begins and ends in the recording, in seconds, and its clip.

    A name that a spreadsheet would take for a formula begins with an apostrophe.
    """
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    for cut in cutlist.cuts:
        name = f"'{cut.title}" if cut.title.startswith(FORMULA) else cut.title
        times = (f"{float(frame / cutlist.rate):.6f}" for frame in (cut.first, cut.last))
        writer.writerow((*times, name))
    return lines.getvalue()
