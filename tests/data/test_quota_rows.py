"""What people are allowed and have taken; on both engines."""

from datetime import timedelta

from data.jobs import create_job
from data.lectures import create_lecture
from data.quotas import Quota, find_quota, list_quotas, put_quota, taken_by
from data.records import now
from data.sweeps import create_sweep


def test_a_quota_stands_in_the_place_of_another_until_it_is_taken_back(store):
    with store.write() as con:
        assert find_quota(con, "ada") == Quota()
        put_quota(con, "ada", Quota(size_bytes=1 << 40, jobs=0), "root")
        put_quota(con, "bob", Quota(a_day=1), "root")
        assert find_quota(con, "ada") == Quota(size_bytes=1 << 40, jobs=0)
        put_quota(con, "ada", Quota(at_once=3), "root")
        assert list_quotas(con) == {"ada": Quota(at_once=3), "bob": Quota(a_day=1)}
        put_quota(con, "ada", Quota(), "root")
        assert list_quotas(con) == {"bob": Quota(a_day=1)}


def test_what_is_taken_is_counted_by_owner_and_since_a_moment(store):
    moment = now()
    with store.write() as con:
        for id, owner in (("a", "ada"), ("b", "ada"), ("c", "bob")):
            create_lecture(
                con, id=id, title=id, media="m", sha256=id, size_bytes=1 << 33, owner=owner
            )
        con.run("update lecture set created = $1 where id = 'a'", moment - timedelta(days=2))
        con.run("update lecture set created = $1, deleted = $1 where id = 'b'", moment)
        create_job(con, id="j1", lecture_id="a", params={}, keys={"intake": "k1"})
        create_job(con, id="j2", lecture_id="c", params={}, keys={"intake": "k2"})
        con.run("update job set status = 'failed' where id = 'j2'")
        create_sweep(con, id="s", axes=[], runs=[], owner="ada")
        ada = taken_by(con, "ada", moment - timedelta(days=1))
        bob = taken_by(con, "bob", moment + timedelta(hours=1))
        nobody = taken_by(con, "eve", moment)
    assert (ada.size_bytes, ada.lectures, ada.first, ada.jobs) == (1 << 34, 1, moment, 2)
    assert (bob.lectures, bob.first, bob.jobs) == (0, None, 0)
    assert (nobody.size_bytes, nobody.jobs) == (0, 0)
