"""Small pieces of HTML for pictures of our own; every text in them is escaped."""

from __future__ import annotations

import html

FRAME = (
    "width:100%;aspect-ratio:16/9;object-fit:contain;border-radius:0.5rem;display:block;"
    "background:rgba(128,128,128,0.18)"
)


def poster_html(url: str | None, alt: str) -> str:
    """Return a poster of 16:9, or an empty frame of the same size."""
    if url is None:
        return f'<div style="{FRAME}" role="img" aria-label="{html.escape(alt)}"></div>'
    return f'<img src="{html.escape(url)}" alt="{html.escape(alt)}" style="{FRAME}">'
