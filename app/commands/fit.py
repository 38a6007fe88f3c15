"""`lecture fit`: weights proposed from what people said about clips, saved only on a yes."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from agents.errors import NotFound
from app.commands.options import Lectures, State, settings_with
from app.commands.report import print_notices
from app.security.identity import OPERATOR, acting_as

if TYPE_CHECKING:
    from app.services.fitting import Proposal
    from app.settings import Settings


@acting_as(OPERATOR)
def fit(
    *,
    lectures: Lectures = (),
    name: Annotated[
        str, Parameter(help="Name of the preset that a yes makes.")
    ] = "From my judgements",
    yes: Annotated[
        bool, Parameter(negative="", help="Save the proposed weights without asking.")
    ] = False,
    json_: Annotated[
        bool, Parameter(name="--json", negative="", help="Print one JSON object and do not ask.")
    ] = False,
    state: State = None,
) -> int:
    """Propose weights from the clips that were accepted, rejected, rated and changed."""
    from app.services.root import Services

    settings = settings_with(state=state)
    check_store(settings)
    services = Services(settings)
    services.store.migrate()
    proposal = services.fits.propose(lectures)
    if not json_:
        print_proposal(proposal)
    saved = (
        services.fits.save(proposal.proposed, name) if yes or (not json_ and _asked(name)) else None
    )
    if json_:
        told = {**proposal.document(), "saved": saved and {"id": saved.id, "name": saved.name}}
        print(json.dumps(told, ensure_ascii=False))
    elif saved:
        print(f"Saved as the preset {saved.name!r}: choose it for an upload, or give")
        print(f"  lecture highlights FILE --out DIR {_flags(proposal)}")
    else:
        print("Nothing was saved; --yes saves without asking.")
    return 0


def check_store(settings: Settings) -> None:
    """Refuse a state folder without a store instead of making one."""
    path = settings.store_location
    if isinstance(path, Path) and not path.exists():
        raise NotFound(f"There is no store in {settings.state}; `lecture serve` makes one.")


def _asked(name: str) -> bool:
    if not sys.stdin.isatty():
        return False
    try:
        return input(f"Save these weights as the preset {name!r}? [y/N] ").strip().lower() in (
            "y",
            "yes",
        )
    except EOFError:
        return False


def print_proposal(proposal: Proposal) -> None:
    """Print the table of weights, the expected gain, and what one should know."""
    print(
        f"{proposal.judgements} judgements in {len(proposal.lectures)} lectures: "
        f"{proposal.accepted} accepted ({proposal.changed} changed), {proposal.rejected} rejected"
        f"{f', {proposal.marked} marked' if proposal.marked else ''}"
        f"{f'; {proposal.rated} have stars' if proposal.rated else ''}"
    )
    print(f"{'component':<20}{'default':>9}{'proposed':>10}{'change':>9}")
    for name, before in proposal.default.items():
        after = proposal.proposed[name]
        change = f"{after - before:+.2f}" if after != before else "-"
        print(f"{name.replace('_', ' '):<20}{before:>9.2f}{after:>10.2f}{change:>9}")
    if gain := proposal.gain:
        error = f"{gain.error:.2f}" if math.isfinite(gain.error) else "not known"
        print(
            f"Pairs in the right order: {gain.default:.0%} by default, {gain.proposed:.0%} proposed"
            f" ({gain.gain:+.2f}, standard error {error}; pairs: {gain.pairs},"
            f" one {gain.left_out} left out at a time)"
        )
    print_notices(proposal.notices)


def _flags(proposal: Proposal) -> str:
    changed = {n: w for n, w in proposal.proposed.items() if w != proposal.default[n]}
    return " ".join(f"--extract.weights.{n.replace('_', '-')} {w:g}" for n, w in changed.items())
