"""People with accounts, from the invitation to the end of a session."""

import subprocess
import sys

import pytest
from playwright.sync_api import expect

from data.samples import sample_paths
from tests.browser.axe import grave_findings
from tests.browser.conftest import Server, watched_page
from tests.browser.ways import bring_in, settled

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
PASSWORD = "three green apples"
TITLE = "Sorting, by Ines"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A server on which people sign in."""
    server = Server(tmp_path_factory.mktemp("house"), LECTURE_AUTH="password", LECTURE_WORKERS="1")
    try:
        server.start()
        yield server
    finally:
        server.stop()


def admin(server, *tokens, typed=""):
    """Run `lecture admin` and return the line that it prints last."""
    command = [sys.executable, "-m", "app.cli", "admin", *tokens, "--state", str(server.state)]
    done = subprocess.run(command, input=typed, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def register(page, server, role, name):
    """Make an account by an invitation, sign out and in again."""
    link = admin(server, "invite", "--role", role)
    page.goto(f"{server.url}/invite/{link.rpartition('/')[2]}")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    library(page, server)
    page.goto(f"{server.url}/account")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_title("Sign in - Lecture Highlights")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    library(page, server)


def library(page, server):
    page.goto(server.url)
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    settled(page)


def test_people_see_what_is_theirs_or_shared_and_change_what_they_may(browser, house):
    with (
        watched_page(browser, house, []) as ines,
        watched_page(browser, house, []) as otto,
        watched_page(browser, house, []) as vera,
    ):
        register(ines, house, "instructor", "ines")
        register(otto, house, "instructor", "otto")
        register(vera, house, "viewer", "vera")
        expect(vera.get_by_text("as soon as somebody shares it")).to_be_visible()
        for path in ("", "account"):
            ines.goto(f"{house.url}/{path}")
            expect(ines.get_by_role("heading").first).to_be_visible()
            assert grave_findings(ines) == []
        library(ines, house)
        expect(vera.get_by_role("link", name="Upload", exact=True)).to_have_count(0)
        expect(ines.get_by_role("link", name="Upload", exact=True)).not_to_have_count(0)

        paths = sample_paths()
        bring_in(ines, house, paths.video, paths.captions, title=TITLE)
        job = ines.url.partition("id=")[2]
        told = ines.request.get(f"{house.url}/api/v1/jobs/{job}").json()
        lecture = told["lecture_id"]
        ines.request.post(f"{house.url}/api/v1/jobs/{job}/cancel", headers={"Origin": house.url})
        library(otto, house)
        expect(otto.get_by_text("No lectures yet")).to_be_visible()
        assert otto.request.get(f"{house.url}/api/v1/lectures/{lecture}").status == 404

        for name in ("otto", "vera"):
            ines.goto(f"{house.url}/share/{lecture}")
            ines.get_by_label("Name they sign in with").fill(name)
            ines.get_by_role("button", name="Share it").click()
            expect(ines.get_by_role("status")).to_have_text("It is shared.")
        assert grave_findings(ines) == []
        for page, deletes in ((otto, 1), (vera, 0)):
            library(page, house)
            expect(page.get_by_text(TITLE)).to_be_visible()
            expect(page.get_by_role("button", name="Delete")).to_have_count(deletes)

        second = vera.context.new_page()
        second.goto(f"{house.url}/account")
        second.get_by_role("button", name="Sign out").click()
        expect(second).to_have_title("Sign in - Lecture Highlights")
        assert vera.request.get(f"{house.url}/api/v1/lectures").status == 401
        vera.goto(house.url)
        expect(vera).to_have_title("Sign in - Lecture Highlights")
        assert grave_findings(vera) == []
