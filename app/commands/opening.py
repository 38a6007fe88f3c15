"""The services of a state folder, for commands that look after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.commands.options import State, settings_with
from app.security.identity import OPERATOR, acting_as

if TYPE_CHECKING:
    from app.services.root import Services


@contextmanager
def opened_services(state: State) -> Iterator[Services]:
    """Yield the services over a store, which is made when there is none yet, as the operator."""
    from app.services.root import Services

    settings = settings_with(state=state)
    settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    services = Services(settings)
    services.store.migrate()
    with acting_as(OPERATOR):
        yield services
    services.close()
