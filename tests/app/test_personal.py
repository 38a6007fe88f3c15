"""One person's data: handed out whole, erased for good, and no trace of them is left."""

import io
import json
import secrets
import zipfile
from contextlib import ExitStack, contextmanager

import pytest

from agents.errors import AccessDenied, LectureError, NotFound
from app.security.identity import OPERATOR, acting_as, principal_of
from app.services.entering import SignInRefused
from data.edits import add_edit
from data.labels import put_labels
from data.lectures import create_lecture, delete_lecture, update_lecture
from data.lockouts import Lockout, put_lockout
from data.people import find_person, update_person
from data.presets import put_preset
from data.purging import purge_lecture
from data.records import now
from data.shares import add_share, open_shares
from data.store import open_store
from tests.app.conftest import BASE, finish
from tests.app.people import PASSWORD, town
from tests.app.tus import recording
from tests.engines import postgres_schema, postgres_server

NAME, EMAIL, SHOWN = "zora.quill", "zora@quillmail.example", "Zora Quillfeather"
TRACES = (b"zora.quill", b"quillmail", b"Quillfeather")


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def place(request, services, tmp_path_factory):
    """People over a store of their own engine, and over a state folder of their own."""
    with ExitStack() as stack:
        url = None
        if request.param == "postgres":
            url = stack.enter_context(postgres_schema(stack.enter_context(postgres_server())))
        state = tmp_path_factory.mktemp("personal")
        monkeypatch = stack.enter_context(pytest.MonkeyPatch.context())
        open_store(url or state / "lecture.duckdb").migrate()
        place = stack.enter_context(town(services, monkeypatch, state=state, store_url=url))
        yield place


@pytest.fixture
def operator():
    with acting_as(OPERATOR):
        yield


def bring_in(services, folder):
    """Return the id of a new lecture whose job is completed."""
    id = secrets.token_hex(16)
    (folder / "talk.mp4").write_bytes(recording(5_000, salt=secrets.randbelow(1 << 30)))
    services.lectures.add_file(id, folder / "talk.mp4", title="Heat")
    finish(services, services.jobs.submit(id, {}).id)
    return id


@pytest.fixture(scope="module")
def foreign(place, tmp_path_factory):
    """A lecture of somebody else, that she has judged."""
    with acting_as(OPERATOR):
        return bring_in(place.services, tmp_path_factory.mktemp("foreign"))


@pytest.fixture
def zora(place, foreign, operator):
    """A person who has left something in every table."""
    mine = place.services
    person = mine.accounts.make_person(NAME, "instructor", SHOWN)
    job = mine.jobs.latest(foreign)
    with mine.store.write() as con:
        update_person(con, person.id, email=EMAIL)
        put_labels(con, foreign, "dull", [(0.0, 1.0)], author=person.id)
        add_edit(con, job.id, foreign, "Renamed clip 1", [], author=person.id)
        put_preset(con, id="hers", name=SHOWN, params={}, owner=person.id)
        put_preset(con, id="common", name="Common", params={}, owner=person.id, shared=True)
        put_lockout(con, Lockout(f"name:{NAME}", 2, now(), now()))
    mine.accounts.forget_lockout(f"name:{NAME}")
    with mine.store.write() as con:
        put_lockout(con, Lockout(f"name:{NAME}", 2, now(), now()))
    with acting_as(principal_of(person)):
        mine.accounts.make_key("program", ["read"])
        upload = mine.lectures.reserve(name="quillmail.mp4", size=9, title=SHOWN)
    mine.sharing.share_with(foreign, NAME)
    yield person
    mine.uploads.delete(upload.id)
    with mine.store.write() as con:
        con.run("delete from preset where id in ('hers', 'common')")
        con.run("delete from label where lecture_id = $1", foreign)
        con.run("delete from app_user where id = $1", person.id)


def traces(services, *more):
    """Return where a name or address of hers is still found: tables, then files."""
    wanted = (*TRACES, *more)
    with services.store.read() as con:
        names = con.rows(
            "select table_name as name from information_schema.tables"
            " where table_schema = current_schema()"
        )
        found = [
            name
            for (name,) in (row.values() for row in names)
            for row in con.rows(f"select * from {name}")
            if any(word in repr(row).encode() for word in wanted)
        ]
    files = [path for path in services.settings.state.rglob("*") if path.is_file()]
    return found + [path for path in files if any(word in path.read_bytes() for word in wanted)]


def opened(archive):
    name, blocks = archive
    return name, zipfile.ZipFile(io.BytesIO(b"".join(blocks)))


def test_a_person_gets_all_that_is_known_and_no_secret(place, zora, foreign):
    person, mine = zora, place.services
    place.give(foreign, "otto")
    with mine.store.write() as con:
        update_lecture(con, foreign, owner=person.id, title=f"{SHOWN} on heat")
    with acting_as(principal_of(person)):
        name, archive = opened(mine.personal.my_archive())
    assert name == "zora-quill-data.zip"
    assert archive.testzip() is None
    account = json.loads(archive.read("account.json"))[0]
    assert (account["email"], account["shown"]) == (EMAIL, SHOWN)
    assert [mark["lecture_id"] for mark in json.loads(archive.read("marks.json"))] == [foreign]
    assert [one["name"] for one in json.loads(archive.read("keys.json"))] == ["program"]
    assert json.loads(archive.read("unfinished_uploads.json"))[0]["name"] == "quillmail.mp4"
    folder = f"lectures/zora-quillfeather-on-heat-{foreign[:12]}"
    inside = {one.removeprefix(f"{folder}/") for one in archive.namelist() if folder in one}
    assert {"lecture.json", "recording.mp4"} <= inside
    assert archive.read(f"{folder}/recording.mp4") == mine.media.path(foreign).read_bytes()
    told = json.loads(archive.read(f"{folder}/lecture.json"))
    assert told["lecture"][0]["owner"] == person.id
    assert len(told["clips"]) == len([one for one in inside if one.endswith(".mp4")]) - 1 > 0
    everything = b"".join(archive.read(one) for one in archive.namelist() if "json" in one)
    hashes = [row["hash"] for row in _rows(mine, "select hash from api_key")]
    assert not any(hash.encode() in everything for hash in hashes)
    with acting_as(OPERATOR):
        assert opened(mine.personal.archive(person.id))[1].namelist() == archive.namelist()
    with mine.store.write() as con:
        update_lecture(con, foreign, owner="local", title="Heat")


def test_lectures_can_go_to_somebody_else(place, zora):
    person, mine, otto = zora, place.services, place.people["otto"]
    with mine.store.write() as con:
        common = {"media": "m", "sha256": "0", "size_bytes": 1, "owner": person.id}
        create_lecture(con, id="handed", title="Handed", **common)
        delete_lecture(con, create_lecture(con, id="binned", title="Binned", **common).id)
        add_share(con, id="s", lecture_id="handed", author=person.id, person=otto.id)
    with pytest.raises(LectureError, match="viewer"):
        mine.personal.erase(person.id, place.people["vera"].id)
    mine.personal.erase(person.id, otto.id)
    with place.as_("otto"):
        assert mine.lectures.get("handed").owner == otto.id
        assert [one.id for one in mine.lectures.deleted()] == ["binned"]
    with mine.store.write() as con:
        assert open_shares(con, "handed") == []
        con.run("delete from preset where id = 'hers'")  # named by her: it is his now
        for id in ("handed", "binned"):
            purge_lecture(con, id)
    mine.store.rewrite()
    assert traces(mine, person.id.encode()) == []


class Killed(BaseException):
    """What stands for the end of the process."""


@contextmanager
def killed_at(services, step):
    """Let the process end at the n-th thing that an erase changes."""
    left = [step]

    def counted(method):
        def call(*args, **kwargs):
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return method(*args, **kwargs)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in (
            (services.store, "write"), (services.store, "rewrite"), (services.media, "delete"),
            (services.artifacts, "drop"), (services.uploads.__dict__["_service"], "delete"),
        ):  # fmt: skip
            patch.setattr(owner, name, counted(getattr(owner, name)))
        yield left


def test_an_erase_that_is_killed_anywhere_goes_on_and_leaves_no_trace(
    place, zora, foreign, tmp_path
):
    person, mine, steps = zora, place.services, 0
    lecture = bring_in(mine, tmp_path)
    with mine.store.write() as con:
        update_lecture(con, lecture, owner=person.id, title=f"{SHOWN} on heat")
    with acting_as(principal_of(person)):
        mine.sharing.share_with(lecture, "otto")
    keys = {row["key"] for row in _rows(mine, "select key from stage")}
    assert len(traces(mine)) > 5
    for step in (1, 2, 1, 3, 0, 2, 5, 1, 40):
        try:
            with killed_at(mine, step) as left:
                mine.personal.go_on() if steps else mine.personal.erase(person.id)
        except Killed:
            steps += step
            with mine.store.read() as con:
                found = find_person(con, NAME)
            assert found is None or found.disabled is not None
        else:
            break
    assert steps >= 6
    assert left[0] > 0
    assert traces(mine, person.id.encode()) == []
    assert (mine.personal.erasing(), mine.personal.go_on()) == ([], 0)
    gone = keys - {row["key"] for row in _rows(mine, "select key from stage")}
    assert gone
    assert not gone & {path.name for path in (mine.settings.state / "results").iterdir()}
    assert not (mine.settings.state / "media" / lecture).exists()
    assert mine.lectures.get(foreign).id == foreign
    of_hers = f"select author from label where lecture_id = '{foreign}'"
    (told,) = {row["author"] for row in _rows(mine, of_hers)}
    assert told.startswith("erased-")
    (line,) = [one for one in mine.accounts.audit("erase person") if one.object == told]
    assert line.person == OPERATOR.id
    assert told in {one.object for one in mine.accounts.audit("make person")}
    assert _rows(mine, "select owner from preset where id = 'common'")[0]["owner"] == told


def test_people_erase_themselves_with_name_and_password(place, zora):
    mine, person = place.services, zora
    for name, password, error in (
        (NAME, "wrong wrong wrong", SignInRefused),
        ("otto", PASSWORD, LectureError),
    ):
        with signed_in(place, person), pytest.raises(error):
            mine.personal.erase_me(name, password)
        with mine.store.write() as con:
            con.run("delete from lockout")
    with signed_in(place, person):
        mine.personal.erase_me(f" {NAME.upper()} ", PASSWORD, heir="otto")
    with pytest.raises(NotFound):
        mine.accounts.person(NAME)
    assert [one.person[:7] for one in mine.accounts.audit("erase person", limit=1)] == ["erased-"]


@contextmanager
def signed_in(place, person):
    """Act as a person who has signed in with a password."""
    from dataclasses import replace

    from app.security.passwords import hash_password

    with place.services.store.write() as con:
        update_person(con, person.id, password=hash_password(PASSWORD))
    with acting_as(replace(principal_of(person), via="session")):
        yield


def test_the_last_administrator_stays(place, operator):
    with pytest.raises(AccessDenied, match="only administrator"):
        place.services.personal.erase(place.people["anna"].id)


def _rows(services, sql):
    with services.store.read() as con:
        return con.rows(sql)


def test_the_account_page_hands_out_and_erases(place, zora, client):
    mine = place.services
    with signed_in(place, zora):
        secret = mine.accounts.sign_in(NAME, PASSWORD).secret
    client.cookies.clear()
    headers = {"Cookie": f"lh_session={secret}", "Origin": BASE}
    page = client.get("/account", headers=headers).text
    assert "/api/v1/me/data.zip" in page
    assert "Who gets your lectures" in page
    saved = client.get("/api/v1/me/data.zip", headers=headers)
    assert saved.headers["content-disposition"].startswith("attachment")
    assert "account.json" in zipfile.ZipFile(io.BytesIO(saved.content)).namelist()
    form = {"do": "erase", "typed": "somebody", "own": PASSWORD, "heir": ""}
    refused = client.post("/account", data=form, headers=headers)
    assert (refused.status_code, "Type &#x27;zora.quill&#x27;" in refused.text) == (422, True)
    done = client.post("/account", data={**form, "typed": NAME}, headers=headers)
    assert "Your account is erased." in done.text
    assert client.get("/api/v1/me/data.zip", headers=headers).status_code == 401
    with mine.store.read() as con:
        assert find_person(con, NAME) is None


def test_administrators_erase_through_the_api(place, zora, client):
    client.cookies.clear()
    headers, url = place.headers("anna"), f"/api/v1/users/{zora.id}"
    assert client.get(f"{url}/data.zip", headers=headers).status_code == 200
    for body, status in (({"name": "otto"}, 400), ({"name": NAME, "heir": "x"}, 404)):
        answer = client.post(f"{url}/erase", json=body, headers=headers)
        assert answer.status_code == status, answer.text
    assert client.post(f"{url}/erase", json={"name": NAME}, headers=headers).status_code == 204
    again = client.post(f"{url}/erase", json={"name": NAME}, headers=headers)
    assert again.status_code == 404
