"""Cues as TTML of the IMSC 1.1 text profile, which broadcasters and editors read."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree

from agents.subtitles.files import cue_times
from agents.subtitles.text import clean_text, one_line
from agents.types import Cue

TT = "http://www.w3.org/ns/ttml"
STYLING = f"{TT}#styling"
PARAMETER = f"{TT}#parameter"
METADATA = f"{TT}#metadata"
PROFILE = f"{TT}/profile/imsc1.1/text"
_PREFIXES = {"": TT, "tts": STYLING, "ttp": PARAMETER, "ttm": METADATA}
_STYLE = {
    "fontFamily": "proportionalSansSerif",
    "fontSize": "100%",
    "lineHeight": "125%",
    "color": "white",
    "backgroundColor": "#000000c0",
    "textAlign": "center",
}
_REGION = {"origin": "10% 10%", "extent": "80% 80%", "displayAlign": "after"}


def to_ttml(cues: Iterable[Cue], *, language: str, title: str = "") -> str:
    """Return a TTML document with one paragraph per cue; every text in it is escaped."""
    root = _element(
        "tt",
        {
            "xml:lang": "" if language == "und" else language,
            f"{{{PARAMETER}}}contentProfiles": PROFILE,
            f"{{{PARAMETER}}}timeBase": "media",
        },
    )
    _add_head(root, one_line(title))
    body = _add(root, "body", {"region": "bottom", "style": "speech"})
    paragraphs = _add(body, "div")
    for number, cue in enumerate(cues, start=1):
        start, end = cue_times(cue, ".")
        _fill(_add(paragraphs, "p", {"xml:id": f"c{number}", "begin": start, "end": end}), cue.text)
    ElementTree.indent(body, level=1)
    for prefix, uri in _PREFIXES.items():
        ElementTree.register_namespace(prefix, uri)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _add_head(root: ElementTree.Element, title: str) -> None:
    head = _add(root, "head")
    if title:
        _add(_add(head, "metadata"), f"{{{METADATA}}}title").text = title
    _add(_add(head, "styling"), "style", {"xml:id": "speech", **_styles(_STYLE)})
    _add(_add(head, "layout"), "region", {"xml:id": "bottom", **_styles(_REGION)})


def _styles(values: dict[str, str]) -> dict[str, str]:
    return {f"{{{STYLING}}}{name}": value for name, value in values.items()}


def _fill(paragraph: ElementTree.Element, text: str) -> None:
    """Put the lines into the paragraph, with a line break between them."""
    text = clean_text(text).replace("{\\", "{\u200b\\")  # some readers take "{\an8}" for markup
    first, *others = (text or "…").split("\n")
    paragraph.text = first
    for line in others:
        _add(paragraph, "br").tail = line


def _element(name: str, attributes: dict[str, str]) -> ElementTree.Element:
    named = name if name.startswith("{") else f"{{{TT}}}{name}"
    return ElementTree.Element(named, attributes)


def _add(
    parent: ElementTree.Element, name: str, attributes: dict[str, str] | None = None
) -> ElementTree.Element:
    child = _element(name, attributes or {})
    parent.append(child)
    return child
