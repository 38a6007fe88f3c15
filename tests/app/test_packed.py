"""Answers that are kept as they are sent: never stale, and never for somebody without the right."""

import gzip
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from agents.types import LayoutRegion
from app.packed import PackedBodies
from app.security.identity import OPERATOR, acting_as
from app.services.core import workshop_config
from app.services.root import Services
from data.lectures import update_lecture
from tests.app.conftest import make_lecture
from tests.app.people import town_with

OF_RUN = ("silences", "transcript", "layouts", "slides", "topics", "sentences", "features", "clips")
OF_LECTURE = ("", "/bundle", "/peaks", "/runs", "/transcript.vtt", "/transcript.json")


@pytest.fixture(scope="module")
def mine(tus, services):
    return make_lecture(tus, services)


@pytest.fixture(scope="module")
def place(services, mine):
    with town_with(services, mine) as place:
        yield place


@pytest.fixture(scope="module")
def elsewhere(place):
    """Another process's services over the same store: nothing of them is shared in memory."""
    settings = place.services.settings
    stages = {"stages": "tests.app.small_stages:stages"}
    other = Services(settings, workshop_config(settings).model_copy(update=stages))
    yield other
    other.close()


@pytest.fixture(scope="module")
def job(place, mine):
    with acting_as(OPERATOR):
        return place.services.jobs.latest(mine)


@pytest.fixture
def read(client, place, mine, job):
    """Return a function that answers every read of the lecture to somebody, by address."""
    paths = [f"/lectures/{mine}{end}" for end in OF_LECTURE]
    paths += [f"/jobs/{job.id}/{end}" for end in OF_RUN]
    paths.append("/search?q=Sentence")

    def read(who, **headers):
        told = {**place.headers(who), **headers}
        return {path: client.get(f"/api/v1{path}", headers=told) for path in paths}

    return read


def statuses(answers):
    return {answer.status_code for answer in answers.values()}


def changed(before, after):
    """Return the ends of the addresses whose bodies differ."""
    return {path.rpartition("/")[2] for path in before if before[path].text != after[path].text}


def test_a_repeated_read_has_the_same_tag_and_needs_no_body(read):
    first = read("ines")
    assert statuses(first) == {200}
    tagged = {
        path: answer.headers["etag"] for path, answer in first.items() if "etag" in answer.headers
    }
    assert len(set(tagged.values())) == len(tagged) >= 9
    for path, answer in read("ines", **{"If-None-Match": ", ".join(tagged.values())}).items():
        assert answer.status_code == (304 if path in tagged else 200)
        assert path not in tagged or (answer.content, answer.headers["etag"]) == (b"", tagged[path])


def test_what_is_kept_packed_is_read_by_those_who_cannot_unpack(read):
    packed, plain = read("ines"), read("ines", **{"Accept-Encoding": "identity"})
    assert changed(packed, plain) == set()
    kept = [path for path, answer in packed.items() if "etag" in answer.headers]
    assert {packed[path].headers["content-encoding"] for path in kept} == {"gzip"}
    assert all("content-encoding" not in plain[path].headers for path in kept)


def test_a_caption_corrected_by_another_process_is_in_the_next_answer_and_so_is_its_undoing(
    read, elsewhere, job
):
    before = read("ines")
    with acting_as(OPERATOR):
        elsewhere.clips.caption(job.id, 30.0, "Sentence corrected.", "Sentence 3 <b>&")
    after = read("ines")
    said = {"bundle", "transcript", "sentences", "transcript.vtt", "transcript.json"}
    assert said <= changed(before, after)
    for path, answer in after.items():
        if path.rpartition("/")[2] in said:
            assert "Sentence corrected." in answer.text, path
    with acting_as(OPERATOR):
        elsewhere.clips.undo(job.id)
    again = read("ines")
    assert said & changed(before, again) <= {"bundle"}  # its clips may know that they were seen
    assert all("Sentence corrected." not in answer.text for answer in again.values())


def test_a_clip_changed_by_another_process_is_in_the_next_answer(read, elsewhere, job):
    before = read("ines")
    with acting_as(OPERATOR):
        clip = elsewhere.clips.list(job.id)[0]
        elsewhere.clips.rename(clip.id, "Renamed elsewhere")
    after = read("ines")
    assert changed(before, after) == {"bundle", "clips"}
    assert after[f"/jobs/{job.id}/clips"].json()[0]["title"] == "Renamed elsewhere"
    assert "Renamed elsewhere" in after[f"/lectures/{job.lecture_id}/bundle"].text


def test_another_title_is_in_the_next_answer(read, elsewhere, mine):
    before = read("ines")
    with acting_as(OPERATOR):
        elsewhere.lectures.rename(mine, "Another title")
    after = read("ines")
    assert {mine, "bundle", "transcript.json", "search?q=Sentence"} <= changed(before, after)
    assert "Another title" in after[f"/lectures/{mine}/transcript.json"].text
    assert (
        "Another%20title"
        not in before[f"/lectures/{mine}/transcript.vtt"].headers["content-disposition"]
    )


def test_a_newer_run_is_what_a_lectures_addresses_show(read, elsewhere, place, job):
    before = read("ines")
    region = LayoutRegion(0.0, 60.0, "camera_only", None, None, 1.0)
    assert "camera_only" not in before[f"/lectures/{job.lecture_id}/bundle"].text
    with acting_as(OPERATOR):
        from data.overrides import put_layout_corrections
        from tests.app.conftest import finish

        with elsewhere.store.write() as con:
            put_layout_corrections(con, job.lecture_id, [region])
        newer = elsewhere.jobs.recompile(job.lecture_id, {})
        finish(elsewhere, newer.id)
    after = read("ines")
    assert {"bundle", "runs"} <= changed(before, after)
    assert "camera_only" in after[f"/lectures/{job.lecture_id}/bundle"].text
    assert after[f"/jobs/{job.id}/layouts"].text == before[f"/jobs/{job.id}/layouts"].text


def test_who_lost_the_right_gets_nothing_that_others_have_in_memory(read, place, elsewhere, mine):
    """Shared, taken back, owner changed: all by another process."""
    with place.as_("ines"):
        place.services.sharing.share_with(mine, "otto", "view")
    seen = read("otto")
    assert statuses(seen) == {200}
    tags = ", ".join(answer.headers.get("etag", '""') for answer in seen.values())
    with acting_as(OPERATOR):
        (share,) = (one for one in elsewhere.sharing.shares(mine))
        elsewhere.sharing.take_back(mine, share.id)
    place.services.directory.changed()  # else it may go on for less than half a second
    refused = read("otto", **{"If-None-Match": tags})
    assert refused.pop("/search?q=Sentence").json() == []
    assert statuses(refused) == {404}
    assert statuses(read("ines")) == {200}
    with elsewhere.store.write() as con:
        update_lecture(con, mine, owner=place.people["otto"].id)
    refused = read("ines", **{"If-None-Match": tags})
    assert refused.pop("/search?q=Sentence").json() == []
    assert statuses(refused) == {404}
    assert statuses(read("otto")) == {200}
    with elsewhere.store.write() as con:
        update_lecture(con, mine, owner=place.people["ines"].id)


def test_a_revoked_key_gets_nothing_that_is_in_memory(read, place, elsewhere, mine):
    with place.as_("ines"):
        place.secrets["key of ines"] = place.services.accounts.make_key("reads", ["read"])
        assert statuses(read("key of ines")) == {200}
        (key,) = (one for one in elsewhere.accounts.my_keys() if one.name == "reads")
        elsewhere.accounts.revoke_key(key.id)
    place.services.directory.changed()
    assert statuses(read("key of ines")) == {401}


def test_a_deleted_lecture_is_gone_from_the_next_answer_on_for_all(read, elsewhere, mine):
    assert statuses(read("anna")) == statuses(read("ines")) == {200}
    with acting_as(OPERATOR):
        elsewhere.lectures.delete(mine)
    for who in ("ines", "anna"):
        gone = read(who)
        assert mine not in gone.pop("/search?q=Sentence").text
        assert statuses(gone) == {404}
    with acting_as(OPERATOR):
        elsewhere.lectures.restore(mine)
    assert statuses(read("ines")) == {200}


# --- the bodies themselves ------------------------------------------------------------------------


def test_a_body_is_made_once_and_again_when_what_it_depends_on_has_changed():
    bodies, made = PackedBodies(10_000), []

    def get(told):
        return bodies.get(lambda: told, lambda: made.append(told) or told.encode())

    assert get("a") is get("a")
    assert gzip.decompress(get("b").body) == b"b"
    assert get("a").tag != get("b").tag
    assert made == ["a", "b"]


def test_a_body_during_whose_making_something_changed_is_not_kept():
    """It would come back when that is undone: `one` may have been made of what `two` says."""
    bodies, state = PackedBodies(10_000), ["one"]

    def make():
        state[0] = "two"
        return b"of two"

    passing = bodies.get(lambda: state[0], make)
    assert bodies.size_bytes == 0
    state[0] = "one"
    found = bodies.get(lambda: state[0], lambda: b"of one")
    assert gzip.decompress(found.body) == b"of one"
    assert found.tag != passing.tag


def test_bodies_stay_within_their_bytes_and_the_oldest_go():
    bodies = PackedBodies(100)
    for number in range(20):
        bodies.get(lambda told=str(number): told, lambda: b"x")
    assert 50 < bodies.size_bytes <= 100
    bodies.get(lambda: "19", lambda: pytest.fail("the last is still there"))
    assert gzip.decompress(bodies.get(lambda: "0", lambda: b"again").body) == b"again"


def test_many_who_ask_at_once_have_it_made_once():
    bodies, made, gate = PackedBodies(10_000), [], threading.Barrier(8)

    def ask():
        gate.wait(30)
        return bodies.get(lambda: "told", lambda: made.append(1) or b"body")

    with ThreadPoolExecutor(8) as pool:
        found = {pool.submit(ask).result for _ in range(8)}
        assert len({result(30) for result in found}) == 1
    assert made == [1]
