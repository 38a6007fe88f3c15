"""The REST API under /api/v1 as one FastAPI application: routes and their document from one source.

Refusals are problem+json, also where FastAPI itself refuses. The document is `openapi.json`, read
by people at `docs`, without any script from elsewhere.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from agents.errors import LectureError
from app.api import (
    direct,
    edits,
    entry,
    events,
    extras,
    features,
    files,
    fitting,
    house,
    jobs,
    keys,
    lab,
    layouts,
    lectures,
    library,
    people,
    reference,
    results,
    runs,
    search,
    shares,
    stills,
    tuning,
    uploads,
)
from app.api.document import REFUSED, complete
from app.api.problems import answer_http_error, answer_lecture_error, problem

SUMMARY = "Lecture recordings in, highlight clips out: everything that a page does, for programs."


class Api(FastAPI):
    """FastAPI whose document knows the tunables, and only the refusals that are sent."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI 3.1 document, made once."""
        if self.openapi_schema is None:
            complete(super().openapi())
        return super().openapi()


def _operation_id(route: APIRoute) -> str:
    """Return the name of a route's function, which a HEAD shares with its GET."""
    return f"{route.name}_head" if route.methods == {"HEAD"} else route.name


async def _answer_invalid(_: Request, error: Exception) -> Response:
    """Say in one sentence which part of a request cannot be used."""
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part not in {"body", "query"})
    unknown = first["type"] == "extra_forbidden"
    text = "there is no such field" if unknown else first["msg"].removeprefix("Value error, ")
    return problem(422, "bad_request", f"{where}: {text}" if where else text)


ROUTERS = (
    *(entry.router, keys.router),
    *(
        direct.router,
        uploads.router,
        library.router,
        shares.router,
        lectures.router,
        lectures.texts,
    ),
    *(
        search.router,
        jobs.router,
        results.router,
        features.router,
        events.router,
        edits.router,
        runs.router,
    ),
    *(stills.router, layouts.router, extras.router, files.router),
    *(tuning.router, lab.presets, lab.router, runs.sweeps, fitting.router),
    *(people.router, house.router, reference.router),
)
"""In the order in which addresses are looked up, and told of: `still.jpg` before a clip's files."""
MOST_BYTES = 200_000
"""Of a body that is not a recording."""


def make_api() -> Api:
    """Return the application that is mounted at /api/v1."""
    api = Api(
        title="Lecture Highlights",
        summary=SUMMARY,
        version=version("lecture-highlights"),
        root_path_in_servers=False,
        servers=[{"url": "/api/v1"}],
        docs_url=None,
        redoc_url=None,
        responses=REFUSED,
        max_body_size=MOST_BYTES,
        generate_unique_id_function=_operation_id,
        exception_handlers={
            LectureError: answer_lecture_error,
            HTTPException: answer_http_error,
            RequestValidationError: _answer_invalid,
        },
    )
    for router in ROUTERS:
        api.include_router(router)
    return api
