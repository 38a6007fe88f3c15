"""The page Admin: for administrators, with everything they can end, make and look up."""

from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from app.security import identity
from app.security.identity import OPERATOR, acting_as, principal_of
from app.views.text import plain
from data.lockouts import Lockout, put_lockout
from data.records import now
from tests.app.people import town_with
from tests.app.test_pages import UI


@pytest.fixture(scope="module")
def place(services, finished):
    with town_with(services, finished) as place:
        yield place


@pytest.fixture
def open_page(place, monkeypatch):
    """Open the app as somebody, at a part of the page Admin."""

    def opened(who, part="People"):
        principal = principal_of(place.people[who])
        monkeypatch.setattr(identity, "find_page_principal", lambda: principal)
        page = AppTest.from_file(UI, default_timeout=60)
        page.run()
        if who == "anna":
            page.switch_page("../pages/admin.py").run()
        assert not page.exception
        if who == "anna" and part != "People":
            page.segmented_control[0].set_value(part).run()
            assert not page.exception
        return page

    return opened


def press(page, label):
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception
    return page


def test_people_get_roles_links_and_an_end(place, open_page):
    page = open_page("anna")
    assert page.title[0].value == "Admin"
    assert list(page.dataframe[0].value["Name"]) == ["anna", "ines", "otto", "rosa", "vera"]
    press(page, "Make an invitation link")
    assert "/invite/" in page.code[0].value
    page.selectbox(key="person").set_value("otto").run()
    id = place.people["otto"].id
    page.selectbox(key=f"r{id}").set_value("researcher").run()
    press(page, "Set the role")
    assert page.success[0].value == plain("otto is researcher now.")
    press(page, "Let in no more")
    assert list(page.dataframe[0].value["Let in"]) == [True, True, False, True, True]
    press(page, "Let in again")
    page.selectbox(key="person").set_value("anna").run()
    press(page, "Let in no more")
    assert "only administrator" in page.error[0].value


def test_keys_sessions_and_waits_can_be_ended(place, open_page):
    page = open_page("anna", "Keys")
    before = [text.value for text in page.text]
    assert "read of anna: read, never used" in before
    press(page, "Revoke")
    assert len(page.text) == len(before) - 1
    with place.services.store.write() as con:
        put_lockout(con, Lockout("name:otto", 3, now(), now()))
    page = open_page("anna", "Sessions")
    assert "name:otto: 3 in a row" in [text.value for text in page.text]
    press(page, "End the wait")
    assert "Nobody." in [caption.value for caption in page.caption]
    assert place.services.accounts.lockouts() == []


def test_a_person_is_erased_once_their_name_is_typed(place, open_page):
    with acting_as(OPERATOR):
        person = place.services.accounts.make_person("leaver", "viewer")
    page = open_page("anna")
    page.selectbox(key="person").set_value("leaver").run()
    page.text_input(key=f"m{person.id}").set_value("leaver@mail.example").run()
    press(page, "Keep the address")
    erase = [button for button in page.button if button.label == "Erase for good"]
    assert erase[0].disabled
    page.text_input(key=f"e{person.id}").set_value("Leaver").run()
    press(page, "Erase for good")
    assert page.success[0].value == plain("They are erased.")
    assert "leaver" not in list(page.dataframe[0].value["Name"])


def test_what_is_kept_and_due_is_shown_and_removed(place, open_page):
    with place.services.store.write() as con:
        con.run("insert into audit values ('2001-01-01', '', 'old', '', '', '', '')")
    page = open_page("anna", "Kept")
    kept = page.dataframe[0].value.set_index("Set by")
    assert kept.loc["LECTURE_KEEP_DELETED_DAYS", "Kept"] == "30 days"
    assert kept.loc["LECTURE_KEEP_LECTURES_DAYS", "Kept"] == "for ever"
    assert kept.loc["LECTURE_AUDIT_DAYS", "Due"] == 1
    press(page, "Remove it now")
    assert "Nothing is due now." in [caption.value for caption in page.caption]


def test_work_room_and_audit_are_shown(open_page):
    page = open_page("anna", "Work and room")
    assert [metric.label for metric in page.metric][:2] == ["Stages waiting", "Runs unfinished"]
    assert "ines" in list(page.dataframe[-1].value["Owner"])
    page = open_page("anna", "Audit")
    page.text_input(key="audit").set_value("make person").run()
    assert set(page.dataframe[0].value["What"]) == {"make person"}
    page.text_input(key="audit").set_value(" Otto ").run()
    assert "make person" in set(page.dataframe[0].value["What"])
    page.date_input(key="audit_day").set_value(date(2020, 1, 2)).run()
    assert page.dataframe[0].value.empty


@pytest.mark.parametrize("who", ["ines", "vera"])
def test_others_do_not_have_the_page_and_see_their_own(open_page, who):
    page = open_page(who)
    assert page.title[0].value == "Library"
    lectures = [box for box in page.get("flex_container") if "lecture-" in str(box.proto)]
    assert bool(lectures) == (who == "ines")


def test_a_person_is_allowed_more_or_less(place, open_page):
    page = open_page("anna", "Quotas")
    assert "do not hold" in page.info[0].value
    assert page.selectbox(key="quota_person").options == ["ines", "otto", "rosa", "vera"]
    id = place.people["ines"].id
    assert "of 20.0 GB" in page.text[0].value
    page.number_input(key=f"size_bytes{id}").set_value(100)
    page.number_input(key=f"jobs{id}").set_value(0)
    press(page, "Allow this")
    assert "of 100.0 GB" in page.text[0].value
    given = place.services.quotas.given()[id]
    assert (given.size_bytes, given.jobs, given.at_once) == (100_000_000_000, 0, None)
    with place.services.store.write() as con:
        con.run("delete from quota")
