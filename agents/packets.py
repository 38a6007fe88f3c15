"""Encoded packets of one track in a small file that tells when it is damaged."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

DIGEST_BYTES = 32
ROW = struct.Struct("<qq?I")
"""Of a packet: its times, whether it is a key frame, and its bytes."""


class Packet(NamedTuple):
    """One encoded packet; its times count ticks of its track."""

    pts: int
    dts: int
    is_key: bool
    content: bytes


@dataclass(frozen=True, slots=True)
class Packets:
    """The packets in the order in which they are decoded, and what is known of them."""

    facts: dict[str, Any]
    packets: tuple[Packet, ...]


def write_packets(path: Path, facts: dict[str, Any], packets: Sequence[Packet]) -> None:
    """Write a file that is there whole or not at all: digest, a line of JSON, table, packets."""
    table = [ROW.pack(p.pts, p.dts, p.is_key, len(p.content)) for p in packets]
    head = json.dumps({"facts": facts, "packets": len(table)}, separators=(",", ":")).encode()
    body = b"".join([head, b"\n", *table, *(p.content for p in packets)])
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(hashlib.sha256(body).digest() + body)
    part.rename(path)


def read_packets(path: Path) -> Packets | None:
    """Return what was written, None when the file is gone, cut short or altered."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, body = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
    if hashlib.sha256(body).digest() != digest:
        return None
    end = body.index(b"\n")
    head, begin = json.loads(body[:end]), end + 1
    packets, at = [], begin + head["packets"] * ROW.size
    for pts, dts, is_key, size in ROW.iter_unpack(body[begin:at]):
        packets.append(Packet(pts, dts, is_key, body[at : at + size]))
        at += size
    return Packets(head["facts"], tuple(packets))
