"""Cue blocks of TTML and its kin (DFXP, IMSC, EBU-TT-D, YouTube's timed text), read without risk.

Begin and end are resolved as TTML 1 says (W3C, section 10.4): relative to the parent, or to the
end of the sibling before where the parent's `timeContainer` is "seq".
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from xml.parsers import expat

from agents.subtitles import format_time
from agents.transcript.blocks import MAX_CUES, Block, CaptionsError

MAX_DEPTH = 40
MAX_ELEMENTS = 400_000
READ_S = 6.0
"""How long a cue without any end is shown at most."""

_CUES = ("p", "text")
_PARTS = ("span", "s", "br", "ruby", "rb")
_TIMED = ("tt", "body", "div", "timedtext", "transcript")
_CLOCK = re.compile(r"([0-9]{1,5}):([0-9]{1,2}):([0-9]{1,2})(?:[.,]([0-9]{1,9})|[:;]([0-9]{1,3}))?")
_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);|#[0-9]|#x)(?:[A-Za-z]{2,10};)?")
_OFFSET = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*(h|ms|m|s|f|t)?")


@dataclass(slots=True)
class _Rates:
    """What clock times count in: frames and ticks a second."""

    frames: float = 30.0
    ticks: float = 1.0


@dataclass(slots=True)
class _Element:
    """An open element: seconds, `free` is where a "seq" container's next child begins."""

    name: str
    begin: float
    end: float
    timed: bool
    seq: bool = False
    free: float = 0.0


@dataclass(slots=True)
class _Reader:
    """What has been read so far."""

    rates: _Rates = field(default_factory=_Rates)
    open: list[_Element] = field(default_factory=list[_Element])
    blocks: list[Block] = field(default_factory=list[Block])
    text: list[str] | None = None
    """The pieces of the cue that is open, in WebVTT's cue markup."""
    inner: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    """Begin and end of what is timed inside the cue that is open."""
    elements: int = 0
    silent: int = 0
    """How many of the open elements are no speech (metadata, ruby readings)."""

    def start(self, name: str, given: dict[str, str]) -> None:
        """Open an element; its text belongs to the cue it stands in."""
        self.elements += 1
        if len(self.open) >= MAX_DEPTH or self.elements > MAX_ELEMENTS:
            raise CaptionsError("the captions are nested too deeply or hold too many elements")
        name = _local(name)
        attributes = {_local(key): value.strip() for key, value in given.items()}
        if name == "tt":
            self.rates = _rates(attributes)
        element = self._element(name, attributes)
        self.open.append(element)
        if self.silent or _is_silent(name, attributes):
            self.silent += 1
        elif name in _CUES:
            self.text, self.inner = [], []
        elif self.text is not None and name == "br":
            self.text.append("\n")
        elif self.text is not None and element.timed:
            self.text.append(f"<{format_time(element.begin, '.')}>")
            self.inner.append((element.begin, element.end))

    def _element(self, name: str, attributes: dict[str, str]) -> _Element:
        parent = self.open[-1] if self.open else _Element("", 0.0, math.inf, timed=False)
        begin, end, duration = _times(name, attributes, self.rates)
        start = (parent.free if parent.seq else parent.begin) + (begin or 0.0)
        stop = parent.end
        if end is not None:
            stop = min(stop, (parent.free if parent.seq else parent.begin) + end)
        if duration is not None:
            stop = min(stop, start + duration)
        timed = not (begin is None and end is None and duration is None)
        seq = attributes.get("timeContainer") == "seq"
        return _Element(name, start, stop, timed, seq, start)

    def write(self, text: str) -> None:
        """Take text; only that of cues counts."""
        if self.text is not None and not self.silent:
            if self.open[-1].name == "text":  # YouTube escapes twice there
                text = html.unescape(text)
            self.text.append(html.escape(text.replace("\n", " "), quote=False))

    def finish(self, name: str) -> None:
        """Close an element; a cue becomes a block."""
        element = self.open.pop()
        parent = self.open[-1] if self.open else None
        if parent is not None and parent.seq and math.isfinite(element.end):
            parent.free = max(parent.free, element.end)
        if self.silent:
            self.silent -= 1
        elif element.name in _CUES and self.text is not None:
            self._close_cue(element)

    def _close_cue(self, cue: _Element) -> None:
        begin, end = cue.begin, cue.end
        inherits = any(element.timed for element in self.open)
        if self.inner and not cue.timed:
            begin = min(start for start, _ in self.inner)
            end = min(end, max(stop for _, stop in self.inner))
        elif not (cue.timed or inherits):
            end = begin  # without any time it is no cue
        lines = "".join(self.text or ()).split("\n")
        self.text = None
        if len(self.blocks) < MAX_CUES:
            self.blocks.append(Block(begin, end, lines))


def ttml_blocks(text: str) -> list[Block]:
    """Return the cues of the document; CaptionsError for anything but plain, sound XML."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.finish
    parser.CharacterDataHandler = reader.write
    try:
        parser.Parse(_AMPERSAND.sub(_escape_ampersand, text), True)
    except (expat.ExpatError, ValueError) as error:
        message = f"the captions look like TTML, but are no sound XML: {error}"
        raise CaptionsError(message) from error
    return list(_ended(reader.blocks))


def _escape_ampersand(found: re.Match[str]) -> str:
    """Return what XML knows for `&nbsp;` and for a bare `&`, which careless programs write."""
    return html.escape(html.unescape(found.group()))


def _refuse_doctype(*_: object) -> None:
    # No caption format needs one, and every entity attack does.
    raise CaptionsError("the captions are XML with a document type; only TTML without one is read")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _is_silent(name: str, attributes: dict[str, str]) -> bool:
    """Return whether the element's text is neither shown nor said."""
    known = name in _CUES or name in _PARTS or name in _TIMED
    return not known or attributes.get("ruby") in ("text", "textContainer", "delimiter")


def _rates(attributes: dict[str, str]) -> _Rates:
    frames = _number(attributes.get("frameRate"), 30.0)
    top, _, bottom = attributes.get("frameRateMultiplier", "").replace(":", " ").partition(" ")
    frames *= _number(top, 1.0) / _number(bottom, 1.0)
    default = frames * _number(attributes.get("subFrameRate"), 1.0)
    ticks = _number(attributes.get("tickRate"), default if "frameRate" in attributes else 1.0)
    return _Rates(frames, ticks)


def _number(text: str | None, otherwise: float) -> float:
    """Return the positive number that the text is, else `otherwise`."""
    found = re.fullmatch(r"\s*([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*", text or "")
    return float(found.group(1)) if found and float(found.group(1)) > 0 else otherwise


def _times(
    name: str, attributes: dict[str, str], rates: _Rates
) -> tuple[float | None, float | None, float | None]:
    """Return begin, end and duration of an element, as far as they are given."""
    if name in ("p", "s", "text") and "t" in attributes:  # YouTube's formats count milliseconds
        begin, duration = f"{attributes['t']}ms", f"{attributes.get('d', '')}ms"
        return _seconds(begin, rates), None, _seconds(duration, rates)
    begin = attributes.get("begin", attributes.get("start", ""))
    return (
        _seconds(begin, rates),
        _seconds(attributes.get("end", ""), rates),
        _seconds(attributes.get("dur", ""), rates),
    )


def _seconds(text: str, rates: _Rates) -> float | None:
    """Return the seconds of a clock time or an offset, None if it is neither."""
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds, fraction, frames = clock.groups()
        whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
        part = Fraction(f"0.{fraction}") if fraction else int(frames or 0) / rates.frames
        return float(whole + part)
    if offset := _OFFSET.fullmatch(text):
        scale = {"h": 3600.0, "m": 60.0, "ms": 0.001, "f": 1 / rates.frames, "t": 1 / rates.ticks}
        return float(offset.group(1)) * scale.get(offset.group(2) or "s", 1.0)
    return None


def _ended(blocks: list[Block]) -> Iterator[Block]:
    """Yield the blocks; those without an end last until the next one begins."""
    starts = sorted({block.start for block in blocks})
    following = dict(zip(starts, [*starts[1:], math.inf], strict=True))
    for block in blocks:
        if not math.isfinite(block.end):
            block.end = min(following[block.start], block.start + READ_S)
        yield block
