"""A kind of file that something found can be saved as."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class FileFormat(Generic[Found]):
    """One kind of file: who reads it, how it is served, and what makes it."""

    title: str
    media_type: str
    write: Callable[[Found, str], str]
    """Takes what was found and the lecture's title."""
