"""Who a Streamlit script runs for: whoever's WebSocket its session hangs on."""

from __future__ import annotations

from app.security.connections import connections
from app.security.identity import Principal


def principal_of_page() -> Principal | None:
    """Return whose page this thread is drawing, None outside of a page or after a sign-out."""
    from streamlit import runtime
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    context = get_script_run_ctx(suppress_warning=True)
    if context is None or not runtime.exists():
        return None
    client = runtime.get_instance().get_client(context.session_id)
    seen = client.client_context if client else None
    headers = seen.headers if seen else ()
    token = next((value for name, value in headers if name.lower() == "x-lh-connection"), "")
    return connections.principal(token)
