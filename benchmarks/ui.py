"""How soon the pages answer: `uv run python -m benchmarks.ui [--keep FOLDER]`.

A recording of 90 minutes goes through the real server; then a real Chromium opens its deck, moves
a slider of the notebook, drops clips, zooms and scrubs, and ten sessions without a browser speak
Streamlit's own WebSocket protocol, each moving a slider every three seconds. Each line gives what
was measured and the bound that the product has set itself; where other work swells the times, the
CPU time of the server and of the page's main thread per action says more than they do.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import imageio_ffmpeg
from playwright.sync_api import Browser, Page, expect, sync_playwright

from agents.subtitles import to_vtt
from agents.types import Cue
from benchmarks.pipeline import largest_resident_mb, show
from tests.browser.chromium import FLAGS, find_chromium
from tests.browser.conftest import Server
from tests.browser.ways import READY, bring_in, settled
from tests.rendering import Look, render_lecture, spoken_scenes

LENGTH_S = 5_400
TOPICS = 20
RUN_MS = 1_800_000
MOVES, DROPS, STEPS = 40, 20, 40
SESSIONS, PACE_S, TURNS = 10, 3.0, 8
WEIGHT = "extract.weights.emphasis"
LAB = "document.querySelector('.lh-lab').lhLab"
DECK = "document.querySelector('.lh-deck').lhDeck"
MOVE = f"""async (value) => {{
  const lab = {LAB};
  const drawn = new Promise((done) => {{
    const draw = lab.drawPlan.bind(lab);
    lab.drawPlan = () => {{ draw(); delete lab.drawPlan; done(); }};
  }});
  const slider = document.getElementById("lh-lab-{WEIGHT}");
  const began = performance.now();
  slider.value = value;
  slider.dispatchEvent(new Event("input"));
  await drawn;
  return performance.now() - began;
}}"""
"""Moves a weight as a hand does, until the new curve and the new clips are drawn."""
DROP = f"""async (by) => {{
  const deck = {DECK};
  const clip = deck.clip();
  const [start, end] = [clip.parts[0][0], clip.parts.at(-1)[1]];
  const began = performance.now();
  deck.edits.send("resize", {{ clip_id: clip.id, start, end: end + by }});
  while (deck.edits.flying) await new Promise(requestAnimationFrame);
  return performance.now() - began;
}}"""
"""Lets go of an edge, until the answer of the store is shown."""
SCRUB = f"""async (steps) => {{
  const deck = {DECK};
  const frame = () => new Promise(requestAnimationFrame);
  const gaps = [];
  let last = await frame();
  for (let i = 0; i < steps; i += 1) {{
    if (i % 2) deck.seek((deck.bundle.duration * i) / steps);
    else deck.timeline.scale(i < steps / 2 ? 0.8 : 1.25);
    for (let n = 0; n < 6; n += 1) {{
      const now = await frame();
      gaps.push(now - last);
      last = now;
    }}
  }}
  return gaps;
}}"""
"""Zooms in and out and jumps about; returns the milliseconds between frames."""


def make_recording(folder: Path) -> tuple[Path, Path]:
    """Write 90 minutes, one short lecture again and again, and its captions."""
    short, long = folder / "short.mp4", folder / "long.mp4"
    truth = render_lecture(short, spoken_scenes(), Look(size=(320, 180), fps=5))
    times = round(LENGTH_S / truth["duration"])
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-stream_loop", str(times - 1)]
    subprocess.run([*command, "-i", str(short), "-c", "copy", str(long)], check=True)
    cues = (
        Cue(n * truth["duration"] + said["t0"], n * truth["duration"] + said["t1"], words)
        for n in range(times)
        for said in truth["sentences"]
        for words in [other_words(said["text"], n * TOPICS // times)]
    )
    captions = folder / "long.vtt"
    captions.write_text(to_vtt(cues))
    return long, captions


def other_words(text: str, number: int) -> str:
    """Return a text whose longer words are of another subject for each number."""
    before = "".join("bdfgklmnprstv"[digit] + "aeo"[digit % 3] for digit in divmod(number, 13))
    return " ".join(f"{before}{word}" if len(word) > 4 else word for word in text.split())


def bring_lecture(page: Page, server: Server, folder: Path) -> str:
    """Return the id of the 90-minute lecture, once its clips are there."""
    known = page.request.get(f"{server.url}/api/v1/lectures").json()["items"]
    if not known:
        bring_in(page, server, *make_recording(folder), title="Ninety minutes")
        ready = page.get_by_role("link", name="Review the clips")
        expect(ready).to_be_visible(timeout=RUN_MS)
        known = page.request.get(f"{server.url}/api/v1/lectures").json()["items"]
    return known[0]["id"]


def tell_size(page: Page, server: Server, lecture: str) -> None:
    """Print what the lecture holds."""
    found = page.request.get(f"{server.url}/api/v1/lectures/{lecture}/bundle").json()
    counts = {name: len(found[name]) for name in ("sentences", "silences", "topics", "clips")}
    told = ", ".join(f"{count} {name}" for name, count in counts.items())
    print(f"lecture: {found['lecture']['duration']:.0f} s, {told}", flush=True)


def ready_after(page: Page, address: str) -> float:
    """Return the seconds from the call of the review page to a deck that can be used."""
    began = time.perf_counter()
    page.goto(address)
    page.wait_for_selector(READY["review"])
    return time.perf_counter() - began


class Spent:
    """CPU seconds of a server and busy seconds of a page's main thread, from one moment on."""

    def __init__(self, server: Server, page: Page) -> None:
        self.server = server
        self.wire = page.context.new_cdp_session(page)
        self.wire.send("Performance.enable")
        self.began = self.now()

    def now(self) -> tuple[float, float]:
        metrics = self.wire.send("Performance.getMetrics")["metrics"]
        task = next(one["value"] for one in metrics if one["name"] == "TaskDuration")
        return tree_seconds(self.server.process.pid), task

    def tell(self, what: str, times: int, *, fresh: bool = False) -> None:
        """Print what one of `times` actions took; a `fresh` page counts from its opening."""
        server, task = self.now()
        busy = task if fresh else task - self.began[1]
        show(f"  {what}: CPU of the server", 1000 * (server - self.began[0]) / times, None, "ms")
        show(f"  {what}: main thread of the page", 1000 * busy / times, None, "ms")


def tree_seconds(root: int) -> float:
    """Return the user and system seconds of a process and all below it (Linux)."""
    parents, seconds = {}, {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            pid, _, fields = entry.read_text().partition(" (")
            told = fields.rpartition(") ")[2].split()
            parents[int(pid)] = int(told[1])
            seconds[int(pid)] = sum(map(int, told[11:15])) / os.sysconf("SC_CLK_TCK")
    tree = {root}
    while grown := {pid for pid, parent in parents.items() if parent in tree} - tree:
        tree |= grown
    return sum(seconds.get(pid, 0.0) for pid in tree)


def measure_deck(browser: Browser, server: Server, lecture: str) -> None:
    """Measure opening, dropping clips, zooming and scrubbing."""
    address = f"{server.url}/review?lecture={lecture}"
    cold, warm = [], []
    for _ in range(3):
        page = browser.new_context().new_page()
        page.set_default_timeout(60_000)
        cold.append(ready_after(page, address))
        page.goto("about:blank")
        spent = Spent(server, page)
        warm.append(ready_after(page, address))
        spent.tell("deck opened with files cached", 1, fresh=True)
        page.context.close()
    show("deck ready, nothing cached, median of 3", statistics.median(cold), 4, "s")
    show("deck ready, files cached, median of 3", statistics.median(warm), 1.5, "s")
    page = browser.new_context().new_page()
    page.set_default_timeout(60_000)
    ready_after(page, address)
    settled(page)
    page.wait_for_timeout(2000)
    spent = Spent(server, page)
    drops = [page.evaluate(DROP, 0.5 if n % 2 else -0.5) for n in range(DROPS)]
    show(f"clip dropped and stored, median of {DROPS}", statistics.median(drops), 300, "ms")
    spent.tell("a drop", DROPS)
    spent = Spent(server, page)
    gaps = page.evaluate(SCRUB, STEPS)
    show(f"longest of {len(gaps)} frames in zoom and scrub", max(gaps), 100, "ms")
    show("frames of more than 100 ms among them", sum(gap > 100 for gap in gaps), 0, "")
    spent.tell("a zoom or a jump", STEPS)
    page.context.close()


def measure_sliders(browser: Browser, server: Server, lecture: str) -> None:
    """Measure what a weight that is moved costs in time and traffic."""
    page = browser.new_context().new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{server.url}/tune?lecture={lecture}")
    page.wait_for_selector(READY["tune"])
    settled(page)
    # The frames of the layout cell and the still of the compile cell belong to the opening.
    expect(page.locator(".lh-frame canvas:not([data-drawn])")).to_have_count(0, timeout=60_000)
    expect(page.locator(".lh-composed[data-state=shown]")).to_be_visible(timeout=60_000)
    page.wait_for_load_state("networkidle")
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    wire.on(
        "Network.webSocketFrameReceived",
        lambda event: sizes.append(len(event["response"]["payloadData"])),
    )
    spent = Spent(server, page)
    times = [page.evaluate(MOVE, 0.1 + 0.8 * n / MOVES) for n in range(MOVES)]
    page.wait_for_timeout(500)
    spent.tell("a move", MOVES)
    show(f"slider to new curve and clips, median of {MOVES}", statistics.median(times), 120, "ms")
    show("slider to new curve and clips, p90", quantile(times, 0.9), 250, "ms")
    show("web traffic per slider move", sum(sizes) / MOVES / 1000, 10, "kB")
    page.context.close()


async def one_session(
    server: Server, lecture: str, number: int, reruns: list[float], moves: list[float]
) -> None:
    """Open the notebook as a browser does, then move a slider again and again."""
    import websockets
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    async def rerun(socket: Any) -> None:  # noqa: ANN401
        asked = BackMsg()
        asked.rerun_script.query_string = f"lecture={lecture}"
        asked.rerun_script.page_name = "tune"
        await socket.send(asked.SerializeToString())
        answer = ForwardMsg()
        while answer.WhichOneof("type") != "script_finished":
            answer.ParseFromString(await socket.recv())

    address = f"{server.url.replace('http', 'ws')}/_stcore/stream"
    options: dict[str, Any] = {
        "origin": server.url, "subprotocols": ["streamlit"], "max_size": 2**26
    }  # fmt: skip
    plan = f"/api/v1/lectures/{lecture}/plan"
    async with (
        websockets.connect(address, **options) as socket,
        httpx.AsyncClient(base_url=server.url, timeout=60) as client,
    ):
        await rerun(socket)
        await asyncio.sleep(PACE_S * number / SESSIONS)
        for turn in range(TURNS):
            began = time.perf_counter()
            value = 0.1 + 0.8 * (turn * SESSIONS + number) / (TURNS * SESSIONS)
            answer = await client.post(plan, json={"values": {WEIGHT: round(value, 3)}})
            answer.raise_for_status()
            moves.append(1000 * (time.perf_counter() - began))
            if turn % 4 == 3:
                again = time.perf_counter()
                await rerun(socket)
                reruns.append(1000 * (time.perf_counter() - again))
            await asyncio.sleep(max(0.0, PACE_S - (time.perf_counter() - began)))


def measure_sessions(server: Server, lecture: str) -> None:
    """Measure ten sessions at once, and what each keeps in memory."""
    before = largest_resident_mb(server.process.pid)
    reruns: list[float] = []
    moves: list[float] = []

    async def together() -> None:
        sessions = (one_session(server, lecture, n, reruns, moves) for n in range(SESSIONS))
        await asyncio.gather(*sessions)

    asyncio.run(together())
    grown = largest_resident_mb(server.process.pid) - before
    show(f"{SESSIONS} sessions, slider every {PACE_S:g} s, p95", quantile(moves, 0.95), 600, "ms")
    show("the whole page run again in one of them, p95", quantile(reruns, 0.95), None, "ms")
    show("app memory per open session", max(0.0, grown) / SESSIONS, 30, "MB")


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """Run a server with the state of a folder."""
    server = Server(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of all does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="folder to work in and to leave behind")
    options = parser.parse_args()
    cores, python = os.cpu_count(), platform.python_version()
    print(
        f"{platform.machine()}, {cores} cores, load {os.getloadavg()[0]:.1f}, Python {python},"
        f" Streamlit {version('streamlit')}",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        with serving(folder) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
            page = browser.new_page()
            lecture = bring_lecture(page, server, folder)
            tell_size(page, server, lecture)
            page.close()
            measure_sliders(browser, server, lecture)
            measure_deck(browser, server, lecture)
            browser.close()
        with serving(folder) as server:
            measure_sessions(server, lecture)


if __name__ == "__main__":
    main()
