"""`lecture admin quota`: what one person may take."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from cyclopts import Parameter

from app.commands.options import State, settings_with
from app.security.identity import OPERATOR, acting_as

GB = 1_000_000_000


def quota(
    name: Annotated[str, Parameter(help="Name that the person signs in with.")],
    *,
    gigabytes: Annotated[float | None, Parameter(help="Room for recordings; 0 is any.")] = None,
    at_once: Annotated[int | None, Parameter(help="Uploads under way; 0 is any.")] = None,
    a_day: Annotated[int | None, Parameter(help="Uploads in 24 hours; 0 is any.")] = None,
    jobs: Annotated[int | None, Parameter(help="Runs that wait or work; 0 is any.")] = None,
    reset: Annotated[bool, Parameter(help="Go back to the settings first.")] = False,
    state: State = None,
) -> int:
    """Say what a person has taken and may take, after changing what is named."""
    from app.services.root import Services
    from data.quotas import Quota

    settings = settings_with(state=state)
    services = Services(settings)
    services.store.migrate()
    asked = {"at_once": at_once, "a_day": a_day, "jobs": jobs}
    asked["size_bytes"] = None if gigabytes is None else round(gigabytes * GB)
    changes = {key: value for key, value in asked.items() if value is not None}
    with acting_as(OPERATOR):
        person = services.accounts.person(name)
        if reset or changes:
            given = Quota() if reset else services.quotas.given().get(person.id, Quota())
            services.quotas.give(person.id, replace(given, **changes))
        print(services.quotas.of(person.id).sentence.replace("You use", f"{name}: uses"))
        if person.role == "admin" or not settings.limits_hold:
            print("It does not hold now: for administrators, and where nobody signs in.")
    services.close()
    return 0
