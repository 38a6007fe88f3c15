"""`lecture admin export-person` and `erase-person`: one person's data, whole or gone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from agents.errors import TuningError
from app.commands.opening import opened_services
from app.commands.options import State
from data.disk import atomic_file

Who = Annotated[str, Parameter(help="E-mail address or name that the person signs in with.")]


def export_person(
    who: Who,
    *,
    to: Annotated[Path, Parameter(help="Zip file that is written.")],
    state: State = None,
) -> int:
    """Write all that is known of a person, their lectures included, to a zip file."""
    with opened_services(state) as services:
        _, blocks = services.personal.archive(services.accounts.person(who).id)
        target = to.expanduser().absolute()
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(target) as file:
            Path(file.name).chmod(0o600)
            for block in blocks:
                file.write(block)
        print(f"{to}: {target.stat().st_size / 1e6:.1f} MB")
    return 0


def erase_person(
    who: Who,
    *,
    heir: Annotated[
        str, Parameter(help="Who gets the lectures; without one they are erased too.")
    ] = "",
    yes: Annotated[bool, Parameter(help="Do not ask.", negative=())] = False,
    state: State = None,
) -> int:
    """Erase a person's account, data and lectures for good; killed, it goes on when asked again."""
    with opened_services(state) as services:
        if services.personal.go_on():
            print("an erase that was interrupted has come to its end")
        person = services.accounts.person(who)
        heir_id = services.accounts.person(heir).id if heir else None
        if not yes and _typed(person.name, heir) != person.name:
            raise TuningError("Nothing is erased: the name was not typed.")
        services.personal.erase(person.id, heir_id)
        print("erased; copies in backups are yours to remove")
    return 0


def _typed(name: str, heir: str) -> str:
    """Ask for the name, or take the first line of what is piped in."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    what = f"their lectures go to {heir}" if heir else "their lectures are erased too"
    return input(f"{name} is erased for good; {what}. Type the name: ").strip()
