"""Services are called for somebody or not at all, and every call has a rule."""

import inspect

import pytest

from agents.errors import AccessDenied, NotFound
from app.security import identity
from app.security.guard import Guard
from app.security.identity import LOCAL, NOBODY, NoIdentity, Principal, acting_as
from app.security.rules import AUDITED, RULES, needs
from data.audit import AuditFilter, search_audit

READER = Principal("r", "r", "viewer", frozenset({"read"}), "session")


def public_methods(service):
    found = inspect.getmembers(type(service.__dict__["_service"]), inspect.isfunction)
    return {name for name, _ in found if not name.startswith("_")}


def test_every_service_is_guarded_and_every_call_has_one_rule(services):
    guards = {name: one for name, one in vars(services).items() if isinstance(one, Guard)}
    ours = {
        name
        for name, one in vars(services).items()
        if not name.startswith("_")
        and (type(one).__module__.startswith("app.services") or isinstance(one, Guard))
    }
    assert set(guards) == ours == set(RULES)
    for name, guard in guards.items():
        assert public_methods(guard) == set(needs(name)), name
        named = [word for names in RULES[name].values() for word in names.split()]
        assert len(named) == len(set(named)), name
    for label in AUDITED:
        service, _, method = label.partition(".")
        assert method in needs(service)


def test_nothing_is_done_for_nobody(services, monkeypatch, finished):
    monkeypatch.setattr(identity, "find_page_principal", lambda: None)
    with pytest.raises(NoIdentity):
        services.lectures.get(finished)
    with acting_as(NOBODY), pytest.raises(AccessDenied, match="sign-in"):
        services.lectures.get(finished)
    with acting_as(LOCAL):
        assert services.lectures.get(finished).id == finished


def test_a_reader_changes_nothing_and_what_is_foreign_is_not_there(services, finished):
    job = services.jobs.latest(finished)
    with acting_as(READER):
        with pytest.raises(AccessDenied, match="role is to look"):
            services.lectures.rename(finished, "Mine")
        with pytest.raises(NotFound, match="There is no lecture"):
            services.lectures.get(finished)
        with pytest.raises(NotFound, match="There is no run"):
            services.results.keys(job.id)
        with pytest.raises(NotFound, match="There is no lecture"):
            services.results.of(job)
        with pytest.raises(NotFound, match="There is no run"):
            services.runs.compare(job.id, b=job.id)


def test_a_method_without_a_rule_cannot_be_called(services):
    services.labels.__dict__["_service"].__class__.forgotten = lambda self: 1
    try:
        with pytest.raises(AttributeError, match=r"labels\.forgotten has no rule"):
            services.labels.forgotten()
    finally:
        del services.labels.__dict__["_service"].__class__.forgotten


def test_what_is_deleted_is_noted(services, lecture):
    services.lectures.delete(lecture)
    with services.store.read() as con:
        line = search_audit(con, AuditFilter(lecture))[0]
    assert (line.action, line.object, line.person) == ("lectures.delete", lecture, "local")
    services.lectures.restore(lecture)
