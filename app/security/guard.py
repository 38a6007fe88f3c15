"""The door of the services: every call from outside says for whom, and what it names is theirs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, TypeVar

from agents.errors import AccessDenied
from app.security.identity import Permission, acting
from app.security.rules import AUDITED, needs
from data.authors import written_by

Service = TypeVar("Service")
Check = Callable[[Any, Permission], None]

REFUSALS: dict[Permission, str] = {
    "read": "This needs a sign-in.",
    "write": "Your role is to look; ask an administrator for another one to change anything.",
    "tune": "Sweeps and fits are for researchers; ask an administrator for that role.",
    "admin": "This is for administrators.",
}


def refuse(permission: Permission) -> AccessDenied:
    """Return the sentence for what a role or key does not hold."""
    return AccessDenied(REFUSALS[permission])


class Guard:
    """Stands around one service: passes attributes on, and checks the calls of its methods."""

    def __init__(
        self,
        name: str,
        service: object,
        checks: Mapping[str, Check],
        note: Callable[[str, str], None],
    ) -> None:
        self.__dict__.update(
            _name=name, _service=service, _checks=checks, _note=note, _needs=needs(name)
        )

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        value = getattr(self._service, name)
        if name.startswith("_") or not inspect.ismethod(value):
            return value
        guarded = self._guarded(name, value)
        self.__dict__[name] = guarded
        return guarded

    def __setattr__(self, name: str, value: object) -> None:
        self.__dict__.pop(name, None)
        setattr(self._service, name, value)

    def __delattr__(self, name: str) -> None:
        self.__dict__.pop(name, None)
        delattr(self._service, name)

    def _guarded(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        permission = self._needs.get(name)
        if permission is None:
            raise AttributeError(f"{self._name}.{name} has no rule in app.security.rules")
        signature = inspect.signature(method)
        checked = [(one, self._checks[one]) for one in signature.parameters if one in self._checks]
        label = f"{self._name}.{name}"

        @wraps(method)
        def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            if permission != "open" and not acting().may(permission):
                raise refuse(permission)
            given = signature.bind(*args, **kwargs).arguments if checked else {}
            for parameter, check in checked:
                for value in _values(given.get(parameter)):
                    check(value, "read" if permission == "open" else permission)
            with written_by("" if permission == "open" else acting().id):
                result = method(*args, **kwargs)
            if label in AUDITED:
                first = next(iter(given.values()), "")
                self._note(label, str(getattr(first, "id", first)))
            return result

        return call


def _values(given: object) -> Iterable[object]:
    if given is None:
        return ()
    return given if isinstance(given, list | tuple | set | frozenset) else (given,)


def guarded(
    name: str,
    service: Service,
    checks: Mapping[str, Check],
    note: Callable[[str, str], None],
) -> Service:
    """Return the service behind its guard; to the type checker it is the service itself."""
    return Guard(name, service, checks, note)  # pyright: ignore[reportReturnType]
