"""Runs the ASGI app in this process until a signal ends it."""

from __future__ import annotations

import signal
import socket
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agents.errors import ServiceUnavailable
from app.security.identity import OPERATOR, acting_as
from app.services.root import Services, use_services
from app.settings import Settings

CONFIG = Path(__file__).parents[1] / ".streamlit/config.toml"
"""Streamlit itself finds it from the repository's root only; the wheel carries it there too."""


def streamlit_options(path: Path = CONFIG) -> dict[str, Any]:
    """Return the options of a config file by their dotted names, as `theme.light.textColor`."""
    return dict(_flattened(tomllib.loads(path.read_text("utf-8"))))


def _flattened(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flattened(value, f"{above}{name}.")
        else:
            yield above + name, value


def handle_signals() -> None:
    """Let SIGTERM, Ctrl-C and a closed terminal unwind; SIGINT may be inherited as ignored."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup sets it
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    signal.signal(signal.SIGINT, signal.default_int_handler)


def entrance(settings: Settings) -> str:
    """Return the address to open: with a secret that works once, where that is the way in."""
    address = settings.public_url or address_of(settings)
    if settings.auth != "local" or not settings.local_link:
        return address
    services = Services(settings)
    with acting_as(OPERATOR):
        secret = services.accounts.local_link()
    services.close()
    return f"{address.rstrip('/')}/open?key={secret}"


def run_app(settings: Settings) -> None:
    """Serve pages and routes; returns when a signal has ended the server."""
    use_services(Services(settings))
    from app.main import app

    options = {
        **streamlit_options(),
        "server.address": settings.host,
        "server.port": settings.port,
    }
    try:
        app.run(config=options)
    except KeyboardInterrupt:
        return


def check_port(settings: Settings) -> Settings:
    """Return the settings with a port that can be bound, or say that it is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise ServiceUnavailable(
                f"Port {settings.port} of {settings.host} is taken; choose another with --port.",
                code="port_taken",
            ) from error
        return settings.model_copy(update={"port": probe.getsockname()[1]})


def address_of(settings: Settings) -> str:
    """Return where people open the app."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"
