"""What the OpenAPI document says beside the routes: how to come in, which scope, which refusals."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from agents.tuning import tuning_type
from app.security.gate import COOKIE
from app.security.routes import requirement

PREFIX = "/api/v1"
REFS = "#/components/schemas/{model}"
TAGS = {
    "sign-in": "Tokens for a name and password, and who a request is made as.",
    "keys": "API keys: a program's way in.",
    "uploads": "Recordings come in: by tus, or straight to the S3 bucket by a form or in parts.",
    "lectures": "What was brought in, who else sees it, and search over all of it.",
    "files": "Clips, reel, podcast, texts and cut lists as files, and links without a key.",
    "jobs": "Runs of the six agents over a lecture: start, follow, cancel, run again.",
    "events": "Progress as it happens.",
    "results": "What the agents found, per run.",
    "clips": "Clips, and every step by which people change them.",
    "runs": "The runs of a lecture beside each other.",
    "stills": "Pictures of clips under other settings, at once.",
    "layouts": "Where screen and camera are, and corrections of it.",
    "tuning": "What can be tuned, presets, and weights from judgements.",
    "lab": "Plans under other settings, marks, and grids of settings.",
    "people": "Accounts, for administrators.",
    "administration": "Audit, queue and room, for administrators.",
}
"""In the order in which they are told of."""
SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key (`lhk_...`) or an access token from `/auth/login` (`lha_...`)."
        " The word beside it is the scope that an operation needs: read, write, tune or admin.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "A browser's session; it counts for our own pages only.",
    },
}


class Problem(BaseModel):
    """A refusal (RFC 9457): `code` for programs, `detail` for people."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    code: str = Field(examples=["not_found"])
    """Never changes its meaning: `not_found`, `bad_parameter`, `not_media`, `conflict`, ..."""
    detail: str = Field(examples=["There is no run 'x'."])
    """One sentence: what is wrong, and what to do."""


REFUSED: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "Refused, and why: 401 sign in, 403 not allowed, 404 not there or not yours,"
        " 409 not now, 422 a value cannot be used, 429 wait for `Retry-After` seconds.",
        "headers": {
            "Retry-After": {
                "description": "Seconds to wait, with 429 and 503.",
                "schema": {"type": "integer"},
            }
        },
        "content": {"application/problem+json": {"schema": {"$ref": REFS.format(model="Problem")}}},
    }
}


def complete(document: dict[str, Any]) -> None:
    """Put our own refusals in the place of FastAPI's, and say who may ask for what."""
    schemas = document["components"]["schemas"]
    tuning = tuning_type().model_json_schema(ref_template=REFS)
    schemas |= tuning.pop("$defs") | {"TuningParameters": tuning}
    # Parsed by the services, so that a wrong tunable is refused in the same words everywhere.
    schemas["NewJob"]["properties"]["params"] |= {"$ref": REFS.format(model="TuningParameters")}
    schemas["Problem"] = Problem.model_json_schema()
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    document["components"]["securitySchemes"] = SCHEMES
    document["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            operation["responses"].pop("422", None)
            operation["security"] = _security(method.upper(), path)


def _security(method: str, path: str) -> list[dict[str, list[str]]]:
    need = requirement(method, f"{PREFIX}{path}")
    return [] if need == "open" else [{"bearer": [need]}, {"session": []}]
