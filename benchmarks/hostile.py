"""Run a folder of hostile recordings through the gate: `python -m benchmarks.hostile PATH`.

PATH holds cases.json, a list of {file, family, expect, code, real_s, virtual}. `accept` must be
measured, `refuse` must end with one of the codes (`|` = or), `either` may do one or the other but,
when measured, with the true length `real_s` and a notice. Each case has a process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

MAX_SECONDS = 20.0
MAX_MB = 600
LENGTH_TOLERANCE_S = 1.0
CANARY_PORT = 8899
CANARY_FOLDER = "corpus-canary"
CONTROL = "ok_control.mp4"


@dataclass
class Outcome:
    """What the gate made of one case."""

    code: str = ""
    """The code of the refusal, empty when measured."""
    message: str = ""
    duration: float = 0.0
    notices: list[str] = field(default_factory=list)
    seconds: float = 0.0
    mb: int = 0
    crash: str = ""


def gate(upload: Path, name: str, workdir: Path) -> Outcome:
    """Return what `measure` says of the upload, called `name` by its owner."""
    from agents.errors import LectureError
    from agents.intake import measure
    from agents.registry import Context, Resources

    def once(key: str, make: Callable[[Path], None]) -> Path:
        raise AssertionError(f"intake shares nothing, but asked for {key}")

    resources = Resources(upload_name=name)
    context = Context(workdir, resources, lambda percent, message: None, once)
    try:
        intake = measure(upload, context=context)
    except LectureError as error:
        return Outcome(code=error.code, message=error.message)
    except Exception as error:  # noqa: BLE001  (this is what the benchmark looks for)
        return Outcome(crash=repr(error))
    notices = [f"{notice.code}: {notice.message}" for notice in intake.notices]
    return Outcome(duration=intake.media.duration, notices=notices)


@contextmanager
def growing(upload: Path, active: bool) -> Iterator[None]:
    """Append to the upload while it is read."""
    done = threading.Event()

    def append() -> None:
        while not done.wait(0.05):
            with upload.open("ab") as file:
                file.write(bytes(4096))

    thread = threading.Thread(target=append)
    if active:
        thread.start()
    try:
        yield
    finally:
        done.set()
        if active:
            thread.join()


def run_case(source: Path, name: str, grows: bool) -> Outcome:
    """Judge one case in a private folder, and note its time and memory."""
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        upload, workdir = Path(folder, "upload"), Path(folder, "work")
        shutil.copy(source, upload)
        workdir.mkdir()
        began = time.monotonic()
        with growing(upload, grows):
            outcome = gate(upload, name, workdir)
        outcome.seconds = time.monotonic() - began
    outcome.mb = max(_own_peak_kb(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) // 1024
    return outcome


def _own_peak_kb() -> int:
    """Return this process's peak; `ru_maxrss` would count what its parent had when it forked."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    return int(fields["VmHWM"].split()[0])


def faults(case: dict[str, Any], outcome: Outcome) -> list[str]:
    """Return what is wrong with an outcome, nothing when it is right."""
    found = [outcome.crash] if outcome.crash else []
    codes = case["code"].split("|")
    if outcome.code and (case["expect"] == "accept" or outcome.code not in codes):
        found.append(f"refused with {outcome.code}")
    if not outcome.code and case["expect"] == "refuse":
        found.append(f"measured, but {case['code']} was expected")
    if not outcome.code and "real_s" in case:
        if abs(outcome.duration - case["real_s"]) > LENGTH_TOLERANCE_S:
            found.append(f"{outcome.duration:.1f} s long instead of {case['real_s']} s")
        if case["expect"] == "either" and not outcome.notices:
            found.append("measured without a word about what is wrong")
    if any(text in outcome.message for text in ("\n", "Traceback", "root:", "/tmp")):
        found.append(f"message {outcome.message!r}")
    if outcome.seconds > MAX_SECONDS:
        found.append(f"took {outcome.seconds:.1f} s")
    if outcome.mb > MAX_MB:
        found.append(f"took {outcome.mb} MB")
    return found


@contextmanager
def canary() -> Iterator[list[str]]:
    """Collect what reached the outside: a connection to the port, a file in the folder."""
    hits: list[str] = []
    folder = Path(tempfile.gettempdir(), CANARY_FOLDER)
    before = set(folder.rglob("*"))
    server = socket.create_server(("127.0.0.1", CANARY_PORT))
    server.settimeout(0.2)
    done = threading.Event()

    def listen() -> None:
        while not done.is_set():
            try:
                server.accept()[0].close()
                hits.append(f"a request reached port {CANARY_PORT}")
            except TimeoutError:
                continue

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield hits
    finally:
        done.set()
        thread.join()
        server.close()
        hits += [f"{path} was written" for path in set(folder.rglob("*")) - before]


def judge(cases: list[dict[str, Any]], corpus: Path) -> Counter[str]:
    """Run the cases one after another, print a line for each; count right and wrong."""
    counts: Counter[str] = Counter()
    spawn = get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, max_tasks_per_child=1) as pool:
        for case in cases:
            source = corpus / (CONTROL if case.get("virtual") else case["file"])
            # a name sent through the API is data as it stands, a file's folder is not its name
            name = case["file"] if case.get("virtual") else source.name
            outcome = pool.submit(run_case, source, name, case["family"] == "race").result()
            wrong = faults(case, outcome)
            counts["wrong" if wrong else "right"] += 1
            print(line(case, outcome, wrong), flush=True)
    return counts


def line(case: dict[str, Any], outcome: Outcome, wrong: list[str]) -> str:
    """Return one case's line of the report."""
    verdict = "WRONG" if wrong else "right"
    said = outcome.message or f"{outcome.duration:.1f} s {'; '.join(outcome.notices)}"
    cost = f"{outcome.seconds:5.1f} s {outcome.mb:4d} MB"
    text = f"{verdict} {cost} {case['file'][:40]:40} {outcome.code or 'measured':14} {said}"
    return text + (f"  <- {'; '.join(wrong)}" if wrong else "")


def main(argv: list[str]) -> int:
    """Run every case whose family is read here; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hostile", description=__doc__)
    parser.add_argument("corpus", type=Path, help="folder with cases.json")
    parser.add_argument("--only", default="", help="run cases whose file contains this text")
    arguments = parser.parse_args(argv)
    listing = arguments.corpus / "cases.json"
    if not listing.is_file():
        print(f"{listing} is not there; nothing was judged", file=sys.stderr)
        return 2
    every = json.loads(listing.read_text())
    # text feeds the caption parser, the exporters and the analyzer, which have tests of their own
    cases = [case for case in every if case["family"] != "text" and arguments.only in case["file"]]
    with canary() as hits:
        counts = judge(cases, arguments.corpus)
    families = Counter(case["family"] for case in cases)
    skipped = Counter(case["family"] for case in every if case["family"] == "text")
    print("families run:", ", ".join(f"{name} {count}" for name, count in families.items()))
    print("families not run:", ", ".join(f"{name} {count}" for name, count in skipped.items()))
    print(f"{counts['right']} of {len(cases)} right", *hits, sep="; ")
    return 1 if counts["wrong"] or hits or not cases else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
