"""Find a Chromium for the browser tests, or install one, or say in one sentence what to do."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
MISSING = (
    "The browser tests need Chromium: install it with `apt-get install chromium` or"
    " `uv run playwright install chromium`, then run the tests again."
)


@cache
def find_chromium() -> str:
    """Return a Chromium: on the PATH, Playwright's own, or freshly installed; else raise."""
    found = _on_path() or _playwrights() or _install_with_playwright() or _install_with_apt()
    if found is None:
        raise RuntimeError(MISSING)
    return found


def _on_path() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _playwrights() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def _install_with_playwright() -> str | None:
    return (
        _playwrights()
        if _run([sys.executable, "-m", "playwright", "install", "chromium"])
        else None
    )


def _install_with_apt() -> str | None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    done = _run(["apt-get", "update", "-qq"]) and _run(
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
    )
    return _on_path() if done else None


def _run(command: list[str]) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    result = subprocess.run(command, env=environment, capture_output=True, timeout=600, check=False)
    return result.returncode == 0
