"""index.html: the clips of a lecture in one page that plays from a folder, without a server."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from agents.types import ClipPlan
from app.exports import clip_name
from app.views.text import clock, length
from data.records import ClipRow

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 72rem; margin: 0 auto; padding: 1.5rem; overflow-wrap: anywhere; }
h1 { line-height: 1.2; }
ol { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr));
  gap: 1.5rem; padding: 0; list-style: none; }
video { width: 100%; aspect-ratio: 16 / 9; background: #000; border-radius: .5rem; }
h2 { font-size: 1.1rem; margin: .5rem 0 0; }
p { margin: .25rem 0; }
blockquote { margin: .5rem 0; padding-left: .75rem; border-left: 3px solid #2a6cab; }
.quiet { opacity: .8; }
"""


@dataclass(frozen=True, slots=True)
class OfflineClip:
    """What the page tells of one clip; the files lie beside it."""

    title: str
    reason: str
    quote: str
    start: float
    end: float
    duration: float
    video: str
    """File name, like the next."""
    poster: str
    vtt: str
    """The subtitles themselves: a page that is opened from a folder may not fetch them."""

    @classmethod
    def of(cls, clip: ClipPlan | ClipRow, duration: float, vtt: Path) -> OfflineClip:
        """Return a clip whose files are called as `clip_name` says."""
        rank = clip.rank if isinstance(clip, ClipPlan) else clip.idx
        name = clip_name(rank, clip.title)
        return cls(
            title=clip.title,
            reason=clip.reason,
            quote=clip.quote,
            start=clip.parts[0].start,
            end=clip.parts[-1].end,
            duration=duration,
            video=f"{name}.mp4",
            poster=f"{name}.jpg",
            vtt=vtt.read_text("utf-8"),
        )


def offline_page(
    title: str, clips: Sequence[OfflineClip], others: Iterable[tuple[str, str]] = ()
) -> str:
    """Return the page; `others` are (file name, what it is) of all that lies beside it."""
    name = escape(title)
    total = length(sum(clip.duration for clip in clips))
    shown = "\n".join(_clip(number, clip) for number, clip in enumerate(clips, start=1))
    links = "\n".join(
        f'<li><a href="{_address(file)}">{escape(about)}</a></li>' for file, about in others
    )
    more = f"<h2>More files</h2>\n<ul>\n{links}\n</ul>" if links else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}: highlights</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<h1>{name}</h1>\n<p class="quiet">{len(clips)} highlights, {total} in all</p>\n'
        f"<ol>\n{shown}\n</ol>\n{more}\n</body>\n</html>\n"
    )


def _clip(number: int, clip: OfflineClip) -> str:
    track = base64.b64encode(clip.vtt.encode()).decode()
    times = f"{clock(clip.start)} to {clock(clip.end)} of the lecture, {length(clip.duration)}"
    quote_ = f"<blockquote>{escape(clip.quote)}</blockquote>\n" if clip.quote else ""
    return (
        f'<li>\n<video controls preload="none" poster="{_address(clip.poster)}" '
        f'src="{_address(clip.video)}" aria-label="{escape(clip.title)}">\n'
        f'<track kind="captions" label="Subtitles" src="data:text/vtt;base64,{track}">\n</video>\n'
        f'<h2>{number}. {escape(clip.title)}</h2>\n<p class="quiet">{times}</p>\n'
        f"<p>{escape(clip.reason)}</p>\n{quote_}"
        f'<p><a href="{_address(clip.video)}" download>Download</a></p>\n</li>'
    )


def _address(file: str) -> str:
    return quote(f"./{file}")
