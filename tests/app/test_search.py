"""Search over all lectures, and the filters of the library, on a store of many."""

from datetime import datetime, timedelta

import pytest

from agents.types import Transcript, TranscriptSegment
from app.services.lectures import LectureCard
from app.services.root import Services
from app.services.search import words_around, words_of
from app.settings import Settings
from app.views.shelf import Filters, chosen_cards, languages
from data.artifacts import save_result
from data.jobs import create_job
from data.lectures import create_lecture, delete_lecture
from data.records import Job, Lecture

NOW = datetime(2026, 11, 22, 12, 0)
SAID = {
    "trees": ["A balanced tree stays low.", "Rotations balance the tree again.", "50% of it."],
    "heaps": ["A heap is a tree as well.", 'He said "never" twice.', "100 of them."],
    "gone": ["Another tree that was deleted."],
}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    services = Services(Settings(state=tmp_path_factory.mktemp("state"), local_link=False))
    services.store.migrate()
    with services.store.write() as con:
        for name, said in SAID.items():
            create_lecture(con, id=name, title=name.title(), media="m", sha256=name, size_bytes=1)
            segments = tuple(
                TranscriptSegment(10.0 * n, 10.0 * n + 9, text, ()) for n, text in enumerate(said)
            )
            value = Transcript("en", "captions", segments)
            save_result(con, "transcript", f"key-{name}", value, services.artifacts.root)
            keys = {"intake": f"i-{name}", "transcript": f"key-{name}"}
            create_job(con, id=f"job-{name}", lecture_id=name, params={}, keys=keys)
        delete_lecture(con, "gone")
    yield services
    services.close()


def found(library, text):
    return [(hit.lecture_id, hit.start) for hit in library.search.said(text)]


def test_all_words_must_be_said_in_one_sentence(library):
    assert set(found(library, "tree")) == {("trees", 0.0), ("trees", 10.0), ("heaps", 0.0)}
    assert found(library, "TREE balance again") == [("trees", 10.0)]
    assert found(library, "heap rotations") == []
    assert found(library, '"tree as"') == [("heaps", 0.0)]
    assert found(library, '"as tree"') == []


def test_signs_of_patterns_and_quotes_mean_themselves(library):
    assert found(library, "0%") == [("trees", 20.0)]
    assert found(library, "_") == found(library, "!") == []
    assert found(library, "'; drop table lecture; --") == []
    assert len(library.lectures.list()) == 2


def test_nothing_asked_is_nothing_found(library):
    for text in ("", "   ", '""', '"', "\x00\u202e"):
        assert found(library, text) == []


def test_question_of_any_length_is_cut(library):
    assert len(words_of("a b " * 5000)) == 8
    assert found(library, "x" * 10_000) == []


def test_only_a_few_places_of_a_lecture_are_shown_but_all_are_counted(library, monkeypatch):
    monkeypatch.setattr("app.services.search.PER_LECTURE", 1)
    hits = {hit.lecture_id: hit.found for hit in library.search.said("TREE")}
    assert hits == {"trees": 2, "heaps": 1}
    assert len(library.search.said("TREE")) == 2


def test_words_around_keep_the_hit_and_say_that_they_are_cut():
    text = " ".join(f"word{n}" for n in range(400))
    shown = words_around(text, ["word200"])
    assert shown.startswith("… word")
    assert shown.endswith(" …")
    assert "word200" in shown
    assert len(shown) < 400
    assert words_around("short and plain", ["plain"]) == "short and plain"
    assert len(words_around("x" * 10_000, ["x"])) < 400


def card(id, *, status="completed", minutes=10.0, age_h=1.0, language="en", clips=1):
    created = NOW - timedelta(hours=age_h)
    duration = minutes and minutes * 60
    lecture = Lecture(
        *(id, "local", id, "m", "s", 1, None, "", duration, 1, 1, 25.0, language),
        *(created, created, None),
    )
    job = Job("j", id, None, {}, status, None, None, created, created, None)
    return LectureCard(lecture, job, clips, None)


CARDS = [
    card("alpha", age_h=2, minutes=15.0, clips=9),
    card("Beta", status="failed", minutes=None, age_h=30, language="de"),
    card("gamma", status="running", minutes=90.0, age_h=24 * 20),
]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), ["alpha", "Beta", "gamma"]),
        (Filters(order="Oldest first"), ["gamma", "Beta", "alpha"]),
        (Filters(order="Title"), ["alpha", "Beta", "gamma"]),
        (Filters(order="Longest first"), ["gamma", "alpha", "Beta"]),
        (Filters(order="Most clips first"), ["alpha", "Beta", "gamma"]),
        (Filters(status="Failed"), ["Beta"]),
        (Filters(language="de"), ["Beta"]),
        (Filters(length="Under 20 min"), ["alpha"]),
        (Filters(length="Over 60 min"), ["gamma"]),
        (Filters(added="Last 7 days"), ["alpha", "Beta"]),
        (Filters(text="bet"), ["Beta", "gamma"]),
        (Filters(text="alpha", status="Running"), []),
    ],
)
def test_filters_let_through_what_fits_all_of_them(filters, expected):
    shown = chosen_cards(CARDS, filters, ["gamma"] if filters.text == "bet" else [], NOW)
    assert [one.lecture.id for one in shown] == expected


def test_languages_that_occur_are_offered():
    assert languages(CARDS) == ["Any language", "de", "en"]
