"""Final Cut Pro 7 XML (xmeml 5), which Premiere Pro and DaVinci Resolve read too."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from app.exchange.cutlist import Cutlist, timeline_name
from app.exchange.edl import drops, nominal, timecode

FILE_ID = "file-1"


def to_xmeml(cutlist: Cutlist, title: str) -> str:
    """Return one sequence: a picture track, a sound track linked to it, a marker per clip."""
    root = Element("xmeml", version="5")
    sequence = SubElement(root, "sequence", id="sequence-1")
    _fill(sequence, {"name": timeline_name(title), "duration": cutlist.frames})
    _add_rate(sequence, cutlist)
    _add_timecode(sequence, cutlist)
    media = SubElement(sequence, "media")
    _add_track(_add_video(media, cutlist), cutlist, "video")
    if cutlist.source.has_audio:
        _add_track(SubElement(media, "audio"), cutlist, "audio")
    for cut in cutlist.cuts:
        if cut.opens:
            marker = {"name": cut.title, "comment": cut.note, "in": cut.at, "out": -1}
            _fill(SubElement(sequence, "marker"), marker)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n{text}\n'


def _fill(parent: Element, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        SubElement(parent, name).text = str(value)


def _add_rate(parent: Element, cutlist: Cutlist) -> None:
    ntsc = "TRUE" if cutlist.rate.denominator == 1001 else "FALSE"
    _fill(SubElement(parent, "rate"), {"timebase": nominal(cutlist.rate), "ntsc": ntsc})


def _add_timecode(parent: Element, cutlist: Cutlist) -> None:
    code = SubElement(parent, "timecode")
    _add_rate(code, cutlist)
    shown = "DF" if drops(cutlist.rate) else "NDF"
    start = timecode(0, cutlist.rate)
    _fill(code, {"string": start, "frame": 0, "displayformat": shown})


def _add_picture(parent: Element, cutlist: Cutlist) -> None:
    picture = SubElement(parent, "samplecharacteristics")
    _add_rate(picture, cutlist)
    size = {"width": cutlist.source.width, "height": cutlist.source.height}
    _fill(picture, {**size, "anamorphic": "FALSE", "pixelaspectratio": "square"})


def _add_video(media: Element, cutlist: Cutlist) -> Element:
    video = SubElement(media, "video")
    _add_picture(SubElement(video, "format"), cutlist)
    return video


def _add_track(parent: Element, cutlist: Cutlist, kind: str) -> None:
    track = SubElement(parent, "track")
    for number, cut in enumerate(cutlist.cuts, start=1):
        item = SubElement(track, "clipitem", id=f"{kind}-{number}")
        _fill(item, {"name": cut.title, "enabled": "TRUE", "duration": cutlist.source_frames})
        _add_rate(item, cutlist)
        edges = {"start": cut.at, "end": cut.at + cut.frames, "in": cut.first, "out": cut.last}
        _fill(item, edges)
        _add_file(item, cutlist, whole=kind == "video" and number == 1)
        if kind == "audio":
            channel = {"mediatype": kind, "trackindex": cutlist.source.audio_channel + 1}
            _fill(SubElement(item, "sourcetrack"), channel)
        if cutlist.source.has_audio:
            _add_links(item, number)


def _add_links(item: Element, number: int) -> None:
    for kind in ("video", "audio"):
        target = {"linkclipref": f"{kind}-{number}", "mediatype": kind}
        _fill(SubElement(item, "link"), {**target, "trackindex": 1, "clipindex": number})


def _add_file(item: Element, cutlist: Cutlist, *, whole: bool) -> None:
    """Add the recording, described where it comes first and named by its id after that."""
    source = cutlist.source
    file = SubElement(item, "file", id=FILE_ID)
    if not whole:
        return
    _fill(file, {"name": source.name, "pathurl": source.url})
    _add_rate(file, cutlist)
    SubElement(file, "duration").text = str(cutlist.source_frames)
    _add_timecode(file, cutlist)
    media = SubElement(file, "media")
    _add_picture(SubElement(media, "video"), cutlist)
    if source.has_audio:
        channels = {"channelcount": source.audio_channel + 1}
        _fill(SubElement(media, "audio"), channels)
