"""Every setting is documented, in the words of its declaration."""

import re
import shlex

from app.configuration import PARTS, ROOT, example, reference
from app.settings import Settings

AGAIN = "run `uv run python -m app.configuration`"


def test_the_page_and_the_example_are_what_the_settings_say():
    assert (ROOT / "docs/configuration.md").read_text() == reference(), AGAIN
    assert (ROOT / ".env.example").read_text() == example(), AGAIN


def test_every_setting_has_a_sentence_and_its_own_row():
    rows = re.findall(r"^\| `LECTURE_(\w+)` \|.*\| (.+) \|$", reference(), re.MULTILINE)
    assert [name.lower() for name, _ in rows] == list(Settings.model_fields)
    assert all(len(text) > 12 for _, text in rows)
    assert set(PARTS) <= set(Settings.model_fields)


def test_every_line_of_the_example_can_be_set_as_it_stands(monkeypatch):
    lines = re.findall(r"^# (LECTURE_\w+=.+)$", example(), re.MULTILINE)
    assert len(lines) > 20
    pairs = [shlex.split(line) for line in lines]
    assert [pair for pair in pairs if len(pair) != 1] == []
    given = dict(pair[0].split("=", 1) for pair in pairs)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    read = Settings()
    assert read.state == Settings.model_fields["state"].default.absolute()
    for name in {variable.removeprefix("LECTURE_").lower() for variable in given} - {"state"}:
        assert getattr(read, name) == Settings.model_fields[name].default, name


def test_no_default_of_a_secret_is_written_down():
    secrets = re.findall(r"^# (LECTURE_\w*(?:KEY|SECRET))=(.*)$", example(), re.MULTILINE)
    assert len(secrets) >= 3
    assert not [name for name, value in secrets if value]
