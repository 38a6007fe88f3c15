"""Accounts: signing in and out, links, keys, sharing, second factor, what is kept of secrets."""

import base64
import re
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
from starlette.websockets import WebSocketDisconnect

from agents.errors import AccessDenied, LectureError, NotFound
from app.account_link import share_address
from app.security import connections, directory, passwords, totp
from app.security.identity import OPERATOR, Caller, acting_as, caller
from app.security.login import safe_next
from app.security.passwords import WeakPassword, check_password, verify_password
from app.security.tokens import digest
from app.services import throttle
from app.services.entering import SignInRefused
from app.services.entry_links import LinkOver
from app.services.people import NameTaken
from app.services.throttle import Throttle, delay_s
from data.lectures import create_lecture
from data.records import now
from data.sessions import end_session
from data.store import open_store
from tests.app.conftest import BASE, WS
from tests.app.people import PASSWORD, real_hasher, town_with

NEW = "seven blue lanterns"


@pytest.fixture(scope="module")
def place(services, finished):
    with town_with(services, finished) as place:
        yield place


@pytest.fixture
def accounts(place):
    return place.services.accounts


@pytest.fixture
def operator():
    with acting_as(OPERATOR):
        yield


@pytest.fixture
def web(client, place):
    """The client without any cookie, before and after."""
    client.cookies.clear()
    yield client
    client.cookies.clear()
    with place.services.store.write() as con:
        con.run("delete from lockout")


def post(web, path, **fields):
    return web.post(path, data=fields, headers={"Origin": BASE}, follow_redirects=False)


# --- signing in and out ---------------------------------------------------------------------------


def test_a_person_signs_in_looks_and_signs_out(web):
    sent = web.get("/review?lecture=x", headers={"Accept": "text/html"}, follow_redirects=False)
    there = "/login?next=%2Freview%3Flecture%3Dx"
    assert (sent.status_code, sent.headers["location"]) == (303, there)
    form = web.get(there)
    assert f'action="{there}"' in form.text
    assert 'autocomplete="current-password"' in form.text
    assert form.headers["referrer-policy"] == "same-origin"
    entered = post(web, there, name=" Anna ", password=PASSWORD)
    assert (entered.status_code, entered.headers["location"]) == (303, "/review?lecture=x")
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert web.get("/api/v1/lectures").status_code == 200
    assert post(web, "/logout").headers["location"] == "/login"
    web.cookies.set("lh_session", re.search("lh_session=([^;]+)", cookie)[1])
    assert web.get("/api/v1/lectures").status_code == 401


def test_on_https_the_cookie_is_bound_to_the_host(web, place, monkeypatch):
    monkeypatch.setattr(
        place.services, "settings",
        place.services.settings.model_copy(update={"trusted_proxies": ("testclient",)}),
    )  # fmt: skip
    headers = {"Origin": BASE, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.9"}
    answer = web.post(
        "/login", data={"name": "anna", "password": PASSWORD}, headers=headers,
        follow_redirects=False,
    )  # fmt: skip
    assert answer.headers["set-cookie"].startswith("__Host-lh_session=")
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"]
    with acting_as(OPERATOR):
        assert place.services.accounts.audit("sign in")[0].ip == "192.0.2.0"


def test_a_wrong_password_says_nothing_and_makes_people_wait(web):
    wrong = post(web, "/login", name="nobody-here", password="wrong wrong wrong")
    assert wrong.status_code == 401
    assert "Name, password or code are wrong." in wrong.text
    for _ in range(6):  # the wait doubles, so that a slow machine meets it too
        again = post(web, "/login", name="nobody-here", password="wrong wrong wrong")
        if again.status_code == 429:
            break
    assert again.status_code == 429
    assert 1 <= int(again.headers["retry-after"]) <= 33


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "https://evil", "", "x\n"])
def test_after_signing_in_nobody_is_sent_elsewhere(path):
    assert safe_next(path) == "/"


def test_a_cookie_alone_is_no_proof_of_our_own_page(web, place):
    headers = {k: v for k, v in place.headers("anna").items() if k != "Origin"}
    body = {"title": "Mine"}
    for extra, status in (
        ({}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 404),
        ({"Origin": BASE}, 404),
    ):
        answer = web.patch("/api/v1/lectures/none", json=body, headers={**headers, **extra})
        assert answer.status_code == status, extra
    bearer = {**place.headers("key write"), "Origin": "https://elsewhere.example"}
    assert web.patch("/api/v1/lectures/none", json=body, headers=bearer).status_code == 404


def test_an_idle_session_ends(place, monkeypatch):
    directory, secret = place.services.directory, place.secrets["rosa"]
    assert directory.by_secret(secret) is not None
    monkeypatch.setattr("app.security.directory.now", lambda: now() + timedelta(minutes=29))
    assert directory.by_secret(secret) is not None
    monkeypatch.setattr("app.security.directory.now", lambda: now() + timedelta(minutes=61))
    assert directory.by_secret(secret) is None


def test_a_session_in_use_ends_after_eight_hours(place, accounts, monkeypatch):
    secret, begun = accounts.sign_in("anna", PASSWORD).secret, now()
    for minutes in range(0, 8 * 60, 20):
        monkeypatch.setattr(
            "app.security.directory.now", lambda at=minutes: begun + timedelta(minutes=at)
        )
        assert place.services.directory.by_secret(secret) is not None, minutes
    monkeypatch.setattr("app.security.directory.now", lambda: begun + timedelta(minutes=481))
    assert place.services.directory.by_secret(secret) is None


def until_closed(ws):
    """Read what a page is sent until the server closes it; return why."""
    try:
        while True:
            ws.receive_bytes()
    except WebSocketDisconnect as closed:
        return closed.code


def test_a_revoked_session_closes_what_it_has_open(web, place, operator):
    headers = place.headers("otto")
    with web.websocket_connect(f"{WS}/_stcore/stream", headers=headers) as ws:
        place.services.accounts.end_sessions(place.people["otto"].id)
        assert until_closed(ws) == 4401
    assert web.get("/api/v1/lectures", headers=headers).status_code == 401


def test_what_ended_is_noticed_within_a_second():
    """By the pauses themselves: how often the store is looked at, and open connections are."""
    assert directory.FRESH_S + connections.EVERY_S <= 0.75


def test_to_sign_out_in_one_tab_closes_the_pages_of_the_others(web, place):
    opened = web.post("/login", data={"name": "anna", "password": PASSWORD}, follow_redirects=False)
    cookie = opened.headers["set-cookie"].partition(";")[0]
    mine = {"Cookie": cookie, "Origin": BASE}
    web.cookies.clear()
    with (
        web.websocket_connect(f"{WS}/_stcore/stream", headers=place.headers("anna")) as other,
        web.websocket_connect(f"{WS}/_stcore/stream", headers=mine) as ws,
    ):
        assert web.post("/logout", headers=mine, follow_redirects=False).status_code == 303
        assert until_closed(ws) == 4401
        assert web.get("/api/v1/me", headers=mine).status_code == 401
        assert web.get("/api/v1/me", headers=place.headers("anna")).status_code == 200
        other.close()


def test_a_session_that_another_app_ended_closes_its_pages_too(web, place):
    """As the store tells it: nobody says so to this process."""
    with web.websocket_connect(f"{WS}/_stcore/stream", headers=place.headers("rosa")) as ws:
        with place.services.store.write() as con:
            end_session(con, digest(place.secrets["rosa"]))
        assert until_closed(ws) == 4401
    with place.services.store.write() as con:
        con.run("update session set ended = null where id = $1", digest(place.secrets["rosa"]))


def test_another_role_closes_open_pages_and_counts_at_once(web, place, operator):
    headers, id = place.headers("vera"), place.people["vera"].id
    with web.websocket_connect(f"{WS}/_stcore/stream", headers=headers) as ws:
        place.services.accounts.set_role(id, "instructor")
        assert until_closed(ws) == 4401
    assert web.patch("/api/v1/lectures/x", json={"title": "a"}, headers=headers).status_code == 404
    place.services.accounts.set_role(id, "viewer")
    assert web.patch("/api/v1/lectures/x", json={"title": "a"}, headers=headers).status_code == 403


def test_programs_refresh_and_a_token_used_twice_ends_all(place, accounts):
    first = accounts.sign_in_program("anna", PASSWORD)
    assert place.services.directory.by_secret(first.access).name == "anna"
    assert place.services.directory.by_secret(first.refresh) is None
    second = accounts.refresh(first.refresh)
    assert place.services.directory.by_secret(second.access) is not None
    with pytest.raises(SignInRefused, match="used before"):
        accounts.refresh(first.refresh)
    for token in (first.access, second.access):
        assert place.services.directory.by_secret(token) is None
    with pytest.raises(SignInRefused):
        accounts.refresh(second.refresh)


@pytest.mark.parametrize(
    ("lecture", "address"),
    [("sample-6ece95de", "/share/sample-6ece95de"), ('"><b>', "/share/%22%3E%3Cb%3E")],
)
def test_every_lecture_has_its_page_for_sharing(lecture, address):
    assert share_address(lecture) == address


# --- passwords and delays -------------------------------------------------------------------------


@contextmanager
def clock(monkeypatch, store):
    """Let `sleep` move the time of delays, all in one transaction."""
    at = [now()]
    monkeypatch.setattr(throttle, "now", lambda: at[0])
    with store.write() as con:

        class Held:
            @contextmanager
            def write(self):
                yield con

        yield Throttle(Held()), lambda s: at.__setitem__(0, at[0] + timedelta(seconds=s))
        con.run("delete from lockout")


@pytest.mark.parametrize("names", [["anna"], ["nobody"], [f"name{n}" for n in range(1000)]])
def test_a_thousand_tries_in_ten_minutes_look_at_forty_passwords(place, monkeypatch, names):
    looked = 0
    with clock(monkeypatch, place.services.store) as (delays, sleep):
        for n in range(1000):
            looked += delays.begin(names[n % len(names)], "192.0.2.1") == 0
            sleep(0.6)
    assert 8 <= looked <= 40


@pytest.mark.parametrize("name", ["anna", "nobody-here"])
def test_a_thousand_wrong_passwords_cost_forty_hashes_at_most(
    place, accounts, monkeypatch, tmp_path, name
):
    """Through the whole sign-in, by a clock that goes on 0.6 s a try; an unknown name as many."""
    hashed = []
    monkeypatch.setattr(
        "app.services.signing.verify_password", lambda *_: hashed.append(1) and False
    )
    store = open_store(tmp_path / "waits.duckdb")
    store.migrate()
    with clock(monkeypatch, store) as (delays, sleep):
        monkeypatch.setattr(accounts.__dict__["_service"], "throttle", delays)
        for _ in range(1000):
            with pytest.raises(SignInRefused):
                accounts.sign_in(name, "wrong wrong wrong")
            sleep(0.6)
    assert 10 <= len(hashed) <= 40


def test_delays_double_up_to_a_minute():
    assert [delay_s("name:a", n) for n in (1, 2, 3, 7, 50)] == [1, 2, 4, 60, 60]
    assert [delay_s("ip:a", n) for n in (1, 9, 10, 11, 99)] == [0, 0, 1, 2, 60]


def test_the_right_password_ends_the_wait_for_a_name(place, accounts, monkeypatch):
    token = caller.set(Caller("192.0.2.77", "r"))
    try:
        with pytest.raises(SignInRefused):
            accounts.sign_in("ines", "wrong wrong wrong")
        with pytest.raises(SignInRefused, match="again in"):
            accounts.sign_in("ines", PASSWORD)
        later = now() + timedelta(seconds=2)
        monkeypatch.setattr(throttle, "now", lambda: later)
        accounts.sign_in("anna", PASSWORD)
        with pytest.raises(SignInRefused, match="wrong"):
            accounts.sign_in("ines", PASSWORD)  # she has no password yet
    finally:
        caller.reset(token)


def test_an_unknown_name_costs_as_much_as_a_known_one(monkeypatch):
    """CPU seconds of the real hash, the least of five each, interleaved."""
    monkeypatch.setattr(passwords, "hasher", real_hasher)
    monkeypatch.setattr(passwords, "_dummy", passwords._dummy.__wrapped__)
    unknown = passwords._dummy()
    monkeypatch.setattr(passwords, "_dummy", lambda: unknown)
    hash = passwords.hash_password(PASSWORD)
    spent = {None: [], hash: []}
    for _ in range(6):
        for known, times in spent.items():
            begun = time.thread_time()
            assert verify_password(known, "wrong wrong wrong") is False
            times.append(time.thread_time() - begun)
    unknown, known = (min(times[1:]) for times in spent.values())
    assert unknown == pytest.approx(known, rel=0.1)


@pytest.mark.parametrize(
    "password", ["short", "password1234", "annaannaanna", "aaaaaaaaaaaaaaaa", "x" * 300]
)
def test_a_password_that_would_be_guessed_is_refused(password):
    with pytest.raises(WeakPassword):
        check_password(password, "anna")


def test_passwords_are_hashed_as_owasp_says():
    assert real_hasher().hash("x").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


# --- links ----------------------------------------------------------------------------------------


def test_an_invitation_makes_one_account(web, place, accounts, operator):
    path = f"/invite/{accounts.invite('researcher')}"
    assert "Make your account" in web.get(path).text
    weak = post(web, path, name="zoe", password="short")
    assert weak.status_code == 422
    assert "12 to 256 characters" in weak.text
    assert "taken" in post(web, path, name="anna", password=NEW).text
    made = post(web, path, name="zoe", shown="<b>Zoe</b>", password=NEW)
    assert (made.status_code, made.headers["location"]) == (303, "/")
    assert web.get("/api/v1/fit").status_code == 404  # a researcher may ask
    page = web.get("/account").text
    assert "&lt;b&gt;Zoe&lt;/b&gt;, researcher" in page
    web.cookies.clear()
    assert web.get(path).status_code == 404
    assert accounts.person("zoe").role == "researcher"


def test_a_reset_link_sets_a_password_and_ends_sessions(web, place, accounts, operator):
    person = accounts.make_person("max", "viewer")
    accounts.accept_invitation(accounts.reset_link(person.id), name="", password=PASSWORD)
    opened = accounts.sign_in("max", PASSWORD)
    secret = accounts.reset_link(person.id)
    accounts.accept_invitation(secret, name="other", password=NEW)
    assert place.services.directory.by_secret(opened.secret) is None
    with pytest.raises(LinkOver):
        accounts.accept_invitation(secret, name="", password=PASSWORD)
    with acting_as(OPERATOR):
        accounts.forget_lockout("name:max")
    assert accounts.sign_in("max", NEW)


def test_names_that_cannot_be_are_refused(accounts, operator):
    for name in ("a", "local", "<script>", "anna", "x" * 80):
        with pytest.raises(NameTaken):
            accounts.make_person(name, "viewer")
    with pytest.raises(LectureError, match="role="):
        accounts.make_person("quinn", "king")


def test_the_last_administrator_stays(place, accounts, operator):
    with pytest.raises(AccessDenied, match="only administrator"):
        accounts.disable(place.people["anna"].id)
    with pytest.raises(AccessDenied, match="only administrator"):
        accounts.set_role(place.people["anna"].id, "viewer")


# --- the account page -----------------------------------------------------------------------------


def sign_in(web, place, name):
    web.cookies.set("lh_session", place.secrets[name])


def new_factor(web):
    """Return the secret that the account page shows for an authenticator app."""
    page = post(web, "/account", do="totp").text
    return re.search(r"name='secret' value='(\w+)'", page)[1]


def test_a_key_is_shown_once_and_works_until_it_is_revoked(web, place):
    sign_in(web, place, "rosa")
    page = post(web, "/account", do="key", name="<CI>", scope="read", days="30").text
    secret = re.search(r"lhk_[\w-]{43}", page)[0]
    assert secret not in web.get("/account").text
    web.cookies.clear()
    bearer = {"Authorization": f"Bearer {secret}"}
    assert web.get("/api/v1/lectures", headers=bearer).json()["items"] == []
    assert web.post("/api/v1/presets", json={}, headers=bearer).status_code == 403
    sign_in(web, place, "rosa")
    key = re.search(r"name='key' value='(\w+)'", web.get("/account").text)[1]
    assert "revoked" in post(web, "/account", do="revoke", key=key).text
    web.cookies.clear()
    assert web.get("/api/v1/lectures", headers=bearer).status_code == 401


def test_a_key_makes_no_keys_and_has_no_more_than_its_person(web, place, accounts):
    bearer = place.headers("key admin")
    assert web.get("/account", headers=bearer, follow_redirects=False).status_code == 403
    with place.as_("vera"):
        secret = accounts.make_key("too much", ["read", "admin"])
    found = place.services.directory.by_secret(secret)
    assert found.permissions == {"read"}
    with acting_as(found), pytest.raises(AccessDenied, match="made by people"):
        accounts.make_key("more", ["read"])
    with place.as_("vera"), pytest.raises(AccessDenied, match="administrators"):
        accounts.make_key("hers", ["read"], person=place.people["anna"].id)


def test_a_second_factor_is_asked_for_and_each_code_counts_once(web, place, accounts, monkeypatch):
    monkeypatch.setattr(Throttle, "begin", lambda self, name, ip: 0.0)
    sign_in(web, place, "anna")
    secret = new_factor(web)
    code = totp.code_at(secret, int(time.time() // 30))
    assert "does not fit" in post(web, "/account", do="confirm_totp", secret=secret, code="1").text
    done = post(web, "/account", do="confirm_totp", secret=secret, code=code)
    assert "asks for a code" in done.text
    web.cookies.clear()
    assert post(web, "/login", name="anna", password=PASSWORD).status_code == 401
    assert post(web, "/login", name="anna", password=PASSWORD, code=code).status_code == 303
    assert post(web, "/login", name="anna", password=PASSWORD, code=code).status_code == 401
    with acting_as(OPERATOR):
        kept = accounts.person("anna").totp
    assert secret not in kept
    sign_in(web, place, "anna")
    assert "no code" in post(web, "/account", do="drop_totp", old=PASSWORD).text


def test_codes_are_those_of_the_standard():
    secret = base64.b32encode(b"12345678901234567890").decode()  # RFC 6238, appendix B
    at = {59: "287082", 1111111109: "081804", 1234567890: "005924", 2000000000: "279037"}
    for moment, code in at.items():
        assert totp.code_at(secret, moment // 30) == code
        assert totp.matching_step(secret, code, moment + 30) == moment // 30
        assert totp.matching_step(secret, code, moment + 90) is None


# --- sharing --------------------------------------------------------------------------------------


@pytest.fixture
def shared(place, finished):
    sharing = place.services.sharing
    yield sharing
    with place.as_("ines"):
        for share in sharing.shares(finished):
            sharing.take_back(finished, share.id)


def test_a_lecture_is_shared_to_look_at_or_to_change(web, place, shared, finished):
    path, headers = f"/api/v1/lectures/{finished}", place.headers("rosa")
    with place.as_("ines"):
        shared.share_with(finished, "rosa")
    assert web.get(path, headers=headers).status_code == 200
    renamed = web.patch(path, json={"title": "Hers"}, headers=headers)
    assert (renamed.status_code, renamed.json()["code"]) == (403, "access_denied")
    assert finished in web.get("/api/v1/lectures", headers=headers).text
    with place.as_("rosa"), pytest.raises(AccessDenied, match="brought a lecture in"):
        shared.shares(finished)
    may_change = place.services.access.may_change
    with place.as_("rosa"):
        assert not may_change(finished)
    with place.as_("ines"):
        assert may_change(finished)
        shared.share_with(finished, "vera", "edit")
        id = shared.share_with(finished, "rosa", "edit")
    with place.as_("rosa"):
        assert may_change(finished)
    with place.as_("vera"):  # whoever shares it, a viewer looks
        assert not may_change(finished)
    assert web.patch(path, json={"title": "Heat & mass"}, headers=headers).status_code == 200
    with place.as_("ines"):
        shared.take_back(finished, id)
        with pytest.raises(NotFound):
            shared.share_with(finished, "nobody-here")
    assert web.get(path, headers=headers).status_code == 404


def test_a_link_shows_one_lecture_until_it_is_taken_back(web, place, shared, finished):
    with place.services.store.write() as con:
        create_lecture(con, id="other", title="O", media="m", sha256="0", size_bytes=1)
    with place.as_("ines"):
        secret, id = shared.share_link(finished, days=1)
    assert "shared a lecture with you" in web.get(f"/s/{secret}").text
    assert web.get("/api/v1/lectures").status_code == 401
    entered = post(web, f"/s/{secret}")
    assert entered.headers["location"] == f"/review?lecture={finished}"
    listed = web.get("/api/v1/lectures").json()["items"]
    assert [row["id"] for row in listed] == [finished]
    assert web.get("/api/v1/lectures/other").status_code == 404
    headers = {"Origin": BASE}
    changed = web.patch(f"/api/v1/lectures/{finished}", json={"title": "x"}, headers=headers)
    assert changed.status_code == 403
    with place.as_("ines"):
        shared.take_back(finished, id)
    assert web.get("/api/v1/lectures").status_code == 401
    assert post(web, f"/s/{secret}").status_code == 404
    with place.services.store.write() as con:
        con.run("delete from lecture where id = 'other'")


# --- secrets --------------------------------------------------------------------------------------


def given_out(web, place, accounts, finished):
    """Have one secret of every kind given out and used; return them by kind."""
    services, tokens = place.services, accounts.sign_in_program("anna", PASSWORD)
    newer = accounts.refresh(tokens.refresh)
    found = {
        **{"access": tokens.access, "refresh": tokens.refresh, "refreshed": newer.refresh},
        **{"password": PASSWORD, "new password": NEW, "local link": accounts.local_link()},
        **{"invitation": accounts.invite("viewer"), **place.secrets},
        "reset": accounts.reset_link(place.people["otto"].id),
    }
    with place.as_("ines"):
        found["share"] = services.sharing.share_link(finished, days=1)[0]
        clip = services.clips.list(services.jobs.latest(finished).id)[0]
        found["file"] = services.links.of_clip(clip.id, "video").url.rpartition("/")[2]
    entered = post(web, "/login", name="anna", password=PASSWORD)
    found["session"] = re.search("lh_session=([^;]+)", entered.headers["set-cookie"])[1]
    post(web, f"/s/{found['share']}")
    post(web, f"/invite/{found['invitation']}", name="nora", password=NEW)
    post(web, f"/reset/{found['reset']}", password=NEW)
    assert web.get(f"/api/v1/files/{found['file']}").status_code == 200
    sign_in(web, place, "anna")
    found["second factor"] = secret = new_factor(web)
    code = totp.code_at(secret, int(time.time() // 30))
    assert (
        "asks for a code" in post(web, "/account", do="confirm_totp", secret=secret, code=code).text
    )
    web.cookies.clear()
    for who in ("key read", "key admin", "rosa"):
        web.get("/api/v1/lectures", headers=place.headers(who))
    return found


def rows_as_text(store):
    """Return every cell of every table: a file may hold them packed, where no search finds them."""
    with store.read() as con:
        tables = con.rows("select table_name as name from duckdb_tables() where not internal")
        return "".join(
            str(row) for table in tables for row in con.rows(f"select * from {table['name']}")
        )


def test_no_secret_that_was_given_out_is_kept_or_logged(
    web, place, accounts, operator, shared, finished, caplog
):
    """Not in the store, its log, the broker's append-only file, nor in what is logged."""
    caplog.set_level("DEBUG")
    secrets = given_out(web, place, accounts, finished)
    place.services.redis.set("of-this-test", "in the append-only file")
    state = place.services.settings.state
    files = [path for path in state.rglob("*") if path.is_file()]
    assert any("appendonly" in str(path) for path in files)
    logged = [str(vars(one)) for one in caplog.records if not one.name.startswith("http")]
    rows = rows_as_text(place.services.store)
    with place.services.store.write() as con:
        con.run("update app_user set totp = null where name = 'anna'")
    kept = b"".join(path.read_bytes() for path in files) + (rows + "".join(logged)).encode()
    assert b"in the append-only file" in kept
    assert digest(secrets["share"]) in rows
    assert len(secrets) > 20
    assert not [
        kind for kind, secret in secrets.items() if len(secret) > 11 and secret.encode() in kept
    ]


def test_an_owner_shares_on_the_page_for_it(web, place, shared, finished):
    sign_in(web, place, "ines")
    path = f"/share/{finished}"
    assert "Only you see it." in web.get(path).text
    page = post(web, path, do="person", name="rosa", may="edit").text
    assert "rosa<td>look and change" in page
    page = post(web, path, do="link", days="3").text
    secret = re.search(r"/s/([\w-]{43})", page)[1]
    assert secret not in web.get(path).text
    assert "must lie in 1 to 365" in post(web, path, do="link", days="x").text
    for id in re.findall(r"name='share' value='(\w+)'", page):
        page = post(web, path, do="back", share=id).text
    assert "Only you see it." in page
    web.cookies.clear()
    sign_in(web, place, "vera")
    assert web.get(path).status_code == 403
