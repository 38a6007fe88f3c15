"""A child process as its parent sees it: deadline, streams, the parts of an answer, and its end."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

MAX_OUTPUT_BYTES = 1 << 30
"""A child that says more than this is stopped."""
LENGTH_BYTES = 4
"""Bytes of the little-endian length before each part of a child's answer."""


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the child and whatever it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@contextmanager
def reaped(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Leave no child behind."""
    try:
        yield
    finally:
        if process.poll() is None:
            kill_group(process)
            process.wait()


@contextmanager
def deadline(process: subprocess.Popen[bytes], wall_s: float) -> Iterator[threading.Event]:
    """Kill the child when it takes longer; the event tells whether it was."""
    late = threading.Event()

    def stop() -> None:
        late.set()
        kill_group(process)

    timer = threading.Timer(wall_s, stop)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()


@contextmanager
def pumps(
    process: subprocess.Popen[bytes], tail: deque[str], stdin: bytes | None
) -> Iterator[None]:
    """Keep the last lines of the child's stderr in `tail`, and feed it `stdin`; then close all."""
    threads = [threading.Thread(target=_keep_tail, args=(process.stderr, tail), daemon=True)]
    if stdin is not None:
        threads.append(threading.Thread(target=_feed, args=(process.stdin, stdin), daemon=True))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        if process.poll() is None:
            kill_group(process)
        for thread in threads:
            thread.join()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _keep_tail(stream: IO[bytes], tail: deque[str]) -> None:
    while line := stream.readline(4096):
        tail.append(line.decode(errors="replace").rstrip())


def _feed(stream: IO[bytes], content: bytes) -> None:
    try:
        with stream:
            stream.write(content)
    except BrokenPipeError:
        return  # the child had enough


def exchange(
    process: subprocess.Popen[bytes], request: bytes, on_blob: Callable[[bytes], None]
) -> bool:
    """Send a request and hand over the parts of its answer; tell whether all of it came."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(len(request).to_bytes(LENGTH_BYTES, "little") + request)
        process.stdin.flush()
        left = MAX_OUTPUT_BYTES
        while len(prefix := process.stdout.read(LENGTH_BYTES)) == LENGTH_BYTES:
            size = int.from_bytes(prefix, "little")
            if size == 0:
                return True
            left -= size
            if left < 0 or len(blob := process.stdout.read(size)) < size:
                break
            on_blob(blob)
    except BrokenPipeError:
        return False
    except BaseException:
        kill_group(process)  # what is left of this answer must not pass for the next one
        process.wait()  # only from now on does the next request find no one
        raise
    kill_group(process)
    return False


def read_output(process: subprocess.Popen[bytes], on_line: Callable[[str], None] | None) -> bytes:
    """Return what the child prints, or hand over its lines as they come and return nothing."""
    assert process.stdout is not None
    if on_line is not None:
        while line := process.stdout.readline(65536):
            on_line(line.decode(errors="replace").rstrip("\r\n"))
        return b""
    out = process.stdout.read(MAX_OUTPUT_BYTES + 1)
    if len(out) > MAX_OUTPUT_BYTES:
        kill_group(process)
    return out
