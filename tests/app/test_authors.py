"""What people change is kept as theirs: clips, steps, captions, marks, layouts."""

import pytest

from agents.types import LayoutRegion
from data.authors import written_by
from data.clips import list_revisions
from data.edits import list_edits
from data.labels import list_labels
from data.overrides import list_overrides, put_layout_corrections
from tests.app.conftest import make_lecture
from tests.app.people import town


@pytest.fixture(scope="module")
def mine(tus, services):
    """A lecture of its own, owned by whoever signs in nowhere."""
    return make_lecture(tus, services)


@pytest.fixture(scope="module")
def place(services, mine):
    with pytest.MonkeyPatch.context() as patch, town(services, patch) as place:
        place.give(mine, "ines")
        with place.as_("ines"):
            place.services.sharing.share_with(mine, "rosa", "edit")
        yield place


def authors(rows):
    return [row.author for row in rows]


def test_a_step_and_the_revision_it_made_are_its_persons(place, mine):
    clips, job = place.services.clips, place.services.jobs.latest(mine)
    clip = clips.list(job.id)[0]
    for who, rating in (("ines", 3), ("rosa", 4)):
        with place.as_(who):
            clips.rate(clip.id, rating, revision=clips.get(clip.id).revision)
    ids = [place.people[who].id for who in ("ines", "rosa")]
    with place.services.store.read() as con:
        assert authors(list_revisions(con, clip.id)) == ids
        assert authors(list_edits(con, job.id)) == ids


def test_marks_are_common_and_what_stays_is_its_authors(place, mine):
    labels, store = place.services.labels, place.services.store
    ines, rosa = (place.people[who].id for who in ("ines", "rosa"))
    with place.as_("ines"):
        labels.mark(mine, 1.0, 2.0)
        labels.mark(mine, 3.0, 4.0)
    with place.as_("rosa"):
        assert labels.mark(mine, 3.5, 5.0) == [(1.0, 2.0), (3.0, 5.0)]
        with store.read() as con:
            assert authors(list_labels(con, mine)) == [ines, rosa]
        assert labels.unmark(mine, 1.0, 2.0) == [(3.0, 5.0)]
    with store.read() as con:
        assert authors(list_labels(con, mine)) == [rosa]


def test_a_corrected_layout_keeps_who_corrected_what(place, mine):
    first = LayoutRegion(0.0, 1.0, "screen_only", None, None, 1.0)
    second = LayoutRegion(1.0, 2.0, "camera_only", None, None, 1.0)
    with place.services.store.write() as con:
        with written_by("ines"):
            put_layout_corrections(con, mine, [first])
        with written_by("rosa"):
            put_layout_corrections(con, mine, [first, second])
        assert authors(list_overrides(con, mine, "layout")) == ["ines", "rosa"]


def test_where_nobody_signs_in_it_is_local(services, mine):
    job = services.jobs.latest(mine)
    clip = services.clips.list(job.id)[0]
    services.clips.rate(clip.id, 5, revision=clip.revision)
    with services.store.read() as con:
        assert authors(list_revisions(con, clip.id))[-1] == "local"
        assert authors(list_edits(con, job.id))[-1] == "local"
