"""Versions of the instructions that go with every request, a file each."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from agents.errors import TuningError


def prompt_versions() -> list[str]:
    """Return the names of the versions that are shipped."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.md"))


@lru_cache(maxsize=8)
def read_prompt(version: str) -> str:
    """Return the instructions of a version, or those in the Markdown file that is named."""
    if version in prompt_versions():
        path = Path(__file__).parent / f"{version}.md"
    elif version.endswith(".md"):
        path = Path(version).expanduser()
    else:
        known = ", ".join(prompt_versions())
        raise TuningError(f"{version!r} is no version of the prompt ({known}) and no .md file")
    try:
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise TuningError(f"The prompt {version!r} cannot be read.") from error
    if not text:
        raise TuningError(f"The prompt {version!r} is empty.")
    return text


def prompt_sha256(version: str) -> str:
    """Return the hash that stands for the instructions in the stage key."""
    return hashlib.sha256(read_prompt(version).encode()).hexdigest()
