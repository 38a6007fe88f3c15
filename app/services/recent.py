"""Values that stay in memory while they are used."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any


class Recent:
    """The values used last, by key; threads share it."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._kept: OrderedDict[str, Any] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str) -> Any:  # noqa: ANN401
        """Return a value that is kept, else None."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def keep(self, key: str, value: Any) -> Any:  # noqa: ANN401
        """Keep a value and return it; what was used longest ago goes."""
        with self._lock:
            self._kept[key] = value
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)
        return value
