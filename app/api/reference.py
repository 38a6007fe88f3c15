"""The API's document as a page that needs nothing from elsewhere."""

from __future__ import annotations

from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
details { border: 1px solid #8886; border-radius: .4rem; margin: .4rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; } code, pre { font: .9em ui-monospace, monospace; }
.method { display: inline-block; min-width: 4.5rem; font-weight: 700; }
pre { overflow: auto; } table { border-collapse: collapse; } td, th { text-align: left;
padding: .1rem .8rem .1rem 0; vertical-align: top; }
"""


@router.get("/docs", response_class=HTMLResponse)
def read_reference(request: Request) -> str:
    """Return the document for people."""
    document = request.app.openapi()
    operations = [
        _operation(method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    info = document["info"]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(info["title"])} API'
        f'</title><meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
        f"<main><h1>{escape(info['title'])} API</h1><p>{escape(info['summary'])}</p>"
        '<p>For programs: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>'
        f"{''.join(operations)}</main></html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = "".join(_parameter(parameter) for parameter in operation.get("parameters", ()))
    table = f"<table><tr><th>name<th>in<th>what<th></tr>{rows}</table>" if rows else ""
    body = operation.get("requestBody")
    takes = f"<p>Body: {_types(body)}</p>" if body else ""
    gives = "".join(
        f"<li><code>{escape(status)}</code> {escape(answer['description'])} {_types(answer)}</li>"
        for status, answer in operation["responses"].items()
    )
    return (
        f'<details><summary><span class="method">{method.upper()}</span> '
        f"<code>/api/v1{escape(path)}</code> {escape(operation.get('description', ''))}</summary>"
        f"{table}{takes}<ul>{gives}</ul></details>"
    )


def _parameter(parameter: dict[str, Any]) -> str:
    schema, needed = parameter["schema"], "needed" if parameter.get("required") else ""
    what = parameter.get("description", "")
    return (
        f"<tr><td><code>{escape(parameter['name'])}</code><td>{escape(parameter['in'])}"
        f"<td>{escape(what)} {escape(_type(schema))}<td>{needed}</tr>"
    )


def _types(answer: dict[str, Any]) -> str:
    kinds = (_type(body.get("schema", {})) for body in answer.get("content", {}).values())
    return ", ".join(f"<code>{escape(kind)}</code>" for kind in kinds if kind)


def _type(schema: dict[str, Any]) -> str:
    """Return a schema in a few words: `array of SilenceRegion`, `string or null`."""
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(map(_type, schema["anyOf"])))
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"array of {_type(schema.get('items', {})) or 'anything'}"
    return (
        schema.get("title", schema.get("type", ""))
        if schema.get("type") == "object"
        else str(schema.get("type", ""))
    )
