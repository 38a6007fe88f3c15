"""A child process that clears away and ends, as by SIGKILL, at the n-th thing that it changes."""

from __future__ import annotations

import os
from contextlib import contextmanager

from jobs.config import WorkshopConfig
from jobs.retention import apply_rules
from jobs.workshop import open_workshop

KILLED = 9


def clear_until(config: str, step: int, environment: dict[str, str]) -> None:
    """Clear away in a process of its own; each transaction can end before and after its commit."""
    os.environ.update(environment)
    shop = open_workshop(WorkshopConfig.model_validate_json(config), lambda _, __: None)
    left = [step]

    def count() -> None:
        left[0] -= 1
        if left[0] < 0:
            os._exit(KILLED)

    write, delete, drop = shop.store.write, shop.media.delete, shop.artifacts.drop

    @contextmanager
    def counted_write():
        with write() as con:
            yield con
            count()
        count()

    def counted(act):
        def call(*args, **kwargs):
            count()
            act(*args, **kwargs)
            count()

        return call

    shop.store.write = counted_write
    shop.media.delete = counted(delete)
    shop.artifacts.drop = counted(drop)
    apply_rules(shop)
    os._exit(0)
