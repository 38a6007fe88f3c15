"""The ASGI process: pages, routes, uploads, media and events on one port."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from agents.errors import LectureError
from app.api.problems import answer_http_error, answer_lecture_error
from app.api.routes import routes
from app.security import login
from app.security.connections import connections
from app.security.cors import Cors
from app.security.gate import Gate
from app.services.root import current_services
from app.services.startup import begin, keep_seen, tidy_hourly
from app.shutdown import watch_signals
from app.warming import warm


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, Any]]:
    """Bring the store up to date and pick up what a crash left, before the first request."""
    services = current_services()
    await to_thread.run_sync(begin, services)
    tasks = [
        asyncio.create_task(work)
        for work in (
            tidy_hourly(services),
            connections.watch(lambda: current_services().directory),
            keep_seen(services),
            to_thread.run_sync(warm, abandon_on_cancel=True),
        )
    ]
    with watch_signals():
        yield {"services": services}
    for task in tasks:
        task.cancel()
    gc.unfreeze()  # what ends with the process is freed by its last collection
    services.close()


app = st.App(
    Path(__file__).with_name("ui.py"),
    lifespan=lifespan,
    routes=[*login.routes, *routes],
    middleware=[
        Middleware(Cors, settings=lambda: current_services().settings),
        Middleware(Gate, core=current_services),
    ],
    exception_handlers={LectureError: answer_lecture_error, HTTPException: answer_http_error},
)
