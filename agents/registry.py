"""What an agent is, what it is handed, and the list of all of them.

An agent is a folder with `AGENT` in its `__init__.py`. Its `run` takes the values it `needs`, in
that order, then `params=` and `context=`, and returns one frozen value of type `gives`.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Protocol

from agents.params import Params
from agents.types import Decisions


@dataclass(frozen=True, slots=True)
class Gemini:
    """How the Gemini API is reached; the key never appears in a repr, a log or a stage key."""

    api_key: str
    model: str = "gemini-2.5-flash"
    base_url: str | None = None
    timeout_s: float = 60.0
    """One request takes no longer."""
    prompt: str = "v1"
    """Version of the instructions: a file in agents/content/prompts, or the path of another."""
    thinking_tokens: int | None = None
    """Most tokens that a request may think with; None leaves it to the model."""
    budget_s: float = 60.0
    """All requests of a run together take no longer, retries included."""
    max_tokens: int = 500_000
    """A run that would use more is left to the local analysis."""
    max_usd: float = 0.5
    """So is one that would cost more, where the price of the model is known."""
    prices: Path | None = None
    """A table of prices instead of the one that is shipped."""

    def __repr__(self) -> str:
        return f"Gemini(model={self.model!r}, base_url={self.base_url!r})"


class Answers(Protocol):
    """Answers of outside models that were paid for once, by the hash of what was asked."""

    def find(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Return those that are known."""
        ...

    def keep(self, key: str, text: str) -> None:
        """Remember one."""
        ...


@dataclass(frozen=True, slots=True)
class Resources:
    """What lies outside upload and params yet may change a result; see `Agent.uses`."""

    upload_name: str = ""
    """What people call the recording; used in messages only."""
    title: str = ""
    """What people call the lecture."""
    captions: Path | None = None
    """Caption file given with the upload or found beside it."""
    captions_name: str = ""
    """The name under which a person knows it."""
    models: Path | None = None
    """Folder in which speech model weights are looked for."""
    download_models: bool = True
    """Whether weights may be fetched when the hub answers."""
    gemini: Gemini | None = None
    answers: Answers | None = None
    """What Gemini has answered before; without it everything is asked anew."""
    lecture_title: str = ""
    """What the clips' title cards call the lecture."""
    logo: Path | None = None
    """A PNG or JPEG that is shown in the corner of the clips."""
    cores: int = 2
    decisions: Decisions = field(default_factory=Decisions)
    """What people have decided about the lecture's clips."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a stage is handed beside its values."""

    workdir: Path
    """Empty folder for the files of the result; it is published together with the value."""
    resources: Resources
    progress: Callable[[float, str], None]
    """Takes the percent done (0-100) of this stage and a short message for people."""
    once: Callable[[str, Callable[[Path], None]], Path]
    """`once(key, make)` returns the folder published under `key`, made by `make(folder)` if new."""
    find: Callable[[str], Path | None] = lambda key: None
    """`find(key)` returns the folder published under `key`, None if there is none."""


@dataclass(frozen=True, slots=True)
class Agent:
    """One of the product's agents; a changed algorithm raises `version`."""

    name: str
    title: str
    version: int
    params: type[Params]
    needs: tuple[str, ...]
    run: Callable[..., Any]
    gives: Any
    """The type of its value, for `pydantic.TypeAdapter`."""
    uses: Callable[[Resources, Any], Mapping[str, Any]] = lambda resources, params: {}
    """What of the resources decides the result, as JSON; it is part of the stage key."""


@cache
def all_agents() -> tuple[Agent, ...]:
    """Return every agent, each after the ones it needs."""
    import agents

    found: dict[str, Agent] = {}
    for module in pkgutil.iter_modules(agents.__path__, "agents."):
        if module.ispkg:
            agent = getattr(importlib.import_module(module.name), "AGENT", None)
            if agent is not None:
                found[agent.name] = agent
    graph = {name: sorted(set(found[name].needs) & set(found)) for name in sorted(found)}
    return tuple(found[name] for name in TopologicalSorter(graph).static_order())


def stage_key(
    name: str,
    version: int,
    params: Mapping[str, Any],
    inputs: Sequence[str],
    uses: Mapping[str, Any] | None = None,
) -> str:
    """Return the sha256 that names a stage's result: same key, same result."""
    body = json.dumps(
        [name, version, dict(params), list(inputs), dict(uses or {})],
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(body.encode()).hexdigest()
