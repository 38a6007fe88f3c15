"""What can be told from an upload without decoding it, and the sentences of every refusal."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from agents.errors import LectureTooLong, MediaError, NoAudio, UnsupportedMedia

HEAD_BYTES = 1024
"""How much of the file `sniff` wants to see."""
MIN_S, MAX_S = 3.0, 3 * 3600.0
MAX_PACKETS = 3_000_000
MIN_SIDE, MAX_AREA = 64, 4096 * 2304
MAX_STREAMS = 16
SILENT_DB = -70.0
"""A recording whose loudest second stays below this holds no speech."""

DEMUXERS = {
    ".mp4": "mov",
    ".m4v": "mov",
    ".mov": "mov",
    ".mkv": "matroska",
    ".webm": "matroska",
    ".avi": "avi",
    ".ts": "mpegts",
    ".m2ts": "mpegts",
}
ALLOWED_EXTENSIONS = tuple(DEMUXERS)
CONTAINERS = {"mov": "MP4", "matroska": "Matroska or WebM", "avi": "AVI", "mpegts": "MPEG-TS"}
FIRST_ATOMS = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot")
KNOWN_ATOMS = {*FIRST_ATOMS, b"moof", b"mfra", b"sidx", b"styp", b"uuid", b"meta", b"udta", b"emsg"}
MAX_ATOMS = 200_000
MAX_NAME = 80

SENTENCES = {
    "empty_file": "{name} is empty; a video recording is needed",
    "extension": "{name} ends in '{suffix}'; one of {allowed} is needed",
    "not_media": "{name} is not an MP4, MOV, MKV, WebM, AVI or TS recording",
    "truncated": "{name} is incomplete: {what}; export or copy the recording again",
    "corrupt": "{name} is damaged: {what}",
    "no_video": "{name} has no moving picture; clips need one",
    "no_audio": "{name} has no audio track; silence and transcript need one",
    "no_speech": "the loudest second of {name} is at {level:.0f} dB; speech needs at least -70 dB",
    "too_short": "{name} lasts {seconds:.1f} s; at least 3 s are needed",
    "too_long": "{name} lasts {length}; at most 3 hours can be read",
    "too_small": "the picture of {name} is {width}x{height}; each side needs at least 64 pixels",
    "too_large_frame": "the picture of {name} is {width}x{height}; at most 4096x2304 can be read",
    "too_many_streams": "{name} holds {count} streams; at most 16 can be read",
    "duration_mismatch": "{name} claims to last {claimed:.1f} s and hides the rest; export it anew",
    "changed_while_reading": "{name} changed while it was read; upload it when it is finished",
}
CLASSES = {
    "extension": UnsupportedMedia,
    "not_media": UnsupportedMedia,
    "no_audio": NoAudio,
    "too_long": LectureTooLong,
}


def refusal(code: str, name: str, **values: object) -> MediaError:
    """Return the error for `code`, its sentence filled with the actual values."""
    sentence = SENTENCES[code].format(name=name, **values)
    return CLASSES.get(code, MediaError)(sentence[0].upper() + sentence[1:], code=code)


def display_name(name: str) -> str:
    """Return the name quoted for a message, printable and short; "the recording" if empty."""
    clean = "".join(c for c in name if c.isprintable()).strip()
    if len(clean) > MAX_NAME:
        clean = f"{clean[: MAX_NAME - 20]}...{clean[-16:]}"
    return f"'{clean}'" if clean else "the recording"


def check_extension(name: str) -> None:
    """Refuse a name that ends as no recording's does; one without an extension may pass."""
    suffix = Path(name).suffix.lower()
    if suffix and suffix not in DEMUXERS:
        allowed = ", ".join(ALLOWED_EXTENSIONS)
        shown = display_name(suffix).strip("'")
        raise refusal("extension", display_name(name), suffix=shown, allowed=allowed)


def sniff(head: bytes, name: str) -> str:
    """Return the demuxer for a file's first bytes; `name` must end as a recording's does."""
    if not head:
        raise refusal("empty_file", display_name(name))
    check_extension(name)
    demuxer = _demuxer(head)
    if demuxer is None:
        raise refusal("not_media", display_name(name))
    return demuxer


def _demuxer(head: bytes) -> str | None:
    if head[4:8] in FIRST_ATOMS:
        return "mov"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return "avi"
    packets = ((0, 188), (4, 192))  # MPEG-TS, and the same with a time code before each packet
    for first, size in packets:
        sync = [head[first + i * size : first + i * size + 1] for i in range(3)]
        if sync == [b"\x47"] * 3:
            return "mpegts"
    return None


def misnamed(name: str, demuxer: str) -> str | None:
    """Return a sentence when the name promises another container than the bytes are."""
    promised = DEMUXERS.get(Path(name).suffix.lower(), demuxer)
    if promised == demuxer:
        return None
    return f"{display_name(name)} is really {CONTAINERS[demuxer]}; it was read as such"


@dataclass(frozen=True, slots=True)
class Atoms:
    """The top level of an MP4 or MOV file."""

    has_index: bool
    """A complete `moov` is there."""
    fragmented: bool
    is_cut: bool
    """An atom reaches past the end of the file."""
    header_s: float | None
    """The length that the header claims."""


def walk_atoms(path: Path) -> Atoms:
    """Read the headers of a file's top-level atoms, and nothing between them."""
    size = path.stat().st_size
    has_index = fragmented = is_cut = False
    header_s = None
    with path.open("rb") as file:
        at = 0
        for _ in range(MAX_ATOMS):
            kind, body, end = _atom(file, at, size)
            if kind not in KNOWN_ATOMS:  # the end, or something glued behind the recording
                break
            is_cut = is_cut or end > size
            fragmented = fragmented or kind == b"moof"
            if kind == b"moov" and end <= size:
                has_index, header_s = True, _claimed_length(file, body, end)
            if end <= at:
                break
            at = end
    return Atoms(has_index, fragmented, is_cut, header_s)


def _atom(file: IO[bytes], at: int, size: int) -> tuple[bytes, int, int]:
    """Return an atom's kind, where its body begins and where it ends."""
    file.seek(at)
    head = file.read(16)
    if len(head) < 8:
        return b"", at, at
    length, kind = struct.unpack(">I4s", head[:8])
    if length == 1 and len(head) == 16:
        return kind, at + 16, at + struct.unpack(">Q", head[8:])[0]
    return kind, at + 8, at + length if length else size


def _claimed_length(file: IO[bytes], at: int, end: int) -> float | None:
    for _ in range(100):
        kind, body, after = _atom(file, at, end)
        if kind == b"mvhd":
            file.seek(body)
            return _movie_header_seconds(file.read(32))
        if after <= at or after >= end:
            return None
        at = after
    return None


def _movie_header_seconds(body: bytes) -> float | None:
    if len(body) < 32:
        return None
    layout = ">20xIQ" if body[0] == 1 else ">12xII"
    scale, duration = struct.unpack_from(layout, body)
    return duration / scale if scale else None
