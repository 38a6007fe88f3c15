"""A real `lecture serve` on a free port, and a real Chromium that looks at it."""

import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from data.samples import sample_paths
from data.store import open_store
from tests.browser.chromium import FLAGS, find_chromium
from tests.browser.ways import CLIPS_MS, HOSTILE_TITLE, bring_in, plant

READY_S = 60
expect.set_options(timeout=60_000)
QUIET = ("/_stcore/health", "/_stcore/host-config")
"""Streamlit asks for these below a deep link, where they are not: two 404s of its own."""

OWN = shutil.ignore_patterns("broker", "*.lock", ".lock-*")
"""What belongs to a running server, not to its state."""


class Server:
    """A `lecture serve` that can be stopped and started again on the same port and state."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.settings = settings
        self.state = folder / "state"
        self.log = folder / "serve.log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        environment = {
            **os.environ,
            "LECTURE_STATE": str(self.state),
            "LECTURE_DOWNLOAD_MODELS": "false",
            "LECTURE_LOCAL_LINK": "false",
            **self.settings,
        }
        command = [sys.executable, "-m", "app.cli", "serve", "--port", str(self.port)]
        with self.log.open("a") as output:
            self.process = subprocess.Popen(
                command, env=environment, stdout=output, stderr=subprocess.STDOUT
            )
        _wait(f"{self.url}/healthz", self.process, self.log)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A server of this process; where another has brought the sample in already, with that."""
    server = Server(tmp_path_factory.mktemp("serve"))
    with kept_sample(tmp_path_factory) as kept:
        if (kept / "state").exists():
            shutil.copytree(kept / "state", server.state)
    try:
        server.start()
        yield server
    finally:
        server.stop()


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
    with watched_page(browser, server, complaints) as page:
        yield page


@contextmanager
def watched_page(browser, server, complaints, **context_options):
    options = {"viewport": {"width": 1400, "height": 1000}, **context_options}
    context = browser.new_context(**options)
    page: Page = context.new_page()
    page.set_default_timeout(60_000)
    page.on("pageerror", lambda error: complaints.append(f"script error: {error}"))
    page.on("console", lambda message: _console(message, complaints))
    page.on("request", lambda request: _outside(request.url, server.url, complaints))
    yield page
    context.close()
    assert not complaints, complaints


@pytest.fixture(scope="session")
def sample(browser, server, tmp_path_factory):
    """The sample, brought in through the upload page under a hostile title and captions.

    The first process that needs it does that; the others go on with a copy of what came of it.
    """
    with kept_sample(tmp_path_factory) as kept:
        if not (kept / "state").exists():
            lecture = bring_sample_in(browser, server, kept / "sample.vtt")
            with open_store(server.state / "lecture.duckdb").write():  # nobody else writes now
                shutil.copytree(server.state, kept / "state", ignore=OWN)
            (kept / "lecture").write_text(lecture)
        lecture = (kept / "lecture").read_text()
        if not (server.state / "media" / lecture).exists():
            server.stop()
            shutil.rmtree(server.state)
            shutil.copytree(kept / "state", server.state)
            server.start()
    return lecture


@contextmanager
def kept_sample(tmp_path_factory):
    """Yield the folder for the sample, to one process of this run of the tests at a time."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "kept-sample"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def bring_sample_in(browser, server, captions):
    """Upload the sample with hostile captions, wait for its clips, and return its id."""
    paths = sample_paths()
    captions.write_text(plant(paths.captions.read_text()))
    with watched_page(browser, server, []) as page:
        bring_in(page, server, paths.video, captions, title=HOSTILE_TITLE)
        expect(page.locator(".lh-stage")).to_have_count(7)
        expect(page.get_by_role("link", name="Review the clips")).to_be_visible(timeout=CLIPS_MS)
        page.get_by_role("link", name="Review the clips").click()
        page.wait_for_url(re.compile(r"/review\?lecture="))
        return page.url.partition("lecture=")[2]


@pytest.fixture(autouse=True)
def as_it_was(request):
    """Put the sample back after a test of it: the next one, of whichever file, finds it as new."""
    if "sample" not in request.fixturenames:
        yield
        return
    server, lecture = request.getfixturevalue("server"), request.getfixturevalue("sample")
    yield
    put_back(f"{server.url}/api/v1", lecture)


def put_back(api, lecture):
    """Take back every edit and correction of a lecture, and show its first run again."""
    runs = [run["job"] for run in call(f"{api}/lectures/{lecture}/runs")]
    first = min(runs, key=lambda job: job["created"])["id"]
    for step in call(f"{api}/jobs/{first}/edits"):
        if not step["undone"]:
            call(f"{api}/jobs/{first}/edits", "POST", {"op": "undo"})
    layout = call(f"{api}/lectures/{lecture}/layout?job={first}")
    if any(region["mine"] for region in layout["regions"]):
        none = {"version": layout["version"], "regions": []}
        call(f"{api}/lectures/{lecture}/layout?job={first}", "PUT", none)
    if runs[0]["id"] != first:
        call(f"{api}/jobs/{first}/show", "POST")


def call(address, method="GET", body=None):
    """Return what the server answers a program."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    asked = urllib.request.Request(address, data, headers, method=method)
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return json.load(answer)


@pytest.fixture(scope="session")
def twice(browser, server, sample):
    """The sample with a second run, of the same settings: there is something to compare."""
    with watched_page(browser, server, []) as page:
        jobs = f"{server.url}/api/v1/jobs"
        made = page.request.post(jobs, data={"lecture_id": sample, "params": {}}).json()
        page.goto(f"{server.url}/job?id={made['id']}")
        expect(page.get_by_text("Ready", exact=True)).to_be_visible(timeout=CLIPS_MS)
    return sample


def _console(message, complaints: list[str]) -> None:
    where = message.location.get("url", "")
    if message.type == "error" and not where.endswith(QUIET):
        complaints.append(f"{message.text} ({where})")


def _outside(url: str, home: str, complaints: list[str]) -> None:
    if not url.startswith((home, home.replace("http", "ws"), "data:", "blob:")):
        complaints.append(f"request to another host: {url}")
