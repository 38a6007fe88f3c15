"""The stages of a job: what they are, the keys of their results, and who needs whom."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from agents.params import Params
from agents.registry import Agent, Context, Resources, all_agents, stage_key

StageTable = Mapping[str, Agent]
"""Every stage by name, each after the ones it needs."""


class NoParams(Params):
    """Intake measures; it has nothing to tune."""


def _intake() -> Agent:
    from agents.intake import VERSION, measure
    from agents.types import Intake

    def run(upload: Path, *, params: Params, context: Context) -> Intake:
        return measure(upload, context=context)

    return Agent(
        name="intake",
        title="Intake",
        version=VERSION,
        params=NoParams,
        needs=(),
        run=run,
        gives=Intake,
    )


@cache
def stage_table() -> StageTable:
    """Return intake and the agents, in the order in which they can run."""
    return {"intake": _intake(), **{agent.name: agent for agent in all_agents()}}


def stage_keys(
    sha256: str,
    tuning: Params | Mapping[str, Any],
    resources: Resources,
    table: StageTable | None = None,
    given: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the key of every stage for an upload, a tuning, and what lies outside them.

    Stages in `given` have those keys, and what follows them is keyed accordingly.
    """
    keys = dict[str, str]()
    for name, stage in (table or stage_table()).items():
        if given and name in given:
            keys[name] = given[name]
            continue
        params = stage_params(stage, tuning)
        inputs = [keys[need] for need in stage.needs] or [sha256]
        keys[name] = stage_key(
            name,
            stage.version,
            params.model_dump(mode="json"),
            inputs,
            stage.uses(resources, params),
        )
    return keys


def stage_params(stage: Agent, tuning: Params | Mapping[str, Any]) -> Params:
    """Return the params of one stage out of a whole tuning, given as record or as nested dict."""
    if isinstance(tuning, Params):
        return getattr(tuning, stage.name, None) or stage.params()
    return stage.params.model_validate(tuning.get(stage.name) or {})


def with_needs(name: str, table: StageTable) -> set[str]:
    """Return a stage and everything that it needs, directly or not."""
    found, open_ends = set[str](), [name]
    while open_ends:
        stage = open_ends.pop()
        if stage not in found:
            found.add(stage)
            open_ends += table[stage].needs
    return found


def with_followers(name: str, table: StageTable) -> tuple[str, ...]:
    """Return a stage and everything that needs it, directly or not, in order."""
    return tuple(each for each in table if name in with_needs(each, table))
