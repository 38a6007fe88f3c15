"""People of several roles over one store, and headers that say a request is theirs."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from app.security import passwords
from app.security.identity import OPERATOR, SCOPES, acting_as, principal_of
from app.security.tokens import digest
from app.services.core import workshop_config
from app.services.root import Services, use_services
from data.lectures import update_lecture
from data.records import now
from data.sessions import add_session, end_session
from tests.app.conftest import BASE

real_hasher = passwords.hasher
PASSWORD = "three green apples"
ROLES = {"vera": "viewer", "ines": "instructor", "otto": "instructor", "rosa": "researcher"}
"""By name; `ines` owns the lecture, `otto` is another instructor."""
OVER = {"expired": "expires", "revoked": "ended"}
"""Keys for everything that let nobody in any more, and the column that says so."""


@contextmanager
def cheap_hashes(monkeypatch):
    """Have passwords hashed in a millisecond; production has no setting that does."""
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", lambda: weak)
    passwords._dummy.cache_clear()
    yield
    passwords._dummy.cache_clear()


@contextmanager
def town(services, monkeypatch, **settings):
    """Have people sign in over the same store; the former services are put back afterwards."""
    given = {"auth": "password", "limits": "off", **settings}
    made = services.settings.model_copy(update=given)
    stages = {"stages": "tests.app.small_stages:stages"}
    mine = Services(made, workshop_config(made).model_copy(update=stages))
    with cheap_hashes(monkeypatch):
        try:
            use_services(mine)
            yield Town(mine)
        finally:
            use_services(services)
            forget_people(mine)


@contextmanager
def town_with(services, lecture):
    """Have people sign in, of whom `ines` owns a lecture; nobody does afterwards."""
    with pytest.MonkeyPatch.context() as monkeypatch, town(services, monkeypatch) as place:
        place.give(lecture, "ines")
        yield place
        with services.store.write() as con:
            con.run("update lecture set owner = 'local' where id = $1", lecture)


def forget_people(services):
    """Remove everybody, with all that lets them in."""
    with services.store.write() as con:
        for table in ("app_user", "session", "api_key", "share", "invitation", "lockout"):
            con.run(f"delete from {table}")


class Town:
    """People, and the secrets that they carry."""

    def __init__(self, services):
        self.services = services
        accounts = services.accounts
        with acting_as(OPERATOR):
            self.people = {"anna": accounts.first_admin("anna", PASSWORD)}
            for name, role in ROLES.items():
                self.people[name] = accounts.make_person(name, role)
        self.secrets = {name: name * 8 for name in (*self.people, "expired", "revoked")}
        with services.store.write() as con:
            for name, secret in self.secrets.items():
                person = self.people.get(name, self.people["anna"])
                expires = now() + timedelta(hours=-1 if name == "expired" else 1)
                add_session(
                    con, id=digest(secret), kind="browser", person=person.id,
                    family=name, expires=expires,
                )  # fmt: skip
            end_session(con, digest(self.secrets["revoked"]))
        with self.as_("anna"):
            for scope in (*SCOPES, *OVER):
                scopes = SCOPES if scope in OVER else [scope]
                self.secrets[f"key {scope}"] = accounts.make_key(scope, scopes)
        with services.store.write() as con:
            for scope, column in OVER.items():
                con.run(f"update api_key set {column} = $2 where name = $1", scope, now())

    def headers(self, who):
        """Return the headers of a person's browser, of a key, or of nobody."""
        if who is None:
            return {}
        if who.startswith("key"):
            return {"Authorization": f"Bearer {self.secrets[who]}"}
        return {"Cookie": f"lh_session={self.secrets[who]}", "Origin": BASE}

    def as_(self, who):
        """Act as somebody where services are called directly."""
        return acting_as(principal_of(self.people[who]))

    def give(self, lecture_id, who):
        """Make a lecture somebody's."""
        with self.services.store.write() as con:
            update_lecture(con, lecture_id, owner=self.people[who].id)
