"""`lecture worker`: one more worker."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from app.commands.options import State, settings_with
from app.observability.log import set_up_logging


def worker(
    *,
    state: State = None,
    parent: Annotated[
        int | None, Parameter(help="Process without which the worker ends.", show=False)
    ] = None,
) -> int:
    """Add one worker to the `lecture serve` of a state folder, or to LECTURE_REDIS_URL."""
    from app.services.core import workshop_config
    from data.store import open_store
    from jobs.broker import find_broker
    from jobs.worker import worker_main

    settings = settings_with(state=state)
    set_up_logging(settings)
    url = find_broker(settings.state, settings.redis_url)
    open_store(settings.store_location).migrate()
    config = workshop_config(settings.model_copy(update={"redis_url": url}))
    if parent is None:
        served = "LECTURE_REDIS_URL" if settings.redis_url else settings.state
        print(f"A worker for {served} (Ctrl-C stops it)", flush=True)
    worker_main(config, parent=parent)
    return 0
