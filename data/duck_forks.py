"""No process is forked in the midst of a transaction: its child would share an engine that is open.

Such a child hangs at its first read, and what it writes ruins the file (measured, DuckDB 2.0). The
workers fork between transactions from the one thread that uses the store, and nothing else forks;
this holds for whoever does: a fork waits until the other threads have left the store.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition, get_ident

WAIT_S = 60.0
"""After this long the fork goes on, and the child is refused the store."""


class Forks:
    """Who is in the store, and what is done before a fork, of this process."""

    def __init__(self) -> None:
        self._inside: list[int] = []
        """The thread of each transaction."""
        self._changed = Condition()
        self._torn = False
        self._rests: list[Callable[[], None]] = []
        os.register_at_fork(
            before=self._before, after_in_parent=self._after, after_in_child=self._after_in_child
        )

    def before(self, rest: Callable[[], None]) -> None:
        """Have something done at each fork, while nobody else is in the store."""
        self._rests.append(rest)

    @contextmanager
    def held_off(self) -> Iterator[None]:
        """Have forks of other threads wait, while an engine is open in what is inside."""
        with self._changed:
            if self._torn:
                raise RuntimeError("forked in the midst of a transaction: start a process instead")
            self._inside.append(get_ident())
        try:
            yield
        finally:
            with self._changed:
                self._inside.remove(get_ident())
                self._changed.notify_all()

    def _before(self) -> None:
        self._changed.acquire()
        self._changed.wait_for(lambda: set(self._inside) <= {get_ident()}, WAIT_S)
        for rest in self._rests:
            rest()

    def _after(self) -> None:
        self._changed.release()

    def _after_in_child(self) -> None:
        self._torn = self._torn or bool(self._inside)
        self._changed = Condition()


forks = Forks()
