"""Keep processes from outliving the one that needs them."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

_PR_SET_PDEATHSIG = 1

# Runs before an outside program: asks the kernel for its death with the parent, then becomes it.
_LEASH = (
    "import ctypes,os,sys\n"
    "if sys.platform=='linux': ctypes.CDLL(None).prctl(1,9)\n"
    "if os.getppid()!=int(sys.argv[1]): sys.exit(1)\n"
    "os.execvp(sys.argv[2],sys.argv[2:])\n"
)


def leashed(argv: list[str]) -> list[str]:
    """Return a command that runs `argv` and, on Linux, dies with the thread that starts it."""
    return [sys.executable, "-I", "-S", "-c", _LEASH, str(os.getpid()), *argv]


def die_with_parent(sig: int = signal.SIGKILL) -> None:
    """Ask Linux to send `sig` to this process when its parent's thread ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, sig)


def watch_parent(parent: int, on_orphaned: Callable[[], None], *, every_s: float = 0.5) -> None:
    """Call `on_orphaned` from a thread once this process is no longer a child of `parent`."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(every_s)
        on_orphaned()

    threading.Thread(target=look, name="orphan-watchdog", daemon=True).start()


def descendants(pid: int) -> list[int]:
    """Return every living child of `pid`, their children included."""
    children = defaultdict[int, list[int]](list)
    for child, parent in _parents():
        children[parent].append(child)
    found, open_ends = list[int](), [pid]
    while open_ends:
        below = children[open_ends.pop()]
        found += below
        open_ends += below
    return found


def kill_tree(pid: int, sig: int = signal.SIGKILL) -> None:
    """Send `sig` to `pid`, its process group if it leads one, and all its descendants."""
    below = descendants(pid)  # before the kill: orphans are handed to another parent
    if pid != os.getpid():  # it comes first, or it would see its children die and say so
        _send(lambda: os.killpg(pid, sig))
        _send(lambda: os.kill(pid, sig))
    for one in below:
        _send(lambda one=one: os.kill(one, sig))
    if pid == os.getpid():
        _send(lambda: os.killpg(pid, sig))
        os.kill(pid, sig)


def is_alive(pid: int) -> bool:
    """Say whether a process with this id exists and is no zombie."""
    return any(found == pid for found, _ in _parents())


def _send(kill: Callable[[], None]) -> None:
    try:
        kill()
    except (ProcessLookupError, PermissionError):
        return  # gone already, or the id belongs to somebody else by now


def _parents() -> list[tuple[int, int]]:
    """Return (pid, parent pid) of every process that is no zombie."""
    if sys.platform == "linux":
        return [pair for entry in Path("/proc").iterdir() if (pair := _parent_of(entry))]
    table = subprocess.run(
        ["ps", "-axo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True
    )
    rows = (line.split() for line in table.stdout.splitlines())
    return [(int(pid), int(parent)) for pid, parent, state in rows if not state.startswith("Z")]


def _parent_of(entry: Path) -> tuple[int, int] | None:
    if not entry.name.isdigit():
        return None
    try:
        text = (entry / "stat").read_text()
    except OSError:
        return None  # ended while we looked
    state, parent, *_ = text.rpartition(")")[2].split()  # the name before may hold anything
    return None if state == "Z" else (int(entry.name), int(parent))
