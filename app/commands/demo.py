"""`lecture demo`: the sample lecture through the real queue, then the app."""

from __future__ import annotations

import time
from typing import Annotated

from cyclopts import Parameter
from redis.exceptions import RedisError

from agents.errors import LectureError
from app.commands.bars import StageBars
from app.commands.options import Port, State, settings_with
from app.commands.report import print_clips, print_notices
from app.launcher import launched, refuse_open_address
from app.observability.log import set_up_logging
from app.security.identity import OPERATOR, acting_as
from app.server import address_of, check_port, handle_signals, run_app
from app.services.jobs import JobView
from app.services.root import Services
from app.services.startup import begin
from jobs.progress import FINAL, events

QUIET = {"log_level": "WARNING"}


def demo(
    *,
    port: Port = None,
    state: State = None,
    serve: Annotated[bool, Parameter(help="Serve the app for review afterwards.")] = True,
) -> int:
    """Run the bundled sample lecture through the real queue, then serve it for review."""
    settings = settings_with(port=port, state=state, log_level="WARNING", local_link=False)
    refuse_open_address(settings)
    if serve:
        settings = check_port(settings)
    set_up_logging(settings)
    handle_signals()
    with launched(settings) as running:
        with acting_as(OPERATOR):
            _show_sample(Services(running))
        if serve:
            print(f"Review it at {address_of(running)} (Ctrl-C stops everything)", flush=True)
            run_app(running)
    return 0


def _show_sample(services: Services) -> None:
    """Run the sample lecture and print what came of it."""
    begin(services)
    view = run_sample(services)
    print_clips(services.clips.list(view.job.id))
    results = services.results.of(view.job)
    if results.transcript is not None:
        print(f"Transcript from {results.transcript.engine}.")
    print_notices(results.notices)
    services.close()


def run_sample(services: Services) -> JobView:
    """Bring the sample lecture through the queue and return its completed job."""
    job = services.lectures.add_sample()
    if job.status in {"failed", "cancelled"}:
        services.jobs.retry(job.id)
    view = services.jobs.view(job.id)
    with StageBars({stage.name: stage.title for stage in view.stages}) as bars:
        for stage in view.stages:
            bars({"stage": stage.name, "status": stage.status, "percent": stage.percent})
        while not view.final:
            _follow(services, view, bars)
            view = services.jobs.view(job.id)
        for stage in view.stages:
            bars({"stage": stage.name, "status": stage.status, "percent": stage.percent})
    if view.job.status != "completed":
        raise LectureError(
            view.job.error or f"The job is {view.job.status}.", code=view.job.error_code
        )
    return view


def _follow(services: Services, view: JobView, bars: StageBars) -> None:
    """Show events until the stream is silent for a second; the database is asked in between."""
    position = view.event_id
    try:
        while found := list(events(services.redis, view.job.id, position, 1000)):
            for event in found:
                bars(event)
                position = event["id"]
                if event["stage"] == "" and event["status"] in FINAL:
                    return
    except RedisError:
        time.sleep(1.0)
