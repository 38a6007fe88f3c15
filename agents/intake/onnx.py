"""Read the weights out of an ONNX file: it is a protocol buffer, of which two messages matter.

Field numbers are those of onnx.proto3: ModelProto.graph 7, GraphProto.initializer 5, TensorProto
dims 1, data_type 2, name 8, raw_data 9.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

GRAPH, INITIALIZER = 7, 5
DIMS, DATA_TYPE, NAME, RAW_DATA = 1, 2, 8, 9
FLOAT = 1
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def read_weights(path: Path) -> dict[str, np.ndarray]:
    """Return the float32 tensors of a model's graph by their names."""
    weights: dict[str, np.ndarray] = {}
    for field, graph in _fields(path.read_bytes()):
        if field != GRAPH or isinstance(graph, int):
            continue
        tensors = (body for number, body in _fields(graph) if number == INITIALIZER)
        weights |= {name: values for name, values in map(_tensor, tensors) if values is not None}
    return weights


def _tensor(body: bytes | int) -> tuple[str, np.ndarray | None]:
    """Return a tensor's name and its values, None where they are no float32."""
    import numpy as np

    assert isinstance(body, bytes)
    name, raw, kind = "", b"", 0
    shape: list[int] = []
    for field, value in _fields(body):
        if field == DIMS:
            shape += [value] if isinstance(value, int) else _varints(value)
        elif field == DATA_TYPE and isinstance(value, int):
            kind = value
        elif field == NAME and isinstance(value, bytes):
            name = value.decode()
        elif field == RAW_DATA and isinstance(value, bytes):
            raw = value
    return name, np.frombuffer(raw, "<f4").reshape(shape) if kind == FLOAT and raw else None


def _fields(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    """Yield number and value of each field, its bytes where it holds more than one number."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        size = {FIXED64: 8, FIXED32: 4}.get(key & 7, 0)
        if key & 7 == VARINT:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if key & 7 == BYTES:
            size, at = _varint(message, at)
        elif not size:
            raise ValueError(f"wire type {key & 7} is none of a protocol buffer's")
        yield key >> 3, message[at : at + size]
        at += size


def _varints(packed: bytes) -> list[int]:
    found, at = [], 0
    while at < len(packed):
        value, at = _varint(packed, at)
        found.append(value)
    return found


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, the lowest first, and where the next field begins."""
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
