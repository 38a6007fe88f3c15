"""Rates: what counts as what, how buckets fill, what a refusal says, and what goes on without."""

import logging

import pytest

from app import patience
from app.client import Client
from app.connection import Refused
from app.main import app
from app.security import limits as module
from app.security.identity import NOBODY, PERMISSIONS, Principal
from app.security.limits import KINDS, Limits, network_key, rate_of
from app.security.routes import read_table
from app.security.using import ASKED_BY_PAGES
from tests.app.conftest import BASE
from tests.app.live import listening
from tests.app.people import town

ADA = Principal("ada", "ada", "viewer", PERMISSIONS["viewer"], "session", "s1")
KEY = Principal("ada", "ada", "viewer", PERMISSIONS["viewer"], "key", "k1")
GUEST = Principal("link:x", "guest", "viewer", PERMISSIONS["viewer"], "link", "s2")


@pytest.fixture
def limits(services):
    """Small limits over an empty set of buckets."""
    given = {"limits": "on", "rate_read": 10, "rate_write": 4, "rate_address": 3, "rate_login": 2}
    made = Limits(services.settings.model_copy(update=given), services.redis_url)
    yield made
    made.redis.delete(*made.redis.keys("rate:*"), "rate:none")
    made.close()


def pass_time(limits, seconds):
    """Let every bucket be so much older."""
    for key in limits.redis.keys("rate:*"):
        limits.redis.set(key, float(limits.redis.get(key) or 0) - 1000 * seconds)


def taken(limits, times, rate="read", who=ADA, address="192.0.2.1"):
    """Return how many of so many requests are taken."""
    return sum(not limits.take(rate, who, address).wait_s for _ in range(times))


def test_a_bucket_holds_a_minutes_worth_and_fills_evenly(limits):
    assert taken(limits, 13) == 10
    refused = limits.take("read", ADA, "")
    assert (refused.left, refused.limit) == (0, 10)
    assert 5.5 < refused.wait_s <= 6
    pass_time(limits, 6)
    assert taken(limits, 3) == 1
    pass_time(limits, 60)
    first = limits.take("read", ADA, "")
    assert (first.wait_s, first.left) == (0, 9)
    assert first.full_s == pytest.approx(6, abs=0.5)


def test_what_was_refused_costs_nothing_and_buckets_are_forgotten(limits):
    taken(limits, 50)
    assert limits.take("read", ADA, "").wait_s <= 6
    (key,) = limits.redis.keys("rate:*")
    assert key == b"rate:read:ada"
    assert 50_000 < limits.redis.pttl(key) <= 60_001


def test_kinds_people_and_addresses_have_buckets_of_their_own(limits):
    assert taken(limits, 20) == 10
    assert taken(limits, 20, "write") == 4
    assert taken(limits, 20, who=GUEST) == 10
    assert taken(limits, 20, who=NOBODY) == 3
    assert taken(limits, 20, who=NOBODY, address="192.0.2.2") == 3
    assert taken(limits, 5, "login", who=ADA) == 2, "who is in already has no more tries"
    assert limits.take("read", NOBODY, "192.0.2.1").rate == "address"


def test_a_key_leaves_its_person_room_and_takes_from_the_same(limits):
    assert taken(limits, 20, who=KEY) == 5
    assert taken(limits, 20) == 5
    pass_time(limits, 60)
    assert taken(limits, 8) == 8
    assert taken(limits, 20, who=KEY) == 2


def test_zero_is_no_limit(services):
    given = {"limits": "on", "rate_read": 0}
    made = Limits(services.settings.model_copy(update=given), services.redis_url)
    assert made.take("read", ADA, "") is None
    assert made.take("read", KEY, "") is None
    made.close()


def test_an_ipv6_network_is_one_sender():
    assert network_key("2001:db8::1:2") == network_key("2001:db8::ffff") == "2001:db8::"
    assert network_key("192.0.2.1") == "192.0.2.1"
    assert network_key("testclient") == "unknown"


@pytest.mark.parametrize(
    ("method", "path", "rate"),
    [
        ("GET", "/api/v1/lectures", "read"),
        ("POST", "/api/v1/lectures/x/plan", "read"),
        ("PATCH", "/api/v1/lectures/x", "write"),
        ("POST", "/api/v1/uploads", "upload"),
        ("PATCH", "/api/v1/uploads/x", "transfer"),
        ("HEAD", "/api/v1/clips/x/video", "transfer"),
        ("POST", "/api/v1/jobs/x/render", "render"),
        ("POST", "/login", "login"),
        ("GET", "/login", None),
        ("POST", "/logout", "write"),
        ("POST", "/account", "read"),
        ("WEBSOCKET", "/api/v1/jobs/x/ws", "read"),
        ("WEBSOCKET", "/_stcore/stream", None),
        ("GET", "/_stcore/health", None),
        ("GET", "/assets/deck.js", None),
        ("GET", "/static/js/main.js", None),
        ("GET", "/review", None),
        ("GET", "/healthz", None),
    ],
)
def test_what_counts_as_what(method, path, rate):
    assert rate_of(method, path) == rate


def test_every_line_of_the_tables_is_an_address():
    known = {(method, path) for _, method, path in read_table()}
    above = {("GET", "/oidc/{step}"), ("GET", "/app/static/media/{path:path}")}
    for table in (KINDS, ASKED_BY_PAGES):
        rows = {(method, path) for _, method, path in read_table(table)}
        assert rows - above - {("GET", "/_stcore/{path:path}")} <= known


RATES = {"rate_read": 3, "rate_address": 2, "rate_login": 2}


@pytest.fixture(scope="module")
def place(services, client):
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        town(
            services, monkeypatch, limits="on", rate_read=3, rate_address=2, rate_login=2
        ) as place,
    ):
        yield place


@pytest.fixture
def web(client, place):
    client.cookies.clear()
    redis = place.services.limits.redis
    redis.delete("none", *redis.keys("rate:*"))
    yield client
    client.cookies.clear()


def test_a_program_is_told_how_often_and_when_again(web, place):
    headers = place.headers("vera")
    first = web.get("/api/v1/lectures", headers=headers)
    assert first.headers["ratelimit-policy"] == '"read";q=3;w=60'
    assert first.headers["ratelimit"].startswith('"read";r=2;t=')
    assert "retry-after" not in first.headers
    for _ in range(2):
        assert web.get("/api/v1/lectures", headers=headers).status_code == 200
    refused = web.get("/api/v1/lectures", headers=headers)
    body = refused.json()
    assert (refused.status_code, body["code"]) == (429, "too_many_requests")
    assert refused.headers["content-type"] == "application/problem+json"
    assert 15 <= int(refused.headers["retry-after"]) <= 20
    assert "3 a minute are answered; go on in" in body["detail"]
    assert web.get("/api/v1/lectures", headers=place.headers("rosa")).status_code == 200
    assert web.get("/assets/none.js", headers=headers).status_code == 404
    assert "ratelimit" not in web.get("/_stcore/health").headers


def test_the_client_waits_as_told(web, place, monkeypatch):
    waited = []

    def sleep(seconds):
        waited.append(seconds)
        pass_time(place.services.limits, seconds)

    monkeypatch.setattr(patience, "sleep", sleep)
    secret = place.secrets["key read"]
    with listening(app) as address, Client(address, key=secret) as client:
        for _ in range(4):
            assert list(client.lectures()) is not None
        monkeypatch.setattr(patience, "LONGEST_S", 5.0)
        with pytest.raises(Refused, match="go on in") as refused:
            list(client.lectures())
    assert refused.value.code == "too_many_requests"
    assert len(waited) == 3
    assert all(55 <= seconds <= 60 for seconds in waited), "a key has one read a minute here"


def test_who_is_not_in_is_counted_by_address(web, place):
    wrong = {"Authorization": "Bearer lhk_wrong"}
    answers = [web.get("/api/v1/lectures", headers=wrong).status_code for _ in range(4)]
    assert answers == [401, 401, 429, 429]
    assert web.get("/api/v1/lectures", headers=place.headers("vera")).status_code == 200


def test_a_person_who_tries_too_often_reads_a_page(web):
    headers = {"Accept": "text/html", "Origin": BASE}
    for _ in range(2):
        assert web.post("/invite/nothing", data={}, headers=headers).status_code == 404
    refused = web.post("/invite/nothing", data={}, headers=headers)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    assert "A moment, please" in refused.text
    assert refused.headers["content-type"].startswith("text/html")


@pytest.fixture
def away(place, monkeypatch):
    """Limits whose broker is not there; they ask it again at every request."""
    monkeypatch.setattr(module, "AWAY_S", -1.0)
    made = Limits(place.services.settings, "unix:///nowhere/redis.sock")
    monkeypatch.setattr(place.services, "limits", made)
    return made


def test_without_redis_requests_go_on_and_it_is_said_once(web, place, away, monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    headers = place.headers("vera")
    for _ in range(5):
        assert web.get("/api/v1/lectures", headers=headers).status_code == 200
    again = Limits(place.services.settings, place.services.redis_url)
    monkeypatch.setattr(away, "redis", again.redis)
    for _ in range(2):
        assert "ratelimit" in web.get("/api/v1/lectures", headers=headers).headers
    again.close()
    said = [record.message for record in caplog.records if "rates" in record.message]
    assert said == ["rates are not counted: no broker", "rates are counted again"]


def test_a_redis_that_does_not_answer_is_left_alone_for_a_while(away, monkeypatch):
    monkeypatch.setattr(module, "AWAY_S", 60.0)
    asked = []
    real = away.redis.eval
    monkeypatch.setattr(away.redis, "eval", lambda *a: asked.append(1) or real(*a))
    for _ in range(20):
        assert away.take("read", ADA, "") is None
    assert len(asked) == 1


def test_in_local_mode_nothing_is_counted(services):
    assert not services.limits.on
    assert services.settings.model_copy(update={"limits": "on"}).limits_hold
    assert services.settings.model_copy(update={"auth": "password"}).limits_hold
    off = {"auth": "password", "limits": "off"}
    assert not services.settings.model_copy(update=off).limits_hold
    assert module.ANSWER_S < 1
