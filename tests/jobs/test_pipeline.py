"""Stages, their order and their keys."""

import pytest
from pydantic import ValidationError

from agents.registry import Resources
from agents.tuning import tuning_type
from jobs.pipeline import stage_keys, stage_params, stage_table, with_followers, with_needs
from tests.jobs.standin import NEEDS, table


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def test_the_real_table_begins_with_intake_and_has_every_need_before_its_user():
    seen: list[str] = []
    for name, stage in stage_table().items():
        assert set(stage.needs) <= set(seen), name
        seen.append(name)
    assert seen[0] == "intake"
    assert set(seen) == set(NEEDS)


def test_record_and_nested_dict_of_a_tuning_give_the_same_keys():
    record = tuning_type()()
    assert stage_keys("a" * 64, record, Resources()) == stage_keys(
        "a" * 64, record.model_dump(mode="json"), Resources()
    )


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        ("silence", {"silence", "content", "extract", "compile"}),
        ("extract", {"extract", "compile"}),
        ("compile", {"compile"}),
    ],
)
def test_a_changed_tunable_changes_its_stage_and_what_follows(stage: str, expected: set[str]):
    before = stage_keys("a" * 64, {}, Resources(), table())
    after = stage_keys("a" * 64, {stage: {"level": 2.0}}, Resources(), table())
    assert changed(before, after) == expected


def test_another_upload_changes_every_key():
    before = stage_keys("a" * 64, {}, Resources(), table())
    assert changed(before, stage_keys("b" * 64, {}, Resources(), table())) == set(NEEDS)


def test_a_tuning_out_of_bounds_is_refused():
    with pytest.raises(ValidationError):
        stage_params(table()["silence"], {"silence": {"level": 11}})


def test_needs_and_followers_are_found_over_several_steps():
    assert with_needs("content", table()) == {
        "content",
        "intake",
        "transcript",
        "silence",
        "layout",
    }
    assert with_followers("content", table()) == ("content", "extract", "compile")
