"""Starting the processes of `tests.data.children`."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def start(role, *args):
    command = [sys.executable, "-m", "tests.data.children", role, *map(str, args)]
    return subprocess.Popen(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def finish_all(processes):
    """Return what each printed, once all have ended."""
    outcomes = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), outcomes
    return [out for out, _ in outcomes]


def finish(process, *, timeout=60):
    """Return what the process printed; fail with its traceback if it failed."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    assert process.returncode == 0, err
    return out
