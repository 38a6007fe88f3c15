"""First bytes decide what a file is, and each refusal is one plain sentence."""

import string
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.errors import LectureTooLong, MediaError, NoAudio, UnsupportedMedia
from agents.intake.probe import (
    ALLOWED_EXTENSIONS,
    DEMUXERS,
    SENTENCES,
    display_name,
    misnamed,
    refusal,
    sniff,
    walk_atoms,
)

TS = (b"\x47" + bytes(187)) * 3
M2TS = (bytes(4) + b"\x47" + bytes(187)) * 3
HEADS = {
    "mov": [
        struct.pack(">I4s", 24, kind) + b"isom" for kind in (b"ftyp", b"moov", b"mdat", b"wide")
    ],
    "matroska": [b"\x1a\x45\xdf\xa3\x01\x00\x00\x00"],
    "avi": [b"RIFF\x00\x10\x00\x00AVI LIST"],
    "mpegts": [TS, M2TS],
}


@pytest.mark.parametrize(("demuxer", "head"), [(d, h) for d, heads in HEADS.items() for h in heads])
def test_the_first_bytes_name_the_demuxer_whatever_the_extension(demuxer, head):
    for suffix in ALLOWED_EXTENSIONS:
        assert sniff(head, f"talk{suffix}") == demuxer
    assert sniff(head, "talk") == demuxer


@pytest.mark.parametrize(
    "head",
    [
        b"ffconcat version 1.0\nfile other.mp4\n",
        b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n",
        b'<?xml version="1.0"?><MPD></MPD>',
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"GIF89a" + bytes(100),
        b"RIFF\x00\x10\x00\x00WAVEfmt ",
        b"PK\x03\x04" + bytes(100),
        b"x",
        b"\x47" * 8,
        TS[:376],
    ],
)
def test_what_is_no_recording_is_refused_by_name(head):
    with pytest.raises(UnsupportedMedia, match=r"^'talk\.mp4' is not an MP4, MOV, MKV") as caught:
        sniff(head, "talk.mp4")
    assert caught.value.code == "not_media"


def test_an_empty_file_and_a_foreign_extension_have_codes_of_their_own():
    with pytest.raises(MediaError, match=r"^'talk\.mp4' is empty") as caught:
        sniff(b"", "talk.mp4")
    assert caught.value.code == "empty_file"
    with pytest.raises(
        UnsupportedMedia, match=r"ends in '\.exe'; one of \.mp4, .* is needed"
    ) as caught:
        sniff(HEADS["mov"][0], "talk.mp4.exe")
    assert caught.value.code == "extension"


@given(st.binary(max_size=600))
def test_any_bytes_are_sniffed_or_refused_and_nothing_else(head):
    try:
        outcome = sniff(head, "x.mp4")
    except MediaError as error:
        outcome = error.code
    assert outcome in {*DEMUXERS.values(), "not_media", "empty_file"}


@given(st.text(max_size=300))
def test_any_name_gives_one_short_printable_line(name):
    shown = display_name(name)
    assert len(shown) <= 82
    assert shown.isprintable()
    assert "\n" not in str(refusal("no_audio", shown))


def test_every_sentence_gives_the_actual_value_and_fits_its_class():
    values = {"suffix": ".exe", "allowed": ".mp4", "what": "w", "level": -81.4, "seconds": 1.2}
    values |= {"length": "8.0 hours", "width": 5, "height": 7, "count": 40, "claimed": 0.0}
    for code, sentence in SENTENCES.items():
        error = refusal(code, "'talk.mp4'", **values)
        fields = [field for _, field, _, _ in string.Formatter().parse(sentence) if field]
        assert error.code == code
        assert "'talk.mp4'" in error.message
        assert len(fields) >= 1
        assert error.message[0] in string.ascii_uppercase + "'"
        assert not error.message.endswith(".")
    assert isinstance(refusal("no_audio", "x"), NoAudio)
    assert isinstance(refusal("too_long", "x", length="8 hours"), LectureTooLong)
    assert "-81 dB" in refusal("no_speech", "x", level=-81.4).message


def test_a_wrong_but_allowed_extension_is_worth_a_sentence():
    assert misnamed("talk.mp4", "matroska") == (
        "'talk.mp4' is really Matroska or WebM; it was read as such"
    )
    assert misnamed("talk.mov", "mov") is None
    assert misnamed("talk", "avi") is None


def atom(kind, body=b"", size=None):
    return struct.pack(">I4s", len(body) + 8 if size is None else size, kind) + body


def movie(seconds, scale=1000):
    header = struct.pack(">B3xIIII", 0, 0, 0, scale, seconds * scale) + bytes(80)
    return atom(b"moov", atom(b"mvhd", header) + atom(b"trak", bytes(40)))


def walked(tmp_path, content):
    path = tmp_path / "upload"
    path.write_bytes(content)
    return walk_atoms(path)


def test_the_walk_finds_index_length_fragments_and_cuts(tmp_path):
    whole = walked(tmp_path, atom(b"ftyp", b"isom") + movie(12) + atom(b"mdat", bytes(99)))
    assert (whole.has_index, whole.fragmented, whole.is_cut) == (True, False, False)
    assert whole.header_s == pytest.approx(12)
    cut = walked(tmp_path, atom(b"ftyp", b"isom") + movie(12) + atom(b"mdat", bytes(9), size=999))
    assert (cut.has_index, cut.is_cut) == (True, True)
    in_index = walked(tmp_path, (atom(b"mdat", bytes(50)) + movie(12))[:-60])
    assert (in_index.has_index, in_index.is_cut) == (False, True)
    live = walked(tmp_path, movie(0) + atom(b"moof", bytes(8)) + atom(b"mdat", bytes(8)))
    assert (live.has_index, live.fragmented, live.header_s) == (True, True, 0)


def test_long_atoms_open_atoms_and_version_one_headers_are_understood(tmp_path):
    long_atom = struct.pack(">I4sQ", 1, b"mdat", 16 + 50) + bytes(50)
    header = struct.pack(">B3xQQIQ", 1, 0, 0, 600, 600 * 90) + bytes(80)
    tail = struct.pack(">I4s", 0, b"mdat") + bytes(77)
    found = walked(tmp_path, long_atom + atom(b"moov", atom(b"mvhd", header)) + tail)
    assert found.has_index
    assert not found.is_cut
    assert found.header_s == pytest.approx(90)


def test_what_is_glued_behind_a_recording_is_no_cut(tmp_path):
    junk = b"<?php system($_GET['c']); ?>" * 9
    found = walked(tmp_path, atom(b"ftyp", b"isom") + movie(5) + atom(b"mdat", bytes(9)) + junk)
    assert found.has_index
    assert not found.is_cut


@given(st.binary(max_size=400))
def test_any_atoms_are_walked_to_an_end(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("atoms", numbered=True) / "upload"
    path.write_bytes(b"\x00\x00\x00\x08moov" + content)
    assert walk_atoms(path).header_s is None or walk_atoms(path).header_s >= 0
