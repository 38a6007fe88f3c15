"""FCPXML 1.10: one project whose spine is the cuts, a marker and a note where a clip begins."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from app.exchange.cutlist import Cut, Cutlist, timeline_name

VERSION = "1.10"
AUDIO_RATE = "48000"


def to_fcpxml(cutlist: Cutlist, title: str) -> str:
    """Return an FCPXML document; all times are exact fractions of a second."""
    name = timeline_name(title)
    root = Element("fcpxml", version=VERSION)
    _add_resources(SubElement(root, "resources"), cutlist)
    event = SubElement(SubElement(root, "library"), "event", name=name)
    project = SubElement(event, "project", name=name)
    sequence = SubElement(
        project,
        "sequence",
        format="r1",
        duration=_time(cutlist, cutlist.frames),
        tcStart="0/1s",
        tcFormat="NDF",
        audioRate="48k",
    )
    spine = SubElement(sequence, "spine")
    for cut in cutlist.cuts:
        _add_cut(spine, cutlist, cut)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n{text}\n'


def _add_resources(resources: Element, cutlist: Cutlist) -> None:
    source = cutlist.source
    SubElement(
        resources,
        "format",
        id="r1",
        frameDuration=_time(cutlist, 1),
        width=str(source.width),
        height=str(source.height),
    )
    about = {
        "id": "r2",
        "name": source.name,
        "start": "0/1s",
        "duration": _time(cutlist, cutlist.source_frames),
        "hasVideo": "1",
        "format": "r1",
    }
    if source.has_audio:
        about |= {"hasAudio": "1", "audioSources": "1", "audioChannels": "1"}
        about["audioRate"] = AUDIO_RATE
    asset = SubElement(resources, "asset", about)
    SubElement(asset, "media-rep", kind="original-media", src=source.url)


def _add_cut(spine: Element, cutlist: Cutlist, cut: Cut) -> None:
    start, length = _time(cutlist, cut.first), _time(cutlist, cut.frames)
    clip = SubElement(
        spine,
        "asset-clip",
        ref="r2",
        name=cut.title,
        offset=_time(cutlist, cut.at),
        start=start,
        duration=length,
        format="r1",
    )
    if cut.opens:
        SubElement(clip, "note").text = cut.note
        SubElement(clip, "marker", start=start, duration=_time(cutlist, 1), value=cut.title)


def _time(cutlist: Cutlist, frames: int) -> str:
    """Return frames as seconds; always a fraction, as some readers take nothing else."""
    seconds = frames / cutlist.rate
    return f"{seconds.numerator}/{seconds.denominator}s"
