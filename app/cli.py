"""The command `lecture`; every command is imported when it is called, so help is instant."""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cyclopts import App, CycloptsError, MissingArgumentError

if TYPE_CHECKING:
    from cyclopts.argument import Argument

    from agents.errors import LectureError

BAD_INPUT = 2
BAD_CODES = ("bad_setting", "bad_labels")
INTERRUPTED = 130
OF_FILES = (
    *(errno.ENAMETOOLONG, errno.EACCES, errno.EPERM, errno.EROFS),
    *(errno.ENOSPC, errno.EDQUOT, errno.EIO),
)
"""Why a file cannot be read or written that are no fault of ours: told without a traceback."""

COMMANDS = {
    "demo": "Run the bundled sample lecture through the real queue, then serve it for review.",
    "highlights": "Turn recordings into highlight clips, without server or Redis.",
    "serve": "Start everything on this machine: broker, workers and the app.",
    "worker": "Add one worker to a running `lecture serve` or to a shared Redis.",
    "evaluate": "Say how right silence, layout, slides or words are on labelled recordings.",
    "sweep": "Try one or two parameters over a grid on lectures that are analysed.",
    "fit": "Propose weights from the clips that were accepted, rejected and changed.",
    "admin": "Look after accounts, keys and sessions.",
    "doctor": "Say what is there on this machine, what is missing and what that costs.",
    "migrate": "Bring the store to the newest schema, or back.",
}


def version() -> str:
    """Return the installed version."""
    from importlib.metadata import version as installed

    return installed("lecture-highlights")


app = App(
    name="lecture",
    help="Turn long lecture recordings into a few highlight clips, and see why they were chosen.",
    version=version,
    help_format="plaintext",
    exit_on_error=False,
    print_error=False,
    suppress_keyboard_interrupt=False,
    result_action="return_value",
)
for _name, _help in COMMANDS.items():
    app.command(f"app.commands.{_name}:{_name}", name=_name, help=_help)


def main(tokens: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0 done, 2 bad input, 1 anything else, 130 interrupted."""
    sys.exit(run(sys.argv[1:] if tokens is None else tokens))


def run(tokens: Sequence[str]) -> int:
    """Run a command and return its exit code; a failure is one sentence on stderr."""
    try:
        result = app(tokens)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return INTERRUPTED
    except CycloptsError as error:
        print(f"lecture: {_sentence(error)}", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        return 1
    except Exception as error:  # noqa: BLE001 - explain raises what it does not know
        return explain(error)
    return result if isinstance(result, int) else 0


def _sentence(error: CycloptsError) -> str:
    """Return what is wrong with a call; of pydantic's report, the first flag and its fault."""
    if isinstance(error, MissingArgumentError) and error.argument and not error.keyword:
        return _needed(error.argument, error.command_chain or ())
    cause = error.__cause__
    if "pydantic_core" not in sys.modules or cause is None:
        return " ".join(str(error).split())
    from pydantic import ValidationError

    if not isinstance(cause, ValidationError):
        return " ".join(str(error).split())
    first = cause.errors(include_url=False)[0]
    flag = ".".join(map(str, first["loc"])).replace("_", "-")
    given = f" (got {first['input']})" if isinstance(first["input"], str) else ""
    return f"--{flag}: {first['msg'].removeprefix('Value error, ')}{given}"


def _needed(argument: Argument, chain: Sequence[str]) -> str:
    """Return what a call lacks, by the name that the help gives it."""
    command = " ".join(("lecture", *chain))
    by_place = argument.field_info.is_positional
    name = argument.name.lstrip("-").upper() if by_place else argument.name
    return f"{command} needs {name}; `{command} --help` says what it is."


def explain(error: Exception) -> int:
    """Say in one sentence on stderr why a command failed, and return its exit code."""
    from agents.errors import LectureError

    if isinstance(error, OSError) and error.errno in OF_FILES:
        where = f"{str(error.filename)!r}: " if error.filename else ""
        print(f"lecture: {where}{error.strerror}. [file]", file=sys.stderr)
        return 1
    if not isinstance(error, LectureError):
        raise error
    print(f"lecture: {error.message} [{error.code}]", file=sys.stderr)
    return exit_code(error)


def exit_code(error: LectureError) -> int:
    """Return 2 for bad input, 1 for anything else."""
    from agents.errors import MediaError, NotFound, TuningError

    bad_input = isinstance(error, MediaError | TuningError | NotFound)
    return BAD_INPUT if bad_input or error.code in BAD_CODES else 1


if __name__ == "__main__":
    main()
