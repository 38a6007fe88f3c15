"""Every stage's value comes back equal, on both engines."""

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.content.components import COMPONENTS
from agents.errors import NotFound, StageError
from agents.types import (
    Content,
    Layout,
    Sentence,
    SilenceRegion,
    Slide,
    Transcript,
    TranscriptSegment,
    Word,
)
from data.artifacts import (
    Artifacts,
    forget_result,
    has_result,
    load_result,
    save_result,
    write_files,
)
from data.results import COMPONENT_COLUMNS, TABLES
from data.store import open_store
from tests.data import values

quick = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def artifacts(tmp_path):
    return Artifacts(tmp_path / "artifacts")


def back(con, artifacts, name, value):
    """Save under a fresh key and load again."""
    key = os.urandom(8).hex()
    save_result(con, name, key, value, artifacts.path(key))
    return load_result(con, artifacts, name, key)


@quick
@given(values.silence)
def test_silence_comes_back_equal(con, artifacts, value):
    assert back(con, artifacts, "silence", value) == value


@quick
@given(values.transcript)
def test_transcript_comes_back_equal(con, artifacts, value):
    assert back(con, artifacts, "transcript", value) == value


@quick
@given(values.regions, values.text)
def test_layout_comes_back_equal(con, artifacts, regions, title):
    value = Layout(regions, (Slide(0.0, 1.5, None, title), Slide(1.5, 2.0)))
    assert back(con, artifacts, "layout", value) == value


@quick
@given(values.content)
def test_content_comes_back_equal(con, artifacts, value):
    assert back(con, artifacts, "content", value) == value


@quick
@given(st.lists(values.plans, max_size=3).map(tuple))
def test_plans_come_back_equal(con, artifacts, value):
    assert back(con, artifacts, "extract", value) == value


@pytest.mark.parametrize(
    ("name", "empty"),
    [
        ("silence", ()),
        ("transcript", Transcript("und", "none", ())),
        ("layout", Layout((), ())),
        ("content", Content((), (), "local")),
        ("extract", ()),
        ("compile", ()),
    ],
)
def test_an_empty_result_is_a_result(con, artifacts, name, empty):
    assert back(con, artifacts, name, empty) == empty


def test_files_made_in_a_workdir_are_found_in_the_published_folder(con, artifacts):
    plan = values.make_plan()
    clips_folder = artifacts.once("clip-0a", lambda folder: values.make_clip(folder, plan))
    with artifacts.workdir("key", 1) as folder:
        still = folder / "slides" / "1.jpg"
        still.parent.mkdir()
        still.write_bytes(b"x")
        save_result(con, "layout", "key", Layout((), (Slide(0, 1, still, "t"),)), folder)
        clip = values.make_clip(clips_folder, plan)
        save_result(con, "compile", "other", (clip,), folder)
        artifacts.publish(folder, "key")
    layout = load_result(con, artifacts, "layout", "key")
    assert layout.slides[0].still == artifacts.path("key") / "slides" / "1.jpg"
    assert layout.slides[0].still.read_bytes() == b"x"
    assert load_result(con, artifacts, "compile", "other") == (clip,)


def test_results_move_with_the_state_folder(con, artifacts, tmp_path):
    with artifacts.workdir("key") as folder:
        (folder / "1.jpg").write_bytes(b"x")
        save_result(con, "layout", "key", Layout((), (Slide(0, 1, folder / "1.jpg"),)), folder)
        artifacts.publish(folder, "key")
    artifacts.root.rename(tmp_path / "elsewhere")
    moved = Artifacts(tmp_path / "elsewhere")
    still = load_result(con, moved, "layout", "key").slides[0].still
    assert still == tmp_path / "elsewhere" / "key" / "1.jpg"


def same(one, other):
    """Compare values that hold arrays."""
    if is_dataclass(one):
        return type(one) is type(other) and all(
            same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one)
        )
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    return one == other


@pytest.mark.parametrize("proxy", [False, True])
def test_intake_comes_back_equal_with_mapped_arrays(con, artifacts, proxy):
    with artifacts.workdir("key") as folder:
        made = values.make_intake(folder, proxy=proxy)
        write_files(made, folder)
        save_result(con, "intake", "key", made, folder)
        target = artifacts.publish(folder, "key")
    found = load_result(con, artifacts, "intake", "key")
    there = {"audio": target / "audio.wav", "poster": target / "poster.jpg"}
    if proxy:
        there["proxy"] = target / "proxy.mp4"
    assert same(found, replace(made, **there))
    assert isinstance(found.key_frames.luma, np.memmap)
    assert found.audio.stat().st_size > 1_000_000


def test_intake_knows_where_this_lectures_own_upload_is(con, artifacts, tmp_path):
    with artifacts.workdir("key") as folder:
        made = values.make_intake(folder)
        save_result(con, "intake", "key", made, folder)
        artifacts.publish(folder, "key")
    own = tmp_path / "media" / "twin" / "upload"
    assert load_result(con, artifacts, "intake", "key", upload=own).media.path == own
    assert load_result(con, artifacts, "intake", "key").media.path == made.media.path


def test_lost_files_have_a_code_of_their_own_and_can_be_forgotten(con, artifacts):
    plan = values.make_plan()
    with artifacts.workdir("in") as folder:
        save_result(con, "intake", "in", values.make_intake(folder), folder)
        artifacts.publish(folder, "in")
    still = artifacts.path("lay") / "1.jpg"
    save_result(con, "layout", "lay", Layout((), (Slide(0, 1, still),)), still.parent)
    clip = values.make_clip(artifacts.path("clip-1"), plan)
    save_result(con, "compile", "com", (clip,), artifacts.path("com"))
    artifacts.discard("in")
    artifacts.discard("clip-1")
    for name, key in [("intake", "in"), ("layout", "lay"), ("compile", "com")]:
        with pytest.raises(StageError) as lost:
            load_result(con, artifacts, name, key)
        assert lost.value.code == "lost_files"
        forget_result(con, artifacts, key)
        assert not has_result(con, key)


def test_a_key_without_a_result_is_not_found(con, artifacts):
    assert not has_result(con, "nothing")
    with pytest.raises(NotFound):
        load_result(con, artifacts, "silence", "nothing")


def test_saving_again_replaces_the_rows_of_that_key_alone(con, artifacts):
    one, two = (SilenceRegion(0, 1, -50.0),), (SilenceRegion(2, 3, -40.0, "both"),)
    save_result(con, "silence", "kept", one, artifacts.root)
    for value in (one, one + two, two):
        save_result(con, "silence", "again", value, artifacts.root, seconds=2.5)
    assert load_result(con, artifacts, "silence", "again") == two
    assert load_result(con, artifacts, "silence", "kept") == one
    assert con.row("select count(*) as n from silence_region")["n"] == 2


def test_what_made_a_result_stands_beside_it(con, artifacts):
    save_result(
        *(con, "silence", "k", (), artifacts.root),
        version=3,
        params={"top_db": 30.0},
        inputs=["intake key"],
        seconds=1.5,
    )
    row = con.row("select name, agent_version, params, inputs, seconds from stage_result")
    assert row == {
        "name": "silence",
        "agent_version": 3,
        "params": {"top_db": 30.0},
        "inputs": ["intake key"],
        "seconds": 1.5,
    }


def test_two_writers_of_one_key_leave_one_result(store, artifacts):
    def regions(level):
        return tuple(SilenceRegion(n, n + 0.5, level) for n in range(40))

    def save(level):
        with store.write() as con:
            save_result(con, "silence", "key", regions(level), artifacts.root)

    with ThreadPoolExecutor(1) as pool:
        with store.write() as con:
            save_result(con, "silence", "key", regions(-50.0), artifacts.root)
            second = pool.submit(save, -40.0)
            time.sleep(0.3)
            assert not second.done()
        second.result(timeout=20)
    with store.read() as con:
        assert load_result(con, artifacts, "silence", "key") == regions(-40.0)


def test_a_failed_save_leaves_the_old_result(store, artifacts):
    good = (SilenceRegion(0, 1, -50.0),)
    with store.write() as con:
        save_result(con, "silence", "k", good, artifacts.root)
    with pytest.raises(AttributeError), store.write() as con:
        save_result(con, "silence", "k", (*good, "no region"), artifacts.root)
    with store.read() as con:
        assert load_result(con, artifacts, "silence", "k") == good


def test_twenty_thousand_words_are_saved_in_a_tenth_of_a_second_of_cpu(store_url, artifacts):
    words = [
        Word(n * 0.3, n * 0.3 + 0.2, w, 0.9) for n, w in enumerate(values.alphabet_words(20_000))
    ]
    sentences = [words[n : n + 15] for n in range(0, len(words), 15)]
    value = Transcript(
        *("en", "test"),
        tuple(
            TranscriptSegment(s[0].start, s[-1].end, " ".join(w.text for w in s), tuple(s))
            for s in sentences
        ),
    )
    with open_store(store_url).write() as con:
        save_result(con, "silence", "warm", (), artifacts.root)
        spent = []
        for _ in range(3):
            started = time.process_time()
            save_result(con, "transcript", "k", value, artifacts.root)
            spent.append(time.process_time() - started)
        assert load_result(con, artifacts, "transcript", "k") == value
    assert min(spent) < 0.1, spent


def test_every_column_of_a_score_component_is_one(con):
    con.run(f"select {', '.join(COMPONENT_COLUMNS)} from feature")
    assert set(COMPONENT_COLUMNS) < {component.name for component in COMPONENTS}


def test_components_without_a_column_of_their_own_are_kept_beside_them(con, artifacts):
    scores = {component.name: 0.25 for component in COMPONENTS}
    said = Content((), (Sentence(0.0, 1.0, 0, "A sentence.", 0, scores),), "local")
    save_result(con, "content", "k", said, artifacts.root)
    assert load_result(con, artifacts, "content", "k") == said
    (row,) = con.rows("select extra from feature where key = 'k'")
    assert {"terms", "on_subject", "wording"} <= set(re.findall(r"\w+", str(row["extra"])))


def test_forgetting_covers_every_table_with_a_key(con):
    rows = con.rows(
        "select table_name as name from information_schema.columns"
        " where column_name = 'key' and table_schema = current_schema()"
    )
    elsewhere = {"stage", "stage_result", "processing_log"}
    assert {row["name"] for row in rows} - elsewhere == set(TABLES)
