"""Bodies of answers as they are sent, kept in memory for whoever asks next."""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKING = 5
"""Level of gzip: a third of the time of the highest, for 3 % more bytes."""
TURN_S = 5.0
"""How long a body waits for the one that is being made before it is made beside it."""


class Packed(NamedTuple):
    """A body as gzip, and the tag that changes when it does."""

    tag: str
    body: bytes


class PackedBodies:
    """The bodies used last, up to so many bytes; threads share it.

    It knows nothing of rights: whoever asks has been let in before, each time.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.size_bytes = 0
        self._kept: OrderedDict[str, Packed] = OrderedDict()
        self._lock = Lock()
        self._turn = Lock()

    def get(self, told: Callable[[], str], make: Callable[[], bytes]) -> Packed:
        """Return the body that is made of what `told` tells, made if it is not kept.

        `told` says everything that the body depends on. A body is kept only if that was still so
        after it was made: a change in between may be in it or not.
        """
        told_before = told()
        found = self._find(told_before)
        if found is not None:
            return found
        with self._alone():
            found = self._find(told_before)  # whoever was before may have asked for the same
            if found is None:
                found = Packed(tag_of(told_before), gzip.compress(make(), PACKING, mtime=0))
                if told() != told_before:
                    return found._replace(tag=hashlib.sha256(found.body).hexdigest()[:24])
                self._keep(told_before, found)
        return found

    def _find(self, told: str) -> Packed | None:
        with self._lock:
            found = self._kept.get(told)
            if found is not None:
                self._kept.move_to_end(told)
            return found

    def _keep(self, told: str, found: Packed) -> None:
        with self._lock:
            before = self._kept.pop(told, None)
            self._kept[told] = found
            self.size_bytes += len(found.body) - (len(before.body) if before else 0)
            while self.size_bytes > self.most_bytes:
                self.size_bytes -= len(self._kept.popitem(last=False)[1].body)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Make one body at a time: two at once take as long, and keep short answers waiting."""
        mine = self._turn.acquire(timeout=TURN_S)
        try:
            yield
        finally:
            if mine:
                self._turn.release()


def tag_of(told: str) -> str:
    """Return the tag of a body by what it depends on."""
    return hashlib.sha256(told.encode()).hexdigest()[:24]
