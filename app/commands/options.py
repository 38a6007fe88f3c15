"""Options that several commands share, laid over the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from app.settings import Settings, SettingsError, load_settings

State = Annotated[
    Path | None, Parameter(help="State folder instead of LECTURE_STATE or data/local.")
]
Lectures = Annotated[
    tuple[str, ...],
    Parameter(
        consume_multiple=True, help="Ids of lectures, as in the page's address; all without."
    ),
]
Host = Annotated[
    str | None, Parameter(help="Address to bind; only loopback while nobody signs in.")
]
Port = Annotated[int | None, Parameter(help="Port of the app; 0 takes a free one.")]
Workers = Annotated[int | None, Parameter(help="Number of worker processes.")]


def settings_with(**given: Any) -> Settings:  # noqa: ANN401
    """Return the settings with the options that were given in place of theirs."""
    from pydantic import ValidationError

    known = {name: value for name, value in given.items() if value is not None}
    settings = load_settings()
    try:
        return Settings.model_validate({**settings.model_dump(), **known})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if not first["loc"]:
            raise SettingsError(first["msg"].removeprefix("Value error, ")) from error
        option = str(first["loc"][0]).replace("_", "-")
        raise SettingsError(f"--{option}: {first['msg']}") from error
