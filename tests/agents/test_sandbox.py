"""The sandbox takes away files, sockets, memory and time, and says so when it cannot."""

import contextlib
import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agents import sandbox
from agents.errors import MediaError, ServiceUnavailable, StageError
from agents.sandbox import missing_protection, run_sandboxed, use_sandbox, working_environment

spec = importlib.util.spec_from_file_location("confine", sandbox.LAUNCHER)
assert spec
assert spec.loader
confine = importlib.util.module_from_spec(spec)
spec.loader.exec_module(confine)


def run_python(code, *, read=(), write=None, cpu_s=10.0, wall_s=20.0, **options):
    # -S: the site hooks of the test environment are none of the child's business
    argv = [str(Path(sys.executable).resolve()), "-I", "-S", "-c", code]
    return run_sandboxed(argv, read=read, write=write, cpu_s=cpu_s, wall_s=wall_s, **options)


def is_gone(group):
    """Wait up to 3 s until no process of the group runs; the dead may wait for init."""
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        states = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                state, _, owner = stat.read_text().rsplit(")", 1)[1].split()[:3]
                states += [state] if int(owner) == group else []
        if all(state in "ZX" for state in states):
            return True
        time.sleep(0.05)
    return False


def attempt(action):
    return f"""
import os, socket
try:
    {action}
    print("done")
except OSError as error:
    print(error.errno)
"""


@pytest.fixture
def landlocked():
    if any("andlock" in step for step in missing_protection()):
        pytest.skip(f"LOUD: this kernel cannot confine files: {missing_protection()}")


@pytest.fixture
def filtered():
    if any("seccomp" in step for step in missing_protection()):
        pytest.skip(f"LOUD: this kernel cannot filter system calls: {missing_protection()}")


def test_what_is_missing_is_named_in_words_and_nothing_else_is_missing():
    assert all(isinstance(step, str) and step for step in missing_protection())
    if sys.platform == "linux":
        allowed = ("Landlock is not in this kernel", "seccomp")
        assert all(step.startswith(allowed) for step in missing_protection())


def test_a_child_returns_its_output():
    assert run_python("print(6 * 7)") == b"42\n"


def test_a_child_hears_its_input():
    echo = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])"
    assert run_python(echo, stdin=b"abc" * 100_000) == b"cba" * 100_000


def test_lines_arrive_one_by_one_while_the_child_runs():
    heard = []
    code = "import time\nfor i in range(3): print('line', i, flush=True); time.sleep(0.2)"
    out = run_python(code, on_line=lambda line: heard.append((line, time.monotonic())))
    assert out == b""
    assert [line for line, _ in heard] == ["line 0", "line 1", "line 2"]
    assert heard[2][1] - heard[0][1] > 0.3


@pytest.mark.usefixtures("landlocked")
def test_a_child_reads_what_it_was_given_and_nothing_beside_it(tmp_path):
    (tmp_path / "own").write_text("own")
    (tmp_path / "neighbour").write_text("neighbour")
    code = attempt(f"print(open('{tmp_path}/own').read()); open('{tmp_path}/neighbour')")
    assert run_python(code, read=[tmp_path / "own"]) == b"own\n13\n"
    assert run_python(attempt("open('/etc/passwd')")) == b"13\n"
    assert run_python(attempt("os.listdir('/root')")) == b"13\n"


@pytest.mark.usefixtures("landlocked")
def test_a_child_writes_into_its_folder_and_nowhere_else(tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    code = attempt(f"open('{inside}/a', 'w').write('x'); open('{outside}/b', 'w')")
    assert run_python(code, write=inside) == b"13\n"
    assert (inside / "a").read_text() == "x"
    assert list(outside.iterdir()) == []


@pytest.mark.usefixtures("landlocked")
def test_a_child_may_not_overwrite_what_it_reads(tmp_path):
    upload = tmp_path / "upload"
    upload.write_text("original")
    for action in (
        f"open('{upload}', 'w')",
        f"os.truncate('{upload}', 0)",
        f"os.unlink('{upload}')",
    ):
        assert run_python(attempt(action), read=[upload]) == b"13\n"
    assert upload.read_text() == "original"


@pytest.mark.usefixtures("landlocked")
@pytest.mark.parametrize("call", ["os.symlink('/etc/passwd', {0!r})", "os.mkfifo({0!r})"])
def test_a_child_leaves_plain_files_only(tmp_path, call):
    assert run_python(attempt(call.format(str(tmp_path / "planted"))), write=tmp_path) == b"13\n"
    assert list(tmp_path.iterdir()) == []


def test_switched_off_only_the_limits_remain_and_it_is_said(tmp_path, caplog):
    (tmp_path / "neighbour").write_text("neighbour")
    try:
        use_sandbox("off")
        assert run_python(f"print(open('{tmp_path}/neighbour').read())") == b"neighbour\n"
        with pytest.raises(MediaError, match="processor time"):
            run_python("while True: pass", cpu_s=1)
    finally:
        use_sandbox("auto")
    assert caplog.records[0].missing == "switched off"


@pytest.mark.usefixtures("filtered")
@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"])
def test_a_child_has_no_socket_of_any_family(family):
    assert run_python(attempt(f"socket.socket(socket.{family}, socket.SOCK_DGRAM)")) == b"13\n"


@pytest.mark.usefixtures("filtered")
def test_a_child_cannot_signal_its_parent():
    assert run_python(attempt("os.kill(os.getppid(), 0)")) == b"1\n"


def test_a_child_inherits_neither_environment_nor_open_files(monkeypatch, tmp_path):
    monkeypatch.setenv("LECTURE_SECRET", "hunter2")
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        code = "import os; print('LECTURE_SECRET' in os.environ, os.listdir('/proc/self/fd'))"
        answer = run_python(code).decode()
    assert answer.startswith("False")
    assert str(file.fileno() if not file.closed else 99) not in answer
    assert answer.count("'") <= 2 * 4  # stdin, stdout, stderr and the listing itself


def test_a_child_runs_at_low_priority_in_a_group_of_its_own():
    code = "import os; print(os.nice(0), os.getpgid(0) == os.getpid())"
    nice, own = run_python(code).split()
    assert int(nice) >= 10
    assert own == b"True"


def test_too_much_processor_time_is_a_plain_media_error():
    with pytest.raises(MediaError, match=r"needs more than 1 s of processor time"):
        run_python("while True: pass", cpu_s=1)


def test_too_much_memory_is_a_plain_media_error():
    with pytest.raises(MediaError, match=r"needs more than 0\.2 GB of memory"):
        run_python("b = bytearray(1 << 30)", memory_bytes=1 << 28)


def test_a_late_child_is_killed_with_everything_it_started(tmp_path):
    code = "import os, time\nprint(os.getpid(), flush=True)\nos.fork()\ntime.sleep(60)"
    heard = []
    began = time.monotonic()
    with pytest.raises(MediaError, match=r"within 1 s"):
        run_python(code, wall_s=1, on_line=heard.append)
    assert time.monotonic() - began < 5
    assert is_gone(int(heard[0]))


def test_a_crash_is_the_recordings_fault_and_an_error_code_is_ours():
    with pytest.raises(MediaError, match="damaged"):
        run_python("import os; os.abort()")
    with pytest.raises(StageError, match="status 3"):
        run_python("raise SystemExit(3)")


def test_what_the_child_wrote_about_its_failure_is_logged_and_not_in_the_message(caplog):
    with pytest.raises(StageError) as caught:
        run_python("import sys; sys.exit('secret path /srv/x')")
    assert "secret" not in caught.value.message
    assert any("secret path" in getattr(record, "tail", "") for record in caplog.records)


def test_a_listener_that_gives_up_leaves_no_child_behind():
    heard = []

    def listen(line):
        heard.append(line)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_python("import os,time; print(os.getpid(), flush=True); time.sleep(60)", on_line=listen)
    assert is_gone(int(heard[0]))


def test_a_child_dies_with_its_parent(tmp_path):
    code = f"""
import sys, threading, os
sys.path.insert(0, {str(sandbox.LAUNCHER.parents[1])!r})
from agents.sandbox import run_sandboxed
code = "import os,time; print(os.getpid(), flush=True); time.sleep(60)"
def heard(line):
    print(line, flush=True)
    os._exit(0)
argv = [{str(Path(sys.executable).resolve())!r}, "-I", "-S", "-c", code]
run_sandboxed(argv, read=[], write=None, cpu_s=5, wall_s=60, on_line=heard)
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert is_gone(int(answer.stdout))


def test_require_refuses_where_a_step_is_missing_and_auto_warns(monkeypatch, caplog):
    monkeypatch.setattr(sandbox, "missing_protection", lambda: ("Landlock is not in this kernel",))
    with pytest.raises(ServiceUnavailable, match="Landlock is not in this kernel") as caught:
        use_sandbox("require")
    assert caught.value.code == "sandbox"
    use_sandbox("auto")
    assert "sandbox incomplete" in caplog.messages


def test_require_holds_for_every_child(monkeypatch):
    monkeypatch.setattr(sandbox, "_mode", "require")
    if missing_protection():
        with pytest.raises(StageError):
            run_python("print(1)")
    else:
        assert run_python("print(1)") == b"1\n"


@pytest.mark.parametrize(("abi", "bits"), [(1, 13), (2, 14), (3, 15), (4, 15), (5, 16), (7, 16)])
def test_each_landlock_version_is_asked_only_for_rights_it_knows(abi, bits):
    assert confine.file_rights(abi) == (1 << bits) - 1


def interpret(program, architecture, number):
    """Run a seccomp program as the kernel would; return its verdict."""
    import struct

    lines = [struct.unpack_from("HBBI", program, i) for i in range(0, len(program), 8)]
    at, register = 0, 0
    while True:
        code, yes, no, value = lines[at]
        at += 1
        if code == 0x20:
            register = {0: number, 4: architecture}[value]
        elif code == 0x15:
            at += yes if register == value else no
        elif code == 0x35:
            at += yes if register >= value else no
        else:
            return value


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_syscall_filter_refuses_its_list_and_allows_the_rest(machine):
    program = confine.syscall_filter(machine)
    audit, column = confine.ARCHITECTURES[machine]
    for *numbers, errno in confine.SYSCALLS.values():
        assert interpret(program, audit, numbers[column]) == 0x50000 | errno
    assert interpret(program, audit, 0 if machine == "x86_64" else 63) == 0x7FFF0000  # read
    assert interpret(program, 0x40000003, 102) == 0x80000000  # i386 socketcall
    if machine == "x86_64":
        assert interpret(program, audit, 0x40000000 + 41) == 0x80000000  # x32 socket


@pytest.mark.parametrize(("flags", "wide"), [(set(), True), ({"no such feature"}, False)])
def test_numpy_is_told_of_wide_registers_only_where_the_processor_has_them(
    monkeypatch, flags, wide
):
    monkeypatch.setattr(sandbox, "WIDE", flags)
    environment = working_environment.__wrapped__()
    assert environment["OPENBLAS_NUM_THREADS"] == "1"
    assert ("OPENBLAS_CORETYPE" in environment) == wide
