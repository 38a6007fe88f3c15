"""docs/configuration.md and .env.example, made from the declarations of the settings.

`uv run python -m app.configuration` writes both; a test fails when they are not what this makes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path, PurePath
from shlex import quote
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from app.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
PARTS = {
    "state": "Where the app is",
    "auth": "Who gets in",
    "smtp_host": "Mail",
    "store_url": "Store, queue and media",
    "workers": "Work",
    "logo": "Clips and speech",
    "gemini_api_key": "Gemini",
    "keep_lectures_days": "How long things are kept",
    "limits": "Rates and quotas",
    "max_upload_bytes": "Uploads, sandbox and log",
}
"""Headings by the setting that they begin with."""
OF_MACHINE = {"workers": "the machine's cores, 2 at least", "cores": "the machine's cores"}
HEAD = """# Configuration

Everything is set by environment variables that begin with `LECTURE_`; options of a command such as
`--port` stand above them. An empty variable counts as not set. A value that cannot be used is named
at the start in one sentence, without being shown; `lecture doctor` names variables that no setting
has. Lists are JSON, as `LECTURE_ALLOWED_HOSTS='["lectures.example"]'`, single quotes included.

No file is read by itself. To keep settings in one, copy [.env.example](../.env.example) to `.env`
and start with `uv run --env-file .env lecture serve`.

This page and [.env.example](../.env.example) are made from the declarations in `app/settings.py` by
`uv run python -m app.configuration`.
"""
ENV_HEAD = """# Every setting with its default; take the "#" before one away to set it.
# Copied to .env it is read by `uv run --env-file .env lecture serve`. See docs/configuration.md.
"""


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return f"LECTURE_{name.upper()}"


def kind(annotation: Any) -> str:  # noqa: ANN401
    """Return in a word or two what a setting takes."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in args)
    if origin in (Union, UnionType):
        return ", ".join(kind(arg) for arg in args if arg is not NoneType)
    if origin is not None and origin is not tuple and args:
        return kind(args[0])
    known = {bool: "`true`, `false`", int: "whole number", float: "number", SecretStr: "secret"}
    if origin is tuple:
        return "list"
    return known.get(annotation, "path" if _is_path(annotation) else "text")


def _is_path(annotation: Any) -> bool:  # noqa: ANN401
    return isinstance(annotation, type) and issubclass(annotation, PurePath)


def default(name: str, field: FieldInfo) -> str:
    """Return the default as it would be written, "" for none."""
    value = field.default
    if name in OF_MACHINE or value is None:
        return OF_MACHINE.get(name, "")
    if isinstance(value, bool | tuple):
        return json.dumps(value)
    return str(value)


def bounds(field: FieldInfo) -> str:
    """Return the bounds of a number in words, "" for none."""
    words = {"ge": "from", "gt": "above", "le": "to", "lt": "below"}
    found = [
        f"{word} {getattr(one, name):,}".replace(",", " ")
        for one in field.metadata
        for name, word in words.items()
        if hasattr(one, name)
    ]
    return " ".join(found)


def reference() -> str:
    """Return docs/configuration.md."""
    return HEAD + "".join(_rows())


def _rows() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        if name in PARTS:
            yield f"\n## {PARTS[name]}\n\n| variable | takes | default | what it decides |\n"
            yield "|---|---|---|---|\n"
        takes = " ".join(filter(None, (kind(field.annotation), bounds(field))))
        told = default(name, field)
        shown = told if name in OF_MACHINE else f"`{told}`" if told else ""
        text = " ".join((field.description or "").split()).replace("|", "\\|")
        yield f"| `{variable(name)}` | {takes} | {shown} | {text} |\n"


def example() -> str:
    """Return .env.example: every setting as a comment, quoted as a shell and dotenv want it."""
    lines = [ENV_HEAD]
    for name, field in Settings.model_fields.items():
        if name in PARTS:
            lines.append(f"\n# --- {PARTS[name]}\n")
        text = " ".join((field.description or "").split())
        told = "" if name in OF_MACHINE else default(name, field)
        lines.append(f"# {text}\n# {variable(name)}={quote(told) if told else ''}\n")
    return "".join(lines)


def main() -> None:
    """Write both files."""
    (ROOT / "docs/configuration.md").write_text(reference())
    (ROOT / ".env.example").write_text(example())


if __name__ == "__main__":
    main()
