"""A rendered clip as a component: player, subtitles, and moments of it under the pointer."""

from __future__ import annotations

from typing import Any

from streamlit.components.v2 import component

from app.api.assets import asset_url
from app.components import LOADER

FILM_HTML = """
<div class="lh-film">
  <video preload="none" playsinline>
    <track kind="captions" label="Subtitles">
  </video>
  <img alt="" hidden>
  <button type="button" class="lh-film-play"></button>
</div>
"""
SHOWN = ("title", "width", "height", "video", "poster", "moving", "vtt")
_film = component("lh-film", html=FILM_HTML, js=LOADER, isolate_styles=False)


def film(data: dict[str, Any], *, key: str) -> None:
    """Show a player; `data` names title, width, height and the addresses of the files."""
    assets = {"module": asset_url("film.js"), "style": asset_url("film.css")}
    _film(data={**assets, **{name: data[name] for name in SHOWN}}, key=key)
