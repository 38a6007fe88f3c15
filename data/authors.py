"""Who writes: what people change is kept with the id of who changed it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_author: ContextVar[str] = ContextVar("author", default="local")


def author_now() -> str:
    """Return the id of the person whose work is being done; `local` where nobody signs in."""
    return _author.get()


@contextmanager
def written_by(person_id: str) -> Iterator[None]:
    """Keep what is changed inside as this person's."""
    token = _author.set(person_id)
    try:
        yield
    finally:
        _author.reset(token)
