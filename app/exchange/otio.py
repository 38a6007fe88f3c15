"""OpenTimelineIO: one timeline with a picture and a sound track, a marker per clip."""

from __future__ import annotations

import json
from typing import Any

from app.exchange.cutlist import Cut, Cutlist, timeline_name

DEFAULT_MEDIA = "DEFAULT_MEDIA"


def to_otio(cutlist: Cutlist, title: str) -> str:
    """Return the timeline as OpenTimelineIO's JSON (schemas of version 0.15 and later)."""
    kinds = ("Video", "Audio") if cutlist.source.has_audio else ("Video",)
    stack = _node(
        "Stack.1",
        "tracks",
        children=[_track(cutlist, kind) for kind in kinds],
        source_range=None,
        effects=[],
        markers=[_marker(cutlist, cut) for cut in cutlist.cuts if cut.opens],
        enabled=True,
    )
    timeline = _node("Timeline.1", timeline_name(title), global_start_time=None, tracks=stack)
    return json.dumps(timeline, ensure_ascii=False, indent=1) + "\n"


def _node(schema: str, name: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"OTIO_SCHEMA": schema, "name": name, "metadata": {}, **fields}


def _track(cutlist: Cutlist, kind: str) -> dict[str, Any]:
    children = [_clip(cutlist, cut) for cut in cutlist.cuts]
    return _node(
        "Track.1",
        kind,
        kind=kind,
        children=children,
        source_range=None,
        effects=[],
        markers=[],
        enabled=True,
    )


def _clip(cutlist: Cutlist, cut: Cut) -> dict[str, Any]:
    source = cutlist.source
    reference = _node(
        "ExternalReference.1",
        source.name,
        target_url=source.url,
        available_range=_range(cutlist, 0, cutlist.source_frames),
        available_image_bounds=None,
    )
    return _node(
        "Clip.2",
        cut.title,
        source_range=_range(cutlist, cut.first, cut.frames),
        media_references={DEFAULT_MEDIA: reference},
        active_media_reference_key=DEFAULT_MEDIA,
        effects=[],
        markers=[],
        enabled=True,
    )


def _marker(cutlist: Cutlist, cut: Cut) -> dict[str, Any]:
    return _node(
        "Marker.2",
        cut.title,
        marked_range=_range(cutlist, cut.at, 0),
        color="GREEN",
        comment=cut.note,
    )


def _range(cutlist: Cutlist, start: int, frames: int) -> dict[str, Any]:
    rate = float(cutlist.rate)
    times = {
        name: {"OTIO_SCHEMA": "RationalTime.1", "value": float(value), "rate": rate}
        for name, value in (("start_time", start), ("duration", frames))
    }
    return {"OTIO_SCHEMA": "TimeRange.1", **times}
