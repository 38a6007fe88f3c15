"""`lecture admin retention`: what is kept for how long, and what is due."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from app.commands.opening import opened_services
from app.commands.options import State

SHOWN = 10


def retention(
    *,
    apply: Annotated[
        bool, Parameter(help="Remove what is due; without it nothing is.", negative=())
    ] = False,
    state: State = None,
) -> int:
    """List what is kept for how long and what of it is due; workers remove that hourly."""
    with opened_services(state) as services:
        for kind in services.retention.kinds():
            days = f"{kind.days:g} days" if kind.days else "for ever"
            due = f"{len(kind.due)} due, {kind.size_bytes / 1e6:.1f} MB" if kind.due else ""
            print(f"{kind.title:44} {days:10} {kind.variable:30} {due}".rstrip())
            for one in kind.due[:SHOWN]:
                print(f"    {one.since:%Y-%m-%d}  {one.id[:40]}  {ascii(one.what)[1:61]}")
            if len(kind.due) > SHOWN:
                print(f"    and {len(kind.due) - SHOWN} more")
        if apply:
            gone = services.retention.apply()
            told = (f"{count} {name}" for name, count in gone.items() if count)
            print(f"removed: {', '.join(told) or 'nothing'}")
    return 0
