"""`lecture admin`: accounts from the command line."""

import io
import zipfile

import pytest

from app.cli import run
from app.commands.admin import ELSEWHERE
from app.security import passwords
from app.services.root import Services
from app.settings import Settings
from tests.app.people import PASSWORD, cheap_hashes


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    with cheap_hashes(monkeypatch):
        yield tmp_path / "state"


def lines(capsys, state, *tokens):
    """Run a command and return its code and what it printed."""
    code = run(["admin", *tokens, "--state", str(state)])
    told = capsys.readouterr()
    return code, (told.out + told.err).splitlines()


def test_people_links_and_keys_are_made_without_a_server(state, capsys):
    code, told = lines(capsys, state, "create", "Anna")
    assert code == 0
    assert told[0].endswith("is an administrator and signs in at http://127.0.0.1:8501/login")
    assert passwords.verify_password(
        Services(Settings(state=state)).accounts.person("anna").password, PASSWORD
    )
    code, told = lines(capsys, state, "add", "otto", "--role", "viewer")
    assert told[0].startswith("http://127.0.0.1:8501/reset/")
    assert lines(capsys, state, "role", "otto", "researcher")[0] == 0
    code, told = lines(capsys, state, "people")
    assert [line.split()[:2] for line in told] == [["anna", "admin"], ["otto", "researcher"]]
    assert lines(capsys, state, "invite")[1][0].startswith("http://127.0.0.1:8501/invite/")
    assert lines(capsys, state, "link")[1][0].startswith("http://127.0.0.1:8501/open?key=")
    _, (secret,) = lines(capsys, state, "key", "CI", "--scope", "read", "--person", "otto")
    assert secret.startswith("lhk_")
    _, (listed,) = lines(capsys, state, "keys")
    assert secret not in listed
    assert lines(capsys, state, "revoke", listed.split()[0])[0] == 0
    assert lines(capsys, state, "keys")[1] == []
    _, told = lines(capsys, state, "audit", "key")
    assert [" ".join(line.split()[3:5]) for line in told] == ["make key", "revoke key"]


def test_the_list_of_commands_says_what_each_does(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert run(["admin"]) == 0
    rows = [line.strip("│ ").split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    said = {row[0]: row[1:] for row in rows if row}
    for name in ("create", *ELSEWHERE):
        assert said[name], name


@pytest.mark.parametrize(
    ("tokens", "says"),
    [
        (["reset", "nobody"], "There is no person 'nobody'. [not_found]"),
        (["key", "CI", "--scope", "everything"], "scope"),
        (["role", "anna", "king"], "king"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(state, capsys, tokens, says):
    code, told = lines(capsys, state, *tokens)
    assert code == 2
    assert says in told[-1]


def test_a_person_is_handed_out_and_erased_by_name(state, capsys, tmp_path, monkeypatch):
    lines(capsys, state, "create", "Anna")
    lines(capsys, state, "add", "otto", "--role", "viewer")
    target = tmp_path / "otto.zip"
    assert lines(capsys, state, "export-person", "otto", "--to", str(target))[0] == 0
    assert target.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(target) as archive:
        assert b"otto" in archive.read("account.json")
    monkeypatch.setattr("sys.stdin", io.StringIO("somebody\n"))
    code, told = lines(capsys, state, "erase-person", "otto")
    assert (code, told[-1][:30]) == (2, "lecture: Nothing is erased: th")
    assert lines(capsys, state, "erase-person", "otto", "--heir", "otto", "--yes")[0] != 0
    assert lines(capsys, state, "erase-person", "otto", "--yes")[0] == 0
    assert [line.split()[0] for line in lines(capsys, state, "people")[1]] == ["anna"]


def test_what_is_due_is_listed_before_it_is_removed(state, capsys):
    code, told = lines(capsys, state, "retention")
    assert code == 0
    (audit,) = [line for line in told if line.startswith("Audit")]
    assert audit.split() == ["Audit", "365", "days", "LECTURE_AUDIT_DAYS"]
    with Services(Settings(state=state)).store.write() as con:
        con.run("insert into audit values ('2001-01-01', '', 'x', '', '', '', '')")
    for tokens, last in ((["retention"], "2001-01-01"), (["retention", "--apply"], "removed: 1")):
        assert last in "\n".join(lines(capsys, state, *tokens)[1])
    assert "removed: nothing" in lines(capsys, state, "retention", "--apply")[1][-1]
