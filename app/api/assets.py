"""Our own scripts and styles, and Plotly's, at addresses that change with their content."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from pathlib import Path

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from app.services.root import current_services
from data.disk import atomic_file

ASSETS = Path(__file__).parents[1] / "assets"
IMMUTABLE = "public, max-age=31536000, immutable"
MEDIA_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}


def asset_url(name: str) -> str:
    """Return the address of an asset: `deck.js` -> `/assets/deck.1f3a5b7c9d.js`."""
    path = ASSETS / name
    return f"/assets/{path.stem}.{_content_hash(path, path.stat().st_mtime_ns)}{path.suffix}"


@cache
def plotly_url() -> str:
    """Return the address of plotly.js as the installed plotly wheel carries it."""
    return f"/assets/plotly.min.js?v={_content_hash(_plotly_path(), 0)}"


@cache
def _content_hash(path: Path, changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


@cache
def _plotly_path() -> Path:
    import plotly

    return Path(plotly.__path__[0]) / "package_data" / "plotly.min.js"


async def plotly(request: Request) -> Response:
    """Serve plotly.js, compressed once and kept in the state folder."""
    headers = {"Cache-Control": IMMUTABLE, "Vary": "Accept-Encoding"}
    path = _plotly_path()
    if "gzip" in request.headers.get("accept-encoding", ""):
        path = await to_thread.run_sync(_compressed, path, current_services().settings.state)
        headers["Content-Encoding"] = "gzip"
    return FileResponse(path, headers=headers, media_type=MEDIA_TYPES[".js"])


def _compressed(path: Path, state: Path) -> Path:
    """Return the gzip of a file, made when it is not there yet."""
    target = state / "cache" / f"{path.name}.{_content_hash(path, 0)}.gz"
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(target) as file:
            file.write(gzip.compress(path.read_bytes(), 9, mtime=0))
    return target


async def asset(request: Request) -> Response:
    """Serve one of our assets; the hash in the name says which content is meant."""
    name = request.path_params["name"]
    for path in await to_thread.run_sync(_listed):
        if asset_url(path.name).rpartition("/")[2] == name:
            headers = {"Cache-Control": IMMUTABLE}
            return FileResponse(path, headers=headers, media_type=MEDIA_TYPES[path.suffix])
    return Response("not found", 404, media_type="text/plain")


def _listed() -> list[Path]:
    return [path for path in sorted(ASSETS.iterdir()) if path.suffix in MEDIA_TYPES]


routes = [
    Route("/assets/plotly.min.js", plotly, methods=["GET"]),
    Route("/assets/{name}", asset, methods=["GET"]),
]
