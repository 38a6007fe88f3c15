"""Rows of people, sessions, keys, links, shares, lockouts and the audit; on both engines."""

from datetime import timedelta

import pytest

from agents.errors import NotFound
from data.audit import AuditFilter, add_line, search_audit
from data.invitations import (
    add_invitation,
    find_invitation,
    use_invitation,
)
from data.lectures import Visible, create_lecture, list_lectures, page_lectures
from data.lockouts import Lockout, clear_lockouts, find_lockouts, list_lockouts, put_lockout
from data.people import (
    add_person,
    find_person,
    find_subject,
    get_person,
    list_people,
    update_person,
)
from data.records import now
from data.sessions import (
    add_key,
    add_session,
    end_key,
    end_session,
    end_sessions,
    find_session,
    list_keys,
    open_sessions,
    touch_keys,
    touch_sessions,
)
from data.shares import add_share, end_share, open_shares

SOON = timedelta(hours=1)


def begin(con, id, person="p", family="f", **more):
    more = {"kind": "browser", "expires": now() + SOON, **more}
    add_session(con, id=id, person=person, family=family, **more)


def test_people_are_found_and_changed(con):
    added = add_person(con, id="p", name="ada", shown="Ada L.", role="instructor", subject="i s")
    assert find_person(con, "ada") == find_subject(con, "i s") == get_person(con, "p") == added
    assert find_person(con, "Ada") is None
    changed = update_person(con, "p", role="admin", password="hash")
    assert (changed.role, changed.password, changed.disabled) == ("admin", "hash", None)
    with pytest.raises(ValueError, match="name"):
        update_person(con, "p", name="other")
    assert list_people(con) == [changed]
    with pytest.raises(NotFound):
        get_person(con, "q")


def test_a_session_is_open_until_it_ends_or_runs_out(con):
    begin(con, "a")
    begin(con, "b", family="g")
    begin(con, "late", expires=now() - SOON)
    assert {session.id for session in open_sessions(con)} == {"a", "b"}
    end_session(con, "a")
    assert [session.id for session in open_sessions(con)] == ["b"]
    assert find_session(con, "a").ended is not None
    assert find_session(con, "nobody") is None


def test_all_sessions_of_a_person_but_one_sign_in_can_be_ended(con):
    begin(con, "a")
    begin(con, "b", family="g")
    begin(con, "c", person="q", family="h")
    end_sessions(con, person="p", but="g")
    assert {session.id for session in open_sessions(con)} == {"b", "c"}
    end_sessions(con, family="h")
    assert [session.id for session in open_sessions(con)] == ["b"]


def test_when_a_session_was_seen_only_moves_forward(con):
    begin(con, "a")
    later = now() + timedelta(minutes=5)
    touch_sessions(con, {"a": later})
    touch_sessions(con, {"a": later - SOON})
    assert find_session(con, "a").seen == later


def test_keys_keep_their_scopes_until_they_are_revoked(con):
    add_key(con, id="k", person="p", name="CI", hash="h", scopes=["read", "write"], expires=None)
    add_key(con, id="l", person="q", name="x", hash="i", scopes=[], expires=now() + SOON)
    touch_keys(con, {"k": now()})
    (key,) = list_keys(con, "p")
    assert (key.scopes, key.hash, key.seen is not None) == (("read", "write"), "h", True)
    end_key(con, "k")
    assert [key.id for key in list_keys(con)] == ["l"]


def test_a_link_is_used_once_and_in_time(con):
    for id, expires in (("a", now() + SOON), ("b", now() - SOON)):
        add_invitation(con, id=id, kind="invite", role="viewer", author="p", expires=expires)
    assert find_invitation(con, "b") is None
    assert find_invitation(con, "a").role == "viewer"
    use_invitation(con, "a")
    assert find_invitation(con, "a") is None


def test_shares_hold_until_they_are_taken_back_or_run_out(con):
    create_lecture(con, id="a", title="A", media="m", sha256="0", size_bytes=1, owner="p")
    add_share(con, id="1", lecture_id="a", author="p", person="q", may="edit")
    add_share(con, id="2", lecture_id="a", author="p", hash="h", expires=now() + SOON)
    add_share(con, id="3", lecture_id="a", author="p", hash="i", expires=now() - SOON)
    assert {share.id for share in open_shares(con)} == {"1", "2"}
    assert open_shares(con, "b") == []
    end_share(con, "1")
    assert [share.id for share in open_shares(con, "a")] == ["2"]


def test_lists_hold_what_a_person_owns_and_what_is_shared(con):
    for id, owner in (("a", "p"), ("b", "q"), ("c", "q")):
        create_lecture(con, id=id, title=id, media="m", sha256="0", size_bytes=1, owner=owner)
    seen = Visible("p", ["c"])
    assert {lecture.id for lecture in list_lectures(con, visible=seen)} == {"a", "c"}
    assert {one.id for one in page_lectures(con, after=None, limit=9, visible=seen)} == {"a", "c"}
    assert len(list_lectures(con)) == len(page_lectures(con, after=None, limit=9)) == 3


def test_lockouts_are_replaced_and_cleared(con):
    for failures in (1, 2):
        put_lockout(con, Lockout("ip:1", failures, now(), now() + SOON))
    (found,) = find_lockouts(con, ["ip:1", "name:x"])
    assert found.failures == 2
    clear_lockouts(con, ["ip:1"])
    assert list_lockouts(con) == []


def test_the_audit_is_searched_in_any_of_its_words(con):
    add_line(con, "sign in", person="p", result="wrong_password", ip="192.0.2.0")
    add_line(con, "share lecture", person="q", object="abc")
    assert [line.action for line in search_audit(con)] == ["share lecture", "sign in"]
    assert [line.person for line in search_audit(con, AuditFilter("WRONG"))] == ["p"]
    assert search_audit(con, AuditFilter("abc", until=now() - SOON)) == []
    assert search_audit(con, AuditFilter("%b_")) == [], "no character is special"
    assert search_audit(con, AuditFilter(person="p", action="share lecture")) == []
    assert len(search_audit(con, AuditFilter(person="p", since=now() - SOON))) == 1
    (newest, oldest) = search_audit(con)
    assert search_audit(con, after=(newest.ts, 1), limit=1) == [oldest]
