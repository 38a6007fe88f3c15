"""index.html: the clips of a lecture in one page that plays from a folder, without a server."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from agents.types import ClipPlan, Cue, Film, Podcast
from app.exports import clip_name
from app.views.text import clock, length
from data.records import ClipRow

REEL = "highlight-reel"
"""The stem of the reel's files."""
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 72rem; margin: 0 auto; padding: 1.5rem; overflow-wrap: anywhere; }
h1 { line-height: 1.2; }
ol { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr));
  gap: 1.5rem; padding: 0; list-style: none; }
section video, audio { max-width: 48rem; width: 100%; }
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


def extra_files(extras: Iterable[Film | Podcast]) -> list[tuple[str, Path]]:
    """Return name and file of what is made beside the clips."""
    found: list[tuple[str, Path]] = []
    for made in extras:
        if isinstance(made, Podcast):
            found += [(f"podcast{path.suffix}", path) for path in (made.mp3, made.m4a)]
        else:
            clip = made.clip
            files = (clip.video, clip.srt, clip.vtt, clip.poster, clip.moving)
            found += [(f"{REEL}{path.suffix}", path) for path in files if path]
    return found


def offline_page(
    title: str,
    clips: Sequence[OfflineClip],
    others: Iterable[tuple[str, str]] = (),
    extras: Sequence[Film | Podcast] = (),
) -> str:
    """Return the page; `others` are (file name, what it is) of all that lies beside it."""
    name = escape(title)
    total = length(sum(clip.duration for clip in clips))
    shown = "\n".join(_clip(number, clip) for number, clip in enumerate(clips, start=1))
    links = "\n".join(
        f'<li><a href="{_address(file)}">{escape(about)}</a></li>' for file, about in others
    )
    films = "".join(_reel(made) for made in extras if isinstance(made, Film))
    podcasts = "".join(_podcast(made) for made in extras if isinstance(made, Podcast))
    more = f"<h2>More files</h2>\n<ul>\n{links}\n</ul>" if links else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}: highlights</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<h1>{name}</h1>\n<p class="quiet">{len(clips)} highlights, {total} in all</p>\n'
        f"{films}<ol>\n{shown}\n</ol>\n{podcasts}{more}\n</body>\n</html>\n"
    )


def _reel(film: Film) -> str:
    clip = film.clip
    track = _track(clip.vtt.read_text("utf-8"))
    return (
        f'<section>\n<h2>{escape(clip.plan.title)}</h2>\n<video controls preload="none" '
        f'poster="{_address(f"{REEL}.jpg")}" src="{_address(f"{REEL}.mp4")}" '
        f'aria-label="{escape(clip.plan.title)}">\n{track}\n</video>\n'
        f'<p class="quiet">{len(film.chapters)} passages, {length(clip.duration)}</p>\n'
        f"{_chapters(film.chapters)}"
        f'<p><a href="{_address(f"{REEL}.mp4")}" download>Download</a></p>\n</section>\n'
    )


def _podcast(podcast: Podcast) -> str:
    links = " ".join(
        f'<a href="{_address(f"podcast.{suffix}")}" download>Download {suffix.upper()}</a>'
        for suffix in ("mp3", "m4a")
    )
    return (
        '<section>\n<h2>Podcast</h2>\n<audio controls preload="none" '
        f'src="{_address("podcast.mp3")}" aria-label="Podcast of the clips"></audio>\n'
        f'<p class="quiet">The clips to listen to, {length(podcast.duration)}</p>\n'
        f"{_chapters(podcast.chapters)}<p>{links}</p>\n</section>\n"
    )


def _chapters(chapters: Iterable[Cue]) -> str:
    lines = "\n".join(f"<li>{clock(c.start)} {escape(c.text)}</li>" for c in chapters)
    return f'<ul class="quiet">\n{lines}\n</ul>\n'


def _track(vtt: str) -> str:
    body = base64.b64encode(vtt.encode()).decode()
    return f'<track kind="captions" label="Subtitles" src="data:text/vtt;base64,{body}">'


def _clip(number: int, clip: OfflineClip) -> str:
    times = f"{clock(clip.start)} to {clock(clip.end)} of the lecture, {length(clip.duration)}"
    quote_ = f"<blockquote>{escape(clip.quote)}</blockquote>\n" if clip.quote else ""
    return (
        f'<li>\n<video controls preload="none" poster="{_address(clip.poster)}" '
        f'src="{_address(clip.video)}" aria-label="{escape(clip.title)}">\n'
        f"{_track(clip.vtt)}\n</video>\n"
        f'<h2>{number}. {escape(clip.title)}</h2>\n<p class="quiet">{times}</p>\n'
        f"<p>{escape(clip.reason)}</p>\n{quote_}"
        f'<p><a href="{_address(clip.video)}" download>Download</a></p>\n</li>'
    )


def _address(file: str) -> str:
    return quote(f"./{file}")
