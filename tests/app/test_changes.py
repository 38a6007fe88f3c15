"""What became of clips, what differs in settings, and settings by name, link and file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.content.components import COMPONENTS
from agents.errors import TuningError
from agents.tuning import (
    differing,
    flatten,
    parse_tuning,
    tuning_type,
    unflatten,
    with_values,
)
from agents.types import Transcript, TranscriptSegment, Word
from app.changes import ClipChange, compare_clips, compare_settings
from app.services.presets import from_toml, to_toml
from app.views.cells import CELLS, cell_fields, setting_label
from app.views.lab import MOST_CELLS, packed, topic_borders, topic_matrix, transcript_words

USUAL = {component.name: component.weight for component in COMPONENTS}


def test_a_clip_is_kept_moved_lost_or_new():
    before = [[(0.0, 20.0)], [(50.0, 70.0)], [(90.0, 99.0)]]
    after = [[(51.0, 72.0)], [(0.02, 20.0)], [(200.0, 220.0)]]
    assert compare_clips(before, after) == [
        ClipChange(0, 1, "kept"),
        ClipChange(1, 0, "moved"),
        ClipChange(2, None, "lost"),
        ClipChange(None, 2, "new"),
    ]


def test_a_clip_that_was_split_is_moved_once_and_new_once():
    changes = compare_clips([[(0.0, 40.0)]], [[(0.0, 18.0)], [(22.0, 40.0)]])
    assert sorted(change.change for change in changes) == ["moved", "new"]


def test_another_cut_inside_a_clip_moves_it():
    assert compare_clips([[(0.0, 20.0)]], [[(0.0, 9.0), (10.0, 20.0)]])[0].change == "moved"


spans = st.lists(
    st.tuples(st.integers(0, 90), st.integers(1, 9)).map(lambda s: [(s[0], s[0] + s[1])]),
    max_size=4,
)


@given(spans, spans)
def test_every_clip_has_one_fate(before, after):
    changes = compare_clips(before, after)
    assert sorted(c.before for c in changes if c.before is not None) == list(range(len(before)))
    assert sorted(c.after for c in changes if c.after is not None) == list(range(len(after)))
    assert {c.change for c in compare_clips(before, before)} <= {"kept", "moved"}


def test_settings_that_differ_are_told_in_order():
    found = compare_settings({"a": 1, "b": 2, "gone": 3}, {"a": 1, "b": 5, "come": 4})
    assert found == [("b", 2, 5), ("gone", 3, None), ("come", None, 4)]


def test_names_with_dots_and_nested_params_say_the_same():
    tuning = tuning_type()()
    assert parse_tuning(unflatten(flatten(tuning))) == tuning
    other = with_values(tuning, {"extract.weights.novelty": "0.5", "compile.captions": False})
    assert differing(other) == {"extract.weights.novelty": 0.5, "compile.captions": False}
    assert differing(tuning, other) == {
        "extract.weights.novelty": USUAL["novelty"],
        "compile.captions": True,
    }


@pytest.mark.parametrize(
    "values",
    [{"extract.max_clips": 99}, {"nothing.here": 1}, {"extract": 1, "extract.max_clips": 3}],
)
def test_settings_that_cannot_be_are_refused(values):
    with pytest.raises(TuningError):
        with_values(tuning_type()(), values)


def test_toml_holds_what_differs_and_reads_back():
    tuning = with_values(
        tuning_type()(),
        {"silence.top_db": 33, "extract.reel.total_s": 90, "compile.captions": False,
         "transcript.model": "tiny"},
    )  # fmt: skip
    text = to_toml(tuning)
    assert "[extract.reel]\ntotal_s = 90.0\n" in text
    assert 'model = "tiny"' in text
    assert "top_db = 33.0" in text
    assert from_toml(text) == tuning
    assert from_toml(to_toml(tuning_type()())) == tuning_type()()


@pytest.mark.parametrize(
    ("text", "reason"), [("[silence", "is no TOML"), ("[nothing]\nx = 1", "nothing")]
)
def test_a_file_that_holds_no_settings_is_refused(text, reason):
    with pytest.raises(TuningError, match=reason):
        from_toml(text)


def test_every_tunable_stands_in_one_cell_under_a_label_of_its_own():
    tuning = tuning_type()()
    names = [field["name"] for cell in CELLS for field in cell_fields(tuning, cell)]
    assert sorted(names) == sorted(flatten(tuning))
    assert len({setting_label(name) for name in names}) == len(names)
    assert setting_label("extract.reel.total_s") == "Clips: Total (reel)"
    assert setting_label("gone.by") == "gone.by"


def test_the_topic_matrix_shows_two_topics_as_two_squares():
    texts = ["zebra stripes graze savanna", "zebra savanna herd", "zebra herd stripes"] * 3
    texts += ["quartz crystal lattice", "quartz mineral lattice", "crystal mineral quartz"] * 3
    matrix = topic_matrix(texts)
    assert matrix.shape == (18, 18)
    assert matrix.diagonal() == pytest.approx(1.0)
    assert matrix[:8, :8].mean() > 3 * matrix[:8, 10:].mean()
    assert topic_matrix(texts * 20).shape == (MOST_CELLS, MOST_CELLS)
    assert topic_matrix([]).shape == (0, 0)
    assert len(packed(matrix)) == 4 * 18 * 18 // 3


def test_topic_borders_and_words_are_told():
    assert topic_borders([0, 0, 1, 1]) == [0.5]
    word = (Word(0, 1, "one", 0.9), Word(1, 2, "two", 0.2))
    told = dict(transcript_words(Transcript("en", "engine", (TranscriptSegment(0, 2, "x", word),))))
    assert told["Words"] == "2, 60 a minute of speech"
    assert told["Unsure words"] == "50.0 %"
    assert transcript_words(None) == []
