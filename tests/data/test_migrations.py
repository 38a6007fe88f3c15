"""Numbered SQL files: up, down, two at once, a bad one, a newer one."""

import pytest

from agents.errors import ServiceUnavailable
from data.migrations import SCHEMA, read_migrations
from data.store import open_store
from tests.data.children import write_one
from tests.data.others import finish_all, start

SECOND = """-- up
alter table label add column mood text;
-- postgres: create index label_mood on label (mood);
update label set mood = 'calm';

-- down
-- postgres: drop index label_mood;
alter table label drop column mood;
"""
BAD = "-- up\ncreate table half (a integer);\nalter table nowhere add column b text;\n-- down\n"


@pytest.fixture
def schema(tmp_path):
    """A folder with the product's migrations and room for more."""
    folder = tmp_path / "schema"
    folder.mkdir()
    for path in SCHEMA.glob("*.sql"):
        (folder / path.name).write_text(path.read_text())
    return folder


def add(schema, text, name="next"):
    number = len(read_migrations(schema)) + 1
    (schema / f"{number:04d}_{name}.sql").write_text(text)
    return number


def tables(store):
    with store.read() as con:
        rows = con.rows(
            "select table_name as name from information_schema.tables"
            " where table_schema = current_schema()"
        )
    return {row["name"] for row in rows}


def test_migrating_twice_changes_nothing(empty_url):
    store = open_store(empty_url)
    newest = len(read_migrations())
    assert [store.migrate(), store.migrate(), store.migrate()] == [0, newest, newest]
    with store.read() as con:
        assert con.row("select count(*) as n from schema_version")["n"] == newest


def test_down_and_up_again_leaves_what_an_empty_store_gets(empty_url):
    store = open_store(empty_url)
    store.migrate()
    full = tables(store)
    assert {"job", "clip", "stage_result", "feature"} <= full
    store.migrate(0)
    assert tables(store) == {"schema_version"}
    store.migrate()
    assert tables(store) == full


def test_a_later_migration_keeps_the_rows(store, schema):
    write_one(store, "a", 0)
    number = add(schema, SECOND)
    store.migrate(schema=schema)
    with store.read() as con:
        assert con.row("select mood from label")["mood"] == "calm"
    store.migrate(number - 1, schema=schema)
    with store.read() as con:
        row = con.row("select * from label")
    assert row["author"] == "a"
    assert "mood" not in row


def test_a_bad_migration_changes_nothing_and_names_itself(store, schema):
    add(schema, SECOND)
    add(schema, BAD, "bad")
    with pytest.raises(ServiceUnavailable, match=r"_bad failed and nothing was changed") as refused:
        store.migrate(schema=schema)
    assert "\n" not in refused.value.message
    assert "half" not in tables(store)
    with store.read() as con:
        assert con.row("select max(id) as id from schema_version")["id"] == len(read_migrations())
    write_one(store, "still usable", 0)


def test_a_store_of_a_newer_program_is_refused(store, schema):
    number = add(schema, SECOND)
    store.migrate(schema=schema)
    with pytest.raises(ServiceUnavailable, match=f"schema {number}") as refused:
        store.migrate()
    assert refused.value.code == "storage"


def test_two_at_once_are_one_after_the_other(empty_url):
    both = [start("migrates", empty_url) for _ in range(3)]
    found = sorted(int(out) for out in finish_all(both))
    assert found == [0, len(read_migrations()), len(read_migrations())]


def test_the_file_is_copied_before_it_is_changed(duck, duck_path, schema):
    write_one(duck, "old", 0)
    number = add(schema, SECOND)
    duck.migrate(schema=schema)
    copy = open_store(duck_path.with_name(f"lecture.duckdb.v{number - 1}"))
    with copy.read() as con:
        assert "mood" not in con.row("select * from label")


@pytest.mark.parametrize("text", ["create table t (a int);", "-- down\n-- up\n", "-- up\n"])
def test_a_file_without_both_directions_is_a_mistake(schema, text):
    add(schema, text)
    with pytest.raises(ValueError, match="once each"):
        read_migrations(schema)


def test_a_gap_in_the_numbers_is_a_mistake(schema):
    (schema / "0099_far.sql").write_text(SECOND)
    with pytest.raises(ValueError, match="must be 1, 2, 3"):
        read_migrations(schema)
