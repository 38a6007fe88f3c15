"""Our own scripts and styles, and Plotly's, at addresses that change with their content.

Scripts name each other plainly, `import { make } from "./drawing.js"`; as they are sent the names
have become the addresses of today, so that a browser may keep each for ever and fetches none twice.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ASSETS = Path(__file__).parents[1] / "assets"
IMMUTABLE = "public, max-age=31536000, immutable"
MEDIA_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
NAMED = re.compile(rb'"\./([a-z][a-z-]*(?:\.min)?\.(?:js|css))"')
"""How a script names another asset beside it."""
IMPORTED = re.compile(rb'\bfrom "(/assets/[^"]+\.js)"')
"""The same once it is sent: a script that is fetched otherwise is not meant."""
SMALL = 1_000
"""Bytes below which packing saves nothing."""


@dataclass(frozen=True)
class Asset:
    """One file as it is sent."""

    address: str
    body: bytes
    media_type: str

    @cached_property
    def packed(self) -> bytes:
        """Return the body as gzip, made when somebody first asks for it."""
        return gzip.compress(self.body, 9, mtime=0)


def asset_url(name: str) -> str:
    """Return the address of an asset: `deck.js` -> `/assets/deck.1f3a5b7c9d.js`."""
    return _shelf()[name].address


def needed_by(name: str) -> tuple[str, ...]:
    """Return the addresses of all scripts that a script imports, and those that they import."""
    shelf = {one.address: one for one in _shelf().values()}
    found, waiting = dict[str, None](), [asset_url(name)]
    while waiting:
        named = (match.decode() for match in IMPORTED.findall(shelf[waiting.pop()].body))
        new = [address for address in named if address not in found]
        found |= dict.fromkeys(new)
        waiting += new
    return tuple(found)


def _shelf() -> Mapping[str, Asset]:
    """Return all assets by name, made anew when one of the files has changed."""
    files = [path for path in sorted(ASSETS.iterdir()) if path.suffix in MEDIA_TYPES]
    return _read(tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in files))


@lru_cache(maxsize=2)
def _read(files: tuple[tuple[Path, int, int], ...]) -> Mapping[str, Asset]:
    raw = {path.name: path.read_bytes() for path, _, _ in files}
    found: dict[str, Asset] = {}
    for name in raw:
        _add(name, raw, found, ())
    return found


def _add(
    name: str, raw: Mapping[str, bytes], found: dict[str, Asset], above: tuple[str, ...]
) -> Asset:
    """Put an asset on the shelf, those that it names before it; `above` names what names it."""
    if name in found:
        return found[name]
    if name in above:
        raise ValueError(f"{' > '.join((*above, name))}: scripts name each other in a circle")

    def address(named: re.Match[bytes]) -> bytes:
        other = _add(named[1].decode(), raw, found, (*above, name))
        return f'"{other.address}"'.encode()

    path = Path(name)
    own = path.suffix == ".js" and not name.endswith(".min.js")
    body = NAMED.sub(address, raw[name]) if own else raw[name]
    hashed = hashlib.sha256(body).hexdigest()[:10]
    asset = Asset(f"/assets/{path.stem}.{hashed}{path.suffix}", body, MEDIA_TYPES[path.suffix])
    return found.setdefault(name, asset)


async def asset(request: Request) -> Response:
    """Serve one of our assets; the hash in the name says which content is meant."""
    found = await to_thread.run_sync(_find, request.url.path)
    if found is None:
        return Response("not found", 404, media_type="text/plain")
    headers = {"Cache-Control": IMMUTABLE, "Vary": "Accept-Encoding"}
    packed = "gzip" in request.headers.get("accept-encoding", "") and len(found.body) > SMALL
    if packed:
        headers["Content-Encoding"] = "gzip"
    body = await to_thread.run_sync(lambda: found.packed if packed else found.body)
    return Response(body, headers=headers, media_type=found.media_type)


def _find(address: str) -> Asset | None:
    return next((one for one in _shelf().values() if one.address == address), None)


routes = [Route("/assets/{name}", asset, methods=["GET"])]
