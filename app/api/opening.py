"""Streamlit's start page for the pages with a timeline: their scripts come along with it.

Streamlit draws a component only when the page's script has answered; until then the browser has
time to fetch and to read what that component will ask for, Plotly above all.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path

import streamlit
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from app.api.assets import asset_url, needed_by

INDEX = Path(streamlit.__file__).parent / "static/index.html"
PAGES = {
    "review": ("deck.js", "components.css", "deck.css"),
    "tune": ("lab.js", "lab.css", "components.css"),
}
"""Page -> the script and the styles of its component."""
# Without it Streamlit asks under /review first for what it finds at the root.
ROOT = "<script>window.__streamlit = { BACKEND_BASE_URL: location.origin }</script>"


async def opening(request: Request, names: tuple[str, ...]) -> Response:
    """Serve the start page; what it names changes its address when its content does."""
    body = await to_thread.run_sync(_page, *_lines(names))
    return HTMLResponse(body, headers={"Cache-Control": "no-cache"})


def _lines(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return what the head of the page says more than Streamlit's own."""
    script, *styles = names
    early = asset_url("early.js")
    modules = (asset_url(script), *needed_by(script))
    return (
        ROOT,
        *(f'<link rel="stylesheet" href="{asset_url(name)}">' for name in styles),
        f'<script type="module" async src="{early}"></script>',
        *(f'<link rel="modulepreload" href="{module}">' for module in modules),
    )


@lru_cache(maxsize=len(PAGES))
def _page(*lines: str) -> str:
    own = INDEX.read_text("utf-8")
    return own.replace("</head>", "\n".join((*lines, "</head>")), 1)


def _serve(names: tuple[str, ...]) -> Callable[[Request], object]:
    return partial(opening, names=names)


routes = [Route(f"/{page}", _serve(names), methods=["GET"]) for page, names in PAGES.items()]
