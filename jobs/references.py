"""What people hold important in a lecture: what they marked, and the clips that they accepted."""

from __future__ import annotations

from data.clips import list_judged
from data.labels import list_labels
from data.records import ClipRow
from data.store import Connection
from jobs.evaluation.matching import Span

IMPORTANT = "important"
"""The value of a label that marks a stretch as important."""


def read_references(con: Connection, lecture_id: str) -> dict[str, list[list[Span]]]:
    """Return the stretches by how they are known, "marked" and "accepted"; only what there is."""
    marked = [[(one.t0, one.t1)] for one in list_labels(con, lecture_id, IMPORTANT)]
    accepted = [
        clip_spans(clip)
        for lecture, clip in list_judged(con)
        if lecture == lecture_id and clip.state == "accepted"
    ]
    return {name: said for name, said in (("marked", marked), ("accepted", accepted)) if said}


def clip_spans(clip: ClipRow) -> list[Span]:
    """Return what a clip keeps."""
    return [(part.start, part.end) for part in clip.parts]
