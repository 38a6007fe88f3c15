"""`lecture serve`: broker, workers and the app on this machine."""

from __future__ import annotations

from app.commands.options import Host, Port, State, Workers, settings_with
from app.launcher import launched, refuse_open_address
from app.observability.log import set_up_logging
from app.server import check_port, entrance, handle_signals, run_app


def serve(
    *, port: Port = None, host: Host = None, workers: Workers = None, state: State = None
) -> int:
    """Start everything on this machine: broker, workers and the app."""
    settings = settings_with(port=port, host=host, workers=workers, state=state)
    refuse_open_address(settings)
    settings = check_port(settings)
    set_up_logging(settings)
    handle_signals()
    try:
        with launched(settings) as running:
            print(f"Lecture Highlights at {entrance(running)} (Ctrl-C stops it)", flush=True)
            run_app(running)
    except KeyboardInterrupt:
        pass
    return 0
