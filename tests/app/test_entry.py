"""Programs come in by a name and password or a key; administrators look after people by the API."""

import json
import os
import re
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from app.security.identity import OPERATOR, acting_as
from app.services import signing as module
from app.services.entering import SignInRefused
from data.audit import add_line
from data.records import now
from tests.app.live import listening
from tests.app.people import PASSWORD, town_with

API = "/api/v1"


@pytest.fixture(scope="module")
def place(services, finished):
    with town_with(services, finished) as place:
        yield place


@pytest.fixture
def ask(client, place):
    """Ask as somebody; the answer's body, or the whole answer where another status is expected."""

    def asked(who, method, path, *, status=200, token=None, **options):
        client.cookies.clear()
        bearer = {"Authorization": f"Bearer {token}"}
        headers = bearer if token else place.headers(who)
        answer = client.request(method, f"{API}{path}", headers=headers, **options)
        assert answer.status_code == status, answer.text
        return answer.json() if status in (200, 201) else answer

    yield asked
    client.cookies.clear()
    with place.services.store.write() as con:
        con.run("delete from lockout")


@pytest.fixture
def log_in(ask):
    given = {"name": "anna", "password": PASSWORD}
    return lambda: ask(None, "POST", "/auth/login", json=given)


# --- tokens ---------------------------------------------------------------------------------------


def test_a_program_signs_in_asks_refreshes_and_signs_out(ask, log_in):
    first = log_in()
    assert first["token_type"] == "Bearer"
    assert 890 <= first["expires_in"] <= 900
    me = ask(None, "GET", "/me", token=first["access_token"])
    assert (me["name"], me["role"], me["via"]) == ("anna", "admin", "session")
    second = ask(None, "POST", "/auth/refresh", json={"refresh_token": first["refresh_token"]})
    assert ask(None, "GET", "/me", token=second["access_token"])["name"] == "anna"
    refresh = {"refresh_token": second["refresh_token"]}
    ask(None, "POST", "/auth/logout", json=refresh, status=204)
    for token in (first["access_token"], second["access_token"]):
        refused = ask(None, "GET", "/me", token=token, status=401)
        assert refused.headers["www-authenticate"] == "Bearer"
    ask(None, "POST", "/auth/logout", json=refresh, status=204)
    refused = ask(None, "POST", "/auth/refresh", json=refresh, status=401)
    assert refused.json()["code"] == "wrong_password"


def test_a_refresh_token_sent_twice_ends_all_of_its_sign_in(ask, log_in, place):
    other = log_in()
    first = log_in()
    old = {"refresh_token": first["refresh_token"]}
    second = ask(None, "POST", "/auth/refresh", json=old)
    assert "before" in ask(None, "POST", "/auth/refresh", json=old, status=401).json()["detail"]
    for pair in (first, second):
        ask(None, "GET", "/me", token=pair["access_token"], status=401)
        left = {"refresh_token": pair["refresh_token"]}
        ask(None, "POST", "/auth/refresh", json=left, status=401)
    ask(None, "GET", "/me", token=other["access_token"])  # another sign-in goes on
    assert ask("anna", "GET", "/audit", params={"text": "token_reused"})["items"]


def test_a_refresh_token_lets_nobody_in_and_an_access_token_fetches_none(ask, log_in):
    pair = log_in()
    ask(None, "GET", "/me", token=pair["refresh_token"], status=401)
    wrong = {"refresh_token": pair["access_token"]}
    ask(None, "POST", "/auth/refresh", json=wrong, status=401)
    ask(None, "GET", "/me", token=pair["access_token"])


def test_tokens_run_out(ask, place, monkeypatch):
    monkeypatch.setattr(module, "ACCESS_TTL", timedelta(seconds=-1))
    with acting_as(OPERATOR):
        made = place.services.accounts.sign_in_program("anna", PASSWORD)
    ask(None, "GET", "/me", token=made.access, status=401)
    monkeypatch.setattr(module, "REFRESH_TTL", timedelta(seconds=-1))
    with acting_as(OPERATOR):
        made = place.services.accounts.sign_in_program("anna", PASSWORD)
    ask(None, "POST", "/auth/refresh", json={"refresh_token": made.refresh}, status=401)


def test_wrong_passwords_wait_and_say_how_long(ask, monkeypatch):
    # longer than a busy machine needs between two requests
    monkeypatch.setattr(
        "app.services.throttle.delay_s",
        lambda subject, failures: 120.0 * subject.startswith("name:"),
    )
    wrong = {"name": "nobody-there", "password": "wrong wrong wrong"}
    first = ask(None, "POST", "/auth/login", json=wrong, status=401)
    assert first.json()["code"] == "wrong_password"
    again = ask(None, "POST", "/auth/login", json=wrong, status=429)
    assert again.json()["code"] == "too_many_tries"
    assert 1 <= int(again.headers["retry-after"]) <= 120
    assert "wrong wrong" not in again.text
    waiting = {one["subject"]: one["failures"] for one in ask("anna", "GET", "/lockouts")}
    assert waiting["name:nobody-there"] == 1
    ask("anna", "DELETE", "/lockouts/name:nobody-there", status=204)
    ask(None, "POST", "/auth/login", json=wrong, status=401)


def test_without_passwords_nobody_signs_in_so(ask, place, monkeypatch):
    settings = place.services.settings.model_copy(update={"auth": "oidc"})
    monkeypatch.setattr(place.services, "settings", settings)
    given = {"name": "anna", "password": PASSWORD}
    refused = ask(None, "POST", "/auth/login", json=given, status=403)
    assert "API key" in refused.json()["detail"]


def test_the_sign_in_of_the_documentation_works(client, place):
    text = (Path(__file__).parents[2] / "docs/api.md").read_text()
    (block,) = re.findall(r"```sh sign-in\n(.*?)```", text, re.DOTALL)
    client.cookies.clear()
    with listening(client.app) as address:
        given = {**os.environ, "SERVER": address, "NAME": "anna", "PASSWORD": PASSWORD}
        done = subprocess.run(
            ["bash", "-ec", f"{block}\necho; echo refresh=$refresh"],
            env=given, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    me, refresh = done.stdout.strip().split("\nrefresh=")
    assert json.loads(me)["name"] == "anna"
    assert refresh.startswith("lhr_")
    with acting_as(OPERATOR), pytest.raises(SignInRefused):
        place.services.accounts.refresh(refresh)


# --- keys -----------------------------------------------------------------------------------------


def test_a_key_is_shown_once_works_and_is_revoked(ask, log_in):
    token = log_in()["access_token"]
    new = {"name": "Export", "scopes": ["read"], "days": 3}
    made = ask(None, "POST", "/keys", token=token, json=new, status=201)
    assert made["secret"].startswith("lhk_")
    listed = ask(None, "GET", "/keys", token=token)
    assert "secret" not in str(listed)
    assert made["id"] in [key["id"] for key in listed]
    me = ask(None, "GET", "/me", token=made["secret"])
    assert (me["via"], me["permissions"]) == ("key", ["read"])
    refused = ask(None, "POST", "/keys", token=made["secret"], json=new, status=403)
    assert "not with a key" in refused.json()["detail"]
    ask(None, "DELETE", f"/keys/{made['id']}", token=token, status=204)
    ask(None, "GET", "/me", token=made["secret"], status=401)
    ask(None, "DELETE", f"/keys/{made['id']}", token=token, status=404)


def test_a_key_ends_itself_and_no_other(ask, place):
    with place.as_("ines"):
        accounts = place.services.accounts
        secrets = [accounts.make_key(name, ["read"]) for name in ("one", "two")]
    ids = {key["name"]: key["id"] for key in ask(None, "GET", "/keys", token=secrets[0])}
    ask(None, "DELETE", f"/keys/{ids['two']}", token=secrets[0], status=403)
    ask(None, "DELETE", f"/keys/{ids['one']}", token=secrets[0], status=204)
    ask(None, "GET", "/me", token=secrets[0], status=401)
    ask(None, "GET", "/me", token=secrets[1])


def test_everybodys_keys_are_for_administrators(ask, place, log_in):
    ask("ines", "GET", "/keys?all=true", status=403)
    owners = {key["person"] for key in ask("anna", "GET", "/keys?all=true")}
    assert place.people["anna"].id in owners
    token, ines = log_in()["access_token"], place.people["ines"].id
    new = {"name": "For Ines", "scopes": ["read"], "person": ines}
    made = ask(None, "POST", "/keys", token=token, json=new, status=201)
    assert made["person"] == ines
    ask("ines", "POST", "/keys", json={**new, "person": place.people["anna"].id}, status=403)
    ask("ines", "POST", "/keys", json={"name": "x", "scopes": ["all"]}, status=422)


# --- people ---------------------------------------------------------------------------------------


def test_a_person_is_added_changed_and_let_in_no_more(ask, place, client):
    made = ask("anna", "POST", "/users", json={"name": "New.One"}, status=201)
    assert (made["name"], made["role"], made["comes_by"]) == ("new.one", "viewer", "link")
    assert not {"password", "totp", "subject"} & set(made)
    taken = ask("anna", "POST", "/users", json={"name": "new.one"}, status=422)
    assert taken.json()["code"] == "bad_name"
    path = f"/users/{made['id']}"
    assert ask("anna", "PATCH", path, json={"role": "instructor"})["role"] == "instructor"
    link = ask("anna", "POST", f"{path}/reset-link", status=201)["url"]
    assert link.startswith("http://127.0.0.1:8501/reset/")
    entered = client.post(
        link, data={"password": "seven blue lanterns"}, headers={"Origin": "http://127.0.0.1:8501"},
        follow_redirects=False,
    )  # fmt: skip
    assert entered.status_code == 303
    assert ask("anna", "GET", path)["comes_by"] == "password"
    given = {"name": "new.one", "password": "seven blue lanterns"}
    token = ask(None, "POST", "/auth/login", json=given)["access_token"]
    families = {
        one["family"] for one in ask("anna", "GET", "/sessions") if one["person"] == made["id"]
    }
    assert len(families) == 2
    ask("anna", "DELETE", f"{path}/sessions", status=204)
    ask(None, "GET", "/me", token=token, status=401)
    assert ask("anna", "PATCH", path, json={"disabled": True})["disabled"]
    ask(None, "POST", "/auth/login", json=given, status=401)
    assert ask("anna", "PATCH", path, json={"disabled": False})["disabled"] is None
    ask("anna", "PATCH", "/users/nobody", json={"role": "viewer"}, status=404)


def test_the_only_administrator_stays_one(ask, place):
    refused = ask("anna", "PATCH", "/users/anna", json={"role": "viewer"}, status=403)
    assert "only administrator" in refused.json()["detail"]


def test_an_invitation_makes_an_account(ask, client):
    link = ask("anna", "POST", "/invitations", json={"role": "researcher"}, status=201)
    form = client.get(link["url"].partition("8501")[2])
    assert "Make my account" in form.text


def test_one_sign_in_is_ended(ask, log_in):
    token = log_in()["access_token"]
    family = ask("anna", "GET", "/sessions")[0]["family"]
    ask("anna", "DELETE", f"/sessions/{family}", status=204)
    ask(None, "GET", "/me", token=token, status=401)
    ask("anna", "DELETE", f"/sessions/{family}", status=404)


# --- audit, queue, room ---------------------------------------------------------------------------


def test_pages_of_the_audit_hold_every_line_once_even_of_one_moment(ask, place, monkeypatch):
    at = now()
    monkeypatch.setattr("data.audit.now", lambda: at)
    with place.services.store.write() as con:
        for number in range(7):
            add_line(con, "paged", object=str(number), person="p" * (number % 2))
    seen, cursor = [], None
    while True:
        query = {"action": "paged", "limit": 2, **({"cursor": cursor} if cursor else {})}
        page = ask("anna", "GET", "/audit", params=query)
        seen += [line["object"] for line in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == [str(number) for number in range(7)]
    mine = ask("anna", "GET", "/audit", params={"action": "paged", "person": "p"})["items"]
    assert sorted(line["object"] for line in mine) == ["1", "3", "5"]
    moment = mine[0]["ts"]
    assert not ask("anna", "GET", "/audit", params={"action": "paged", "until": moment[:19]})[
        "items"
    ]
    since = {"action": "paged", "since": moment[:19], "text": "PAGED 3"}
    assert [line["object"] for line in ask("anna", "GET", "/audit", params=since)["items"]] == ["3"]
    assert ask("anna", "GET", "/audit", params={"text": "100%_"})["items"] == []
    ask("anna", "GET", "/audit", params={"cursor": "x"}, status=400)
    ask("ines", "GET", "/audit", status=403)


def test_the_house_tells_of_its_work_and_room(ask, finished):
    work = ask("anna", "GET", "/work")
    assert set(work) == {"waiting", "unfinished", "workers"}
    rooms = ask("anna", "GET", "/storage")["owners"]
    assert "ines" in [room["owner"] for room in rooms]


# --- sharing --------------------------------------------------------------------------------------


def test_an_owner_shares_with_a_person_and_by_a_link(ask, client, finished):
    path = f"/lectures/{finished}/shares"
    ask("otto", "GET", f"/lectures/{finished}", status=404)
    made = ask("ines", "POST", path, json={"name": "otto", "may": "view"}, status=201)
    assert made["url"] is None
    ask("otto", "GET", f"/lectures/{finished}")
    ask("otto", "GET", path, status=403)
    link = ask("ines", "POST", path, json={"days": 2}, status=201)
    assert "/s/" in link["url"]
    assert client.get(link["url"].partition("8501")[2]).status_code == 200
    assert {one["id"] for one in ask("ines", "GET", path)} == {made["id"], link["id"]}
    assert "/s/" not in str(ask("ines", "GET", path))
    for one in (made, link):
        ask("ines", "DELETE", f"{path}/{one['id']}", status=204)
    ask("otto", "GET", f"/lectures/{finished}", status=404)
    ask("ines", "DELETE", f"{path}/{made['id']}", status=404)
