"""The program that `agents.sandbox` starts: it gives up every power, then does one thing.

Run by path with `python -I -S`, never imported by the product: it knows nothing but the standard
library. Linux loses files, sockets and other processes; elsewhere the limits are what remains.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import platform
import resource
import struct
import sys
import types
from collections.abc import Sequence
from typing import Any

LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
SPECIAL_FILES = 1 << 6 | 0b1111 << 9
"""Making devices, sockets, pipes and symbolic links: what the parent reads must be plain files."""
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
EPERM, EACCES = 1, 13

ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
SYSCALLS = {
    # name: (x86-64, arm64), errno
    "socket": (41, 198, EACCES),
    "kill": (62, 129, EPERM),
    "ptrace": (101, 117, EPERM),
    "mount": (165, 40, EPERM),
    "add_key": (248, 217, EPERM),
    "request_key": (249, 218, EPERM),
    "keyctl": (250, 219, EPERM),
    "unshare": (272, 97, EPERM),
    "perf_event_open": (298, 241, EPERM),
    "open_by_handle_at": (304, 265, EPERM),
    "setns": (308, 268, EPERM),
    "process_vm_readv": (310, 270, EPERM),
    "process_vm_writev": (311, 271, EPERM),
    "bpf": (321, 280, EPERM),
    "userfaultfd": (323, 282, EPERM),
    "pidfd_send_signal": (424, 424, EPERM),
    "io_uring_setup": (425, 425, EPERM),
    "pidfd_getfd": (438, 438, EPERM),
}


class Missing(Exception):
    """This kernel cannot take the step."""


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, step: str) -> int:
    if result < 0:
        raise Missing(f"{step}: {os.strerror(ctypes.get_errno())}")
    return result


def limit(spec: dict[str, Any]) -> None:
    """Set the rlimits and lower the priority."""
    os.nice(10)
    for name, value in spec["limits"].items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        wanted = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # the soft limit of CPU sends SIGXCPU, which can be told from a kill from outside
        ceiling = wanted + 5 if name == "RLIMIT_CPU" and hard == resource.RLIM_INFINITY else wanted
        try:
            resource.setrlimit(kind, (wanted, ceiling))
        except (ValueError, OSError) as error:  # macOS refuses RLIMIT_AS
            if sys.platform == "linux":
                raise Missing(f"{name}: {error}") from error


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when the thread that started it ends."""
    _check(_libc().prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0), "PDEATHSIG")
    if os.getppid() != parent:  # it ended before the request was made
        os._exit(1)


def renounce_privileges() -> None:
    """Make setuid programs and file capabilities powerless; Landlock and seccomp need it."""
    _check(_libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


def landlock_abi() -> int:
    """Return the version of Landlock that the kernel has, 0 when it has none."""
    return max(0, _libc().syscall(LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1))


def file_rights(abi: int) -> int:
    """Return every file right that this version can take away."""
    rights = REFER - 1
    for version, right in ((2, REFER), (3, TRUNCATE), (5, IOCTL_DEV)):
        rights |= right if abi >= version else 0
    return rights


def _ruleset(abi: int) -> bytes:
    network = 3 if abi >= 4 else 0  # bind and connect TCP
    scopes = 3 if abi >= 6 else 0  # abstract unix sockets, signals
    return struct.pack("QQQ", file_rights(abi), network, scopes)[: 24 if abi >= 6 else 16]


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no permission
    try:
        if not os.path.isdir(path):  # noqa: PTH112
            rights &= FILE_RIGHTS
        rule = struct.pack("=Qi", rights, handle)
        _check(_libc().syscall(LANDLOCK_ADD, ruleset, 1, rule, 0), "landlock rule")
    finally:
        os.close(handle)


def restrict_files(read: Sequence[str], write: Sequence[str]) -> None:
    """Let this process open nothing but what is below `read` and `write`."""
    abi = landlock_abi()
    if abi < 1:
        raise Missing("Landlock is not in this kernel")
    attributes = _ruleset(abi)
    ruleset = _check(
        _libc().syscall(LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0),
        "landlock ruleset",
    )
    every = file_rights(abi)
    for path in read:
        _allow(ruleset, path, EXECUTE | READ_FILE | READ_DIR)
    for path in write:
        _allow(ruleset, path, every & ~EXECUTE & ~SPECIAL_FILES)
    _check(_libc().syscall(LANDLOCK_RESTRICT, ruleset, 0), "landlock")
    os.close(ruleset)


def syscall_filter(machine: str) -> bytes:
    """Return the BPF program: refuse `SYSCALLS`, kill whoever speaks another architecture."""
    audit, column = ARCHITECTURES[machine]
    kill, allow, refuse = 0x80000000, 0x7FFF0000, 0x00050000
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    program = [(load, 0, 0, 4), (equal, 1, 0, audit), (give, 0, 0, kill), (load, 0, 0, 0)]
    if machine == "x86_64":  # x32 shares the architecture's number and shifts every call
        program += [(at_least, 0, 1, 0x40000000), (give, 0, 0, kill)]
    for *numbers, errno in SYSCALLS.values():
        program += [(equal, 0, 1, numbers[column]), (give, 0, 0, refuse | errno)]
    program.append((give, 0, 0, allow))
    return b"".join(struct.pack("HBBI", *line) for line in program)


def restrict_syscalls() -> None:
    """Refuse sockets of every family and the calls that reach other processes or the kernel."""
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        raise Missing(f"seccomp has no table for {machine}")
    code = ctypes.create_string_buffer(syscall_filter(machine))
    program = struct.pack("HxxxxxxP", (len(code) - 1) // 8, ctypes.addressof(code))
    buffer = ctypes.create_string_buffer(program)
    pointer = ctypes.c_void_p(ctypes.addressof(buffer))
    _check(_libc().prctl(PR_SET_SECCOMP, 2, pointer, 0, 0), "seccomp")


def confine(spec: dict[str, Any]) -> list[str]:
    """Take every step that this machine knows; return the ones that could not be taken."""
    steps = [lambda: limit(spec)]
    if sys.platform == "linux":
        steps.append(lambda: die_with_parent(spec["parent"]))
    if sys.platform == "linux" and not spec["off"]:
        steps += [
            renounce_privileges,
            lambda: restrict_files(spec["read"], spec["write"]),
            restrict_syscalls,
        ]
    missing = [] if sys.platform == "linux" else [f"no Landlock or seccomp on {sys.platform}"]
    for step in steps:
        try:
            step()
        except Missing as error:
            missing.append(str(error))
    return missing


def _load(spec: dict[str, Any]) -> types.ModuleType:
    # without its own folder's parent on the path, which must not be listed
    package = types.ModuleType("agents")
    package.__path__ = [spec["package"]]
    sys.modules["agents"] = package
    sys.path += [path for path in spec["paths"] if path not in sys.path]
    for name in spec["preload"]:
        importlib.import_module(name)
    return importlib.import_module(spec["module"])


def main() -> None:
    """Load, confine, then run the module's `main` or become the program."""
    spec = json.loads(sys.argv[1])
    # imported before any power is lost: our own code, which has met no untrusted byte yet
    module = _load(spec) if spec["module"] else None
    missing = confine(spec)
    if spec["check"]:
        print(json.dumps(missing))  # noqa: T201
        return
    if missing and spec["require"]:
        sys.exit(f"the sandbox is not complete: {'; '.join(missing)}")
    if module is not None:
        module.main(spec["args"])
    else:
        os.execve(spec["args"][0], spec["args"], dict(os.environ))


if __name__ == "__main__":
    main()
