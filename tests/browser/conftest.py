"""A real `lecture serve` on a free port, and a real Chromium that looks at it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.chromium import FLAGS, find_chromium

READY_S = 60
expect.set_options(timeout=30_000)
QUIET = ("/_stcore/health", "/_stcore/host-config")
"""Streamlit asks for these below a deep link, where they are not: two 404s of its own."""


@dataclass(frozen=True)
class Server:
    url: str
    state: Path
    log: Path


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    state = tmp_path_factory.mktemp("serve")
    log = state / "serve.log"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "LECTURE_STATE": str(state / "state"),
        "LECTURE_DOWNLOAD_MODELS": "false",
    }
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
    with log.open("w") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(f"{url}/healthz", process, log)
        yield Server(url, state, log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _wait(url: str, process: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def complaints():
    """What the browser complained of; a test that provokes one takes it out again."""
    return []


@pytest.fixture
def page(browser, server, complaints):
    """A page that fails the test on an outside request, a script error or a blocked resource."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page: Page = context.new_page()
    page.set_default_timeout(30_000)
    page.on("pageerror", lambda error: complaints.append(f"script error: {error}"))
    page.on("console", lambda message: _console(message, complaints))
    page.on("request", lambda request: _outside(request.url, server.url, complaints))
    yield page
    context.close()
    assert not complaints, complaints


def _console(message, complaints: list[str]) -> None:
    where = message.location.get("url", "")
    if message.type == "error" and not where.endswith(QUIET):
        complaints.append(f"{message.text} ({where})")


def _outside(url: str, home: str, complaints: list[str]) -> None:
    if not url.startswith((home, home.replace("http", "ws"), "data:", "blob:")):
        complaints.append(f"request to another host: {url}")
