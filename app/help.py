"""What the help sheet and the tour say on each page."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

Step = tuple[str, str, str]
"""CSS selector of the part that is pointed at, title, text."""

MOVING = ("Tab, Shift+Tab", "go through the parts of the page")
HELP = ("?", "this sheet")


@dataclass(frozen=True, slots=True)
class PageHelp:
    """Help on one page."""

    title: str
    about: str
    next: tuple[str, ...]
    """What people do here, a sentence each."""
    steps: tuple[Step, ...] = ()
    keys: tuple[tuple[str, str], ...] = (MOVING, HELP)


PAGES = {
    "library": PageHelp(
        "Library",
        "Every lecture that was uploaded, with what its newest run has come to.",
        (
            "Search finds words in titles and in what was said; a hit leads to that second.",
            "The address keeps search and filters: copy it to share what you see.",
            "Choose several lectures to run them again with a preset, or to delete them.",
            "A deleted lecture can be brought back for 30 days, at the end of this page.",
        ),
        (
            (
                "[class*='st-key-lecture-']",
                "A lecture",
                "Each card is one recording. Its run finds the highlights; Review opens them.",
            ),
            (".st-key-q", "Search", "Find any word that was said in any lecture."),
        ),
    ),
    "upload": PageHelp(
        "Upload",
        "Bring recordings in. An upload that is cut off goes on where it was.",
        (
            "Drop one recording, several, or a folder; captions of the same name go with them.",
            "Captions are optional; without them the speech is recognised on this machine.",
        ),
    ),
    "job": PageHelp(
        "Run",
        "The agents at work on one lecture, each in its box, with how far it is.",
        (
            "Cancel stops the run; Try again goes on from the step that failed.",
            "When it is ready, Review the clips leads on.",
        ),
        (
            (
                ".lh-live",
                "The agents",
                "Each box is one step: silence, transcript and layout go side by side.",
            ),
            (
                "[data-testid=stPageLink]",
                "The way on",
                "The run is ready: review its clips, and the tour goes on there.",
            ),
        ),
    ),
    "review": PageHelp(
        "Review",
        "The lecture with all that was found in it, and the clips with the reasons for them.",
        (
            "A click on the timeline or on a line of the transcript goes to that second.",
            "Accept what should stay; reject what should not come back.",
        ),
        (
            (".lh-video", "The player", "Plays the lecture itself; nothing has to be rendered."),
            (".lh-transcript", "The transcript", "Click a line to go there."),
            (
                ".lh-timeline",
                "The timeline",
                "Slides, topics, silence, the score and the clips over the whole lecture.",
            ),
            (
                ".st-key-inspector",
                "Why this clip",
                "What made the clip win, and what would make it drop out.",
            ),
        ),
        (
            ("Space", "play and pause"),
            ("Left, Right", "one second back and on; Shift five, Ctrl sixty"),
            ("Up, Down", "the clip before and after"),
            ("P", "play the clip as it is kept"),
            ("Z", "zoom to the clip"),
            ("?", "all keys of this page"),
        ),
    ),
    "layout": PageHelp(
        "Layout",
        "Where screen and camera lie. Corrections hold for this lecture and all its next runs.",
        (
            "Go to a frame, then drag the boxes, or type their numbers.",
            "Split a stretch where the picture changes; join two that are the same.",
            "As found brings back what the agent proposed.",
        ),
        (),
        (
            ("Tab", "to a box, then arrows move it"),
            ("Ctrl + arrows", "change its size"),
            ("Shift", "larger steps"),
            ("Ctrl+Z, Ctrl+Shift+Z", "undo, redo"),
            ("Escape", "stop drawing"),
            HELP,
        ),
    ),
    "tune": PageHelp(
        "Tune",
        "The pipeline as a notebook: turn a setting and see at once which clips it gives.",
        ("Settings that follow at once need no run; the others have a button.",),
    ),
    "compare": PageHelp(
        "Compare",
        "Two runs of a lecture side by side: settings, curves and clips.",
        ("A run can be restored: it becomes the newest again.",),
    ),
    "clips": PageHelp(
        "Clips",
        "The finished clips: watch them, read why they were chosen, and take them with you.",
        ("Download one clip, or all with transcript and chapters as one zip.",),
        (
            (
                "[class*='st-key-clip-']",
                "A finished clip",
                "Watch it, download it with its subtitles, or go back to review it. That is all.",
            ),
        ),
    ),
}


PAGES["admin"] = PageHelp(
    "Admin",
    "Who gets in, what they may do, and what was done.",
    (
        "An invitation link makes one account; a password link sets a new password.",
        "A session or key that is ended closes what it has open within a second.",
        "The audit finds people, actions, ids and results by any part of them.",
    ),
)


def help_data(page: str) -> dict[str, Any]:
    """Return what the help component shows on a page; "" is the library."""
    page = page or "library"
    return {"page": page, **asdict(PAGES[page])}
