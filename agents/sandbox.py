"""Where programs that read an upload run: with few rights, little memory and a deadline."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from agents.children import deadline, exchange, pumps, read_output, reaped
from agents.errors import MediaError, ServiceUnavailable, StageError

logger = logging.getLogger(__name__)

Mode = Literal["auto", "require", "off"]

LAUNCHER = Path(__file__).with_name("confine.py")
SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/fonts")
SYSTEM += ("/dev/null", "/dev/urandom", "/proc/self", "/proc/cpuinfo")
MAX_FILE_BYTES = 16 << 30
STDERR_LINES = 40
OUT_OF_MEMORY = ("MemoryError", "Cannot allocate memory", "Unable to allocate", "bad_alloc")

MEMORY = {"MALLOC_ARENA_MAX": "2", "GLIBC_TUNABLES": "glibc.malloc.mxfast=0"}
"""Freed memory is not sorted for reuse again and again, and not given back for a moment only..."""
MEMORY |= {"MALLOC_MMAP_THRESHOLD_": str(64 << 20), "MALLOC_TRIM_THRESHOLD_": str(128 << 20)}
"""... as long as it is little: together that takes a tenth off what reading a lecture costs."""
WIDE = {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"}

END_S = 5.0
"""A child that is asked nothing more has this long to end."""

Ask = Callable[[bytes, Callable[[bytes], None], float], None]

_mode: Mode = "auto"


def use_sandbox(mode: Mode) -> None:
    """Choose what happens where the sandbox is incomplete: `auto` warns, `require` refuses.

    `off` leaves only the limits of time and memory, for debugging.
    """
    global _mode
    missing = ("switched off",) if mode == "off" else missing_protection()
    if missing and mode == "require":
        message = f"the sandbox is required but incomplete here: {'; '.join(missing)}"
        raise ServiceUnavailable(message, code="sandbox")
    if missing:
        logger.warning("sandbox incomplete", extra={"missing": "; ".join(missing)})
    _mode = mode


@cache
def missing_protection() -> tuple[str, ...]:
    """Return what this kernel cannot enforce, in plain words; empty when all of it."""
    spec = _spec([], None, cpu_s=10, memory_bytes=2 << 30) | {"check": True, "off": False}
    answer = subprocess.run(
        _command(spec), stdin=subprocess.DEVNULL, capture_output=True, check=True
    )
    return tuple(json.loads(answer.stdout))


def run_sandboxed(
    argv: Sequence[str],
    *,
    read: Sequence[Path],
    write: Path | None,
    cpu_s: float,
    wall_s: float,
    memory_bytes: int = 2 << 30,
    on_line: Callable[[str], None] | None = None,
    stdin: bytes | None = None,
) -> bytes:
    """Run the program `argv[0]` confined to `read` and the folder `write`; return its stdout.

    With `on_line`, each line of stdout is handed over as it comes and nothing is returned.
    """
    spec = _spec([Path(argv[0]), *read], write, cpu_s=cpu_s, memory_bytes=memory_bytes)
    spec["args"] = list(argv)
    return _run(spec, wall_s, on_line, stdin)


def run_module(
    module: str,
    args: Sequence[str],
    *,
    read: Sequence[Path],
    write: Path | None,
    cpu_s: float,
    wall_s: float,
    memory_bytes: int = 2 << 30,
    on_line: Callable[[str], None] | None = None,
    stdin: bytes | None = None,
) -> bytes:
    """Run `main(args)` of a module of `agents`, with PyAV loaded, as `run_sandboxed` does."""
    spec = _spec(read, write, cpu_s=cpu_s, memory_bytes=memory_bytes)
    spec |= {"module": module, "args": list(args), "preload": ["numpy", "av"]}
    return _run(spec, wall_s, on_line, stdin)


@contextmanager
def open_module(
    module: str, *, read: Sequence[Path], cpu_s: float, memory_bytes: int = 2 << 30
) -> Iterator[Ask]:
    """Yield a function that asks a child with `main([])` of a module, confined as `run_module` is.

    `ask(request, on_blob, wall_s)` hands over the parts of the answer. On stdin and stdout each
    part follows its length in bytes; a part without any ends the answer.
    """
    spec = _spec(read, None, cpu_s=cpu_s, memory_bytes=memory_bytes)
    spec |= {"module": module, "preload": ["av"]}
    process, tail = _start(spec, subprocess.PIPE), deque[str](maxlen=STDERR_LINES)
    with reaped(process), pumps(process, tail, None):

        def ask(request: bytes, on_blob: Callable[[bytes], None], wall_s: float) -> None:
            with deadline(process, wall_s) as late:
                complete = exchange(process, request, on_blob)
                if not complete:
                    process.wait()
            if not complete or late.is_set():
                raise _failure(process.returncode, "\n".join(tail), late.is_set(), spec, wall_s)

        try:
            yield ask
        finally:
            assert process.stdin is not None
            with suppress(BrokenPipeError):
                process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                process.wait(END_S)


@cache
def _library_folders() -> tuple[str, ...]:
    found = (find_spec(name) for name in ("numpy", "av"))
    origins = [spec.origin for spec in found if spec and spec.origin]
    return tuple(dict.fromkeys(str(Path(origin).parents[1]) for origin in origins))


def _spec(
    read: Sequence[Path], write: Path | None, *, cpu_s: float, memory_bytes: int
) -> dict[str, Any]:
    package = str(LAUNCHER.parent)
    interpreter = (sys.prefix, sys.base_prefix, *_library_folders(), package)
    folders = [] if write is None else [write if write.is_dir() else write.parent]
    return {
        "module": None,
        "args": [],
        "preload": [],
        "package": package,
        "paths": _library_folders(),
        "parent": os.getpid(),
        "read": [*SYSTEM, *interpreter, *(str(path.resolve()) for path in read)],
        "write": ["/dev/null", *(str(folder.resolve()) for folder in folders)],
        "limits": {
            "RLIMIT_AS": memory_bytes,
            "RLIMIT_CPU": max(1, round(cpu_s)),
            "RLIMIT_FSIZE": MAX_FILE_BYTES,
            "RLIMIT_NOFILE": 256,
            "RLIMIT_CORE": 0,
        },
        "require": _mode == "require",
        "off": _mode == "off",
        "check": False,
    }


def _command(spec: dict[str, Any]) -> list[str]:
    return [sys.executable, "-I", "-S", str(LAUNCHER), json.dumps(spec)]


def _environment(folder: str) -> dict[str, str]:
    places = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": folder, "TMPDIR": folder}
    return places | MEMORY | working_environment()


@cache
def working_environment() -> dict[str, str]:
    """Return what makes numpy work on one thread, with all that the processor can do.

    OpenBLAS knows newer AMD processors by no name and leaves their wide registers unused, which
    takes a third longer.
    """
    one = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    processor = Path("/proc/cpuinfo")
    words = processor.read_text().split() if processor.exists() else []
    wide = set(words) >= WIDE
    return one | ({"OPENBLAS_CORETYPE": "SkylakeX"} if wide else {})


def _start(spec: dict[str, Any], stdin: int) -> subprocess.Popen[bytes]:
    folder = spec["write"][-1]
    return subprocess.Popen(
        _command(spec),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder if os.path.isdir(folder) else "/",  # noqa: PTH112
        env=_environment(folder),
        start_new_session=True,
    )


def _run(
    spec: dict[str, Any],
    wall_s: float,
    on_line: Callable[[str], None] | None,
    stdin: bytes | None,
) -> bytes:
    process = _start(spec, subprocess.DEVNULL if stdin is None else subprocess.PIPE)
    tail: deque[str] = deque(maxlen=STDERR_LINES)
    with (
        reaped(process),
        deadline(process, wall_s) as late,
        pumps(process, tail, stdin),
    ):
        out = read_output(process, on_line)
        process.wait()
    if process.returncode or late.is_set():
        raise _failure(process.returncode, "\n".join(tail), late.is_set(), spec, wall_s)
    return out


def _failure(
    status: int, tail: str, late: bool, spec: dict[str, Any], wall_s: float
) -> MediaError | StageError:
    what = spec["module"] or Path(spec["args"][0]).name
    logger.warning("sandboxed child failed", extra={"what": what, "status": status, "tail": tail})
    cpu_s = spec["limits"]["RLIMIT_CPU"]
    memory_gb = spec["limits"]["RLIMIT_AS"] / (1 << 30)
    if late:
        return MediaError(f"the recording could not be read within {wall_s:.0f} s")
    if status == -signal.SIGXCPU or f"received signal {signal.SIGXCPU:d}" in tail:
        return MediaError(f"reading the recording needs more than {cpu_s} s of processor time")
    if any(word in tail for word in OUT_OF_MEMORY):
        return MediaError(f"reading the recording needs more than {memory_gb:.1f} GB of memory")
    if status == -signal.SIGXFSZ or "File too large" in tail:
        return MediaError(f"the recording would fill more than {MAX_FILE_BYTES >> 30} GB")
    if "No space left on device" in tail:
        return StageError("the disk is full; free some space and retry", code="no_space")
    if status in (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGFPE, -signal.SIGILL):
        return MediaError("the recording is damaged in a way that stops the decoder")
    if status == -signal.SIGKILL:
        return StageError("the process that read the recording was killed")
    return StageError(f"the process that read the recording stopped with status {status}")
