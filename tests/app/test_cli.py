"""The command: help, exit codes, one sentence for bad input, and what `highlights` writes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import av
import numpy as np
import pytest

from agents.subtitles import to_vtt
from agents.types import Cue
from app.cli import COMMANDS, run
from app.commands.bars import StageBars
from app.commands.running import find_captions
from jobs.broker import hold_state
from tests.gemini import KEY, serving
from tests.recordings import counting, tone, write_recording
from tests.rendering import Look, Scene, render_lecture

SCENES = (
    Scene("Sorting", ("compare", "swap"), (0, 1, 2, 3), "picture_in_picture"),
    Scene("Searching", ("halve",), (4, 5, 6), "screen_only", topic=1),
)
SMALL = Look(size=(320, 180), fps=20)
LIMITS = ["--extract.min-clip-s", "110", "--extract.max-clip-s", "30"]
LONG_NAME = f"{'a' * 300}.mp4"
QUICK = ["--extract.min-clip-s", "5", "--extract.max-clip-s", "15", "--compile.size", "360p"]


@pytest.fixture(autouse=True)
def own_signals():
    """Put back the handlers of signals, which commands replace."""
    with kept_signals():
        yield


@contextmanager
def kept_signals():
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def lecture(*args, **options):
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "app.cli", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)


def test_help_names_every_command_and_loads_nothing_heavy():
    program = (
        "import sys; from app.cli import run; run(['--help']);"
        "heavy = {'streamlit', 'numpy', 'duckdb', 'redis', 'rq', 'pydantic', 'av'};"
        "sys.exit(sorted(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [name for name in COMMANDS if name not in done.stdout] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name, capsys):
    assert run([name, "--help"]) == 0
    assert f"lecture {name}" in capsys.readouterr().out


def test_every_tunable_is_a_flag():
    from agents.registry import all_agents

    text = lecture("highlights", "--help", env={**os.environ, "COLUMNS": "200"}).stdout
    flags = [
        f"--{agent.name}.{name.replace('_', '-')}"
        for agent in all_agents()
        for name, field in agent.params.model_fields.items()
        if not hasattr(field.annotation, "model_fields")
    ]
    assert flags
    assert [flag for flag in flags if flag not in text] == []


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nonsense"], "nonsense"),
        (["highlights", "a.mp4"], "lecture highlights needs --out; `lecture highlights --help`"),
        (["highlights", "a.mp4", "--out"], "--out requires an argument"),
        (["evaluate"], "lecture evaluate needs MEASURE; "),
        (["admin", "role", "anna"], "lecture admin role needs ROLE; "),
        (["highlights", ".", "--out", "x"], "is a folder; name the recordings in it"),
        (["highlights", "--out", "x"], "FILE is missing"),
        (
            ["highlights", "a.mp4", "--out", "x", "--silence.top-db", "900"],
            "lecture: --silence.top-db: Input should be less than or equal to 80 (got 900)\n",
        ),
        (
            ["highlights", "a.mp4", "--out", "x", *LIMITS],
            "lecture: --extract: min_clip_s=110.0 must not exceed max_clip_s=30.0\n",
        ),
        (["highlights", "w1/a.mp4", "w2/a.mkv", "--out", "x"], "would share the folder x/a"),
        (["highlights", "a.mp4", "--out", "x", "--only", "sleep"], "'sleep' is no stage"),
        (["highlights", "a.mp4", "--out", "x", "--transcript", "doc"], "'doc' is none of vtt"),
        (["highlights", "a.mp4", "--out", "x", "--cutlist", "prproj"], "'prproj' is none of otio"),
        (["highlights", "a.mp4", "--out", "x", "--reel", "--only", "extract"], "--reel needs all"),
        (["highlights", "a.mp4", "b.mp4", "--out", "x", "--captions", "c.vtt"], "one recording"),
        (["highlights", "a.mp4", "--out", "x", "--logo", "gone.png"], "The logo 'gone.png' cannot"),
    ],
)
def test_a_wrong_call_is_one_line_and_code_2(args, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(args) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("of", [[LONG_NAME, "--out", "x"], ["a.mp4", "--out", LONG_NAME]])
def test_a_name_too_long_for_a_file_is_told_in_one_line(of, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(500))
    assert run(["highlights", *of]) == 1
    error = capsys.readouterr().err
    assert error.endswith("File name too long. [file]\n")
    assert error.count("\n") == 1


def test_captions_are_looked_for_beside_a_name_of_any_length(tmp_path):
    recording = tmp_path / f"{'a' * 251}.mp4"
    recording.write_bytes(b"")
    assert find_captions(recording, None) is None
    recording.with_suffix(".vtt").write_text("WEBVTT")
    assert find_captions(recording, None) == recording.with_suffix(".vtt")


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("gone.mp4", None, "not_found"),
        ("empty.mp4", b"", "empty_file"),
        ("notes.mp4", b"These are the minutes of a meeting.\n" * 200, "not_media"),
        ("notes.txt", b"These are the minutes of a meeting.\n" * 200, "extension"),
        ("list.mp4", b"ffconcat version 1.0\nfile 'other.mp4'\n", "not_media"),
    ],
)
def test_a_file_that_is_no_recording_is_refused_before_anything_is_written(
    name, body, code, capsys, tmp_path
):
    if body is not None:
        (tmp_path / name).write_bytes(body)
    assert run(["highlights", str(tmp_path / name), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.endswith(f"[{code}]\n")
    assert name in error
    assert not (tmp_path / "out").exists()


def test_a_silent_recording_fails_with_its_code_and_leaves_nothing(tmp_path):
    path = tmp_path / "silent.mp4"
    write_recording(path, counting(6), [np.zeros_like(tone(6))])
    done = lecture("highlights", path, "--out", tmp_path / "out")
    assert done.returncode == 2
    *stages, last = done.stderr.splitlines()
    assert last.endswith("[no_speech]")
    assert [line for line in stages if not line.endswith((": done", ": failed", ": not run"))] == []
    assert not (tmp_path / "out").exists()


def test_one_bad_file_does_not_stop_the_others(capsys, tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"")
    (tmp_path / "b.mp4").write_bytes(b"text" * 500)
    files = [str(tmp_path / name) for name in ("a.mp4", "b.mp4")]
    assert run(["highlights", *files, "--out", str(tmp_path / "out")]) == 2
    assert [line[-12:] for line in capsys.readouterr().err.splitlines()] == [
        "[empty_file]",
        " [not_media]",
    ]


def test_a_setting_that_cannot_be_used_is_named(tmp_path):
    done = lecture("doctor", env={**os.environ, "LECTURE_PORT": "99999"})
    assert done.returncode == 2
    assert done.stderr.startswith("lecture: LECTURE_PORT: ")
    assert done.stderr.strip().endswith("[bad_setting]")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a small lecture with captions beside it, and the folder of its results."""
    folder = tmp_path_factory.mktemp("talk")
    path = folder / "talk.mp4"
    truth = render_lecture(path, SCENES, SMALL)
    cues = [Cue(s["t0"], s["t1"], s["text"]) for s in truth["sentences"]]
    path.with_suffix(".vtt").write_text(to_vtt(cues))
    with kept_signals():
        assert run(["highlights", str(path), "--out", str(folder / "out"), *QUICK]) == 0
    return path, folder / "out", truth


def test_highlights_writes_everything_it_names(made):
    _, out, _ = made
    document = json.loads((out / "analysis.json").read_text())
    assert document["schema_version"] == 1
    assert document["clips"]
    for clip in document["clips"]:
        rendered = clip["rendered"]
        sizes = {name: (out / rendered[name]).stat().st_size for name in ("video", "srt", "vtt")}
        assert min(sizes.values()) > 0
        assert (out / rendered["poster"]).read_bytes()[:2] == b"\xff\xd8"
        assert rendered["video"].startswith(f"{clip['rank']:02d}-")
    assert document["reel"]
    assert all(5 <= passage["duration"] <= 25 for passage in document["reel"])
    titles = [chapter["title"] for chapter in document["chapters"]]
    assert titles
    assert (out / "chapters.vtt").read_text().startswith("WEBVTT")
    assert (out / "chapters.txt").read_text().startswith(f"0:00 {titles[0]}")
    listed = json.loads((out / "chapters.json").read_text())["chapters"]
    assert [chapter["title"] for chapter in listed] == titles
    assert (out / "transcript.vtt").read_text().startswith("WEBVTT")
    assert document["transcript"]["segments"][0]["text"] in (out / "transcript.txt").read_text()
    assert not list(out.glob(".*.part"))


def test_analysis_tells_what_the_lecture_holds(made):
    _, out, truth = made
    text = (out / "analysis.json").read_text()
    assert not re.findall(r"\d\.\d{7,}", text)
    document = json.loads(text)
    assert document["lecture"]["duration"] == pytest.approx(truth["duration"], abs=0.3)
    assert document["transcript"]["engine"] == "captions (talk.vtt)"
    assert len(document["content"]["sentences"]) == len(truth["sentences"])
    for clip in document["clips"]:
        assert sum(clip["contributions"].values()) == pytest.approx(clip["score"], abs=1e-5)
        assert 5 <= clip["duration"] <= 15.5


def test_the_document_is_described_field_by_field(made):
    from pathlib import Path

    _, out, _ = made
    described = Path(__file__).parents[2].joinpath("docs/analysis.md").read_text()
    document = json.loads((out / "analysis.json").read_text())
    names = set(document) | set(document["lecture"]) | set(document["clips"][0])
    for part in ("silence", "slides", "layouts"):
        names |= set(document[part][0])
    names |= set(document["transcript"]["segments"][0]) | set(document["content"]["segments"][0])
    names |= set(document["chapters"][0]) | set(document["reel"][0])
    names |= set(document["content"]["sentences"][0]) | set(document["clips"][0]["rendered"])
    assert sorted(name for name in names if f"`{name}`" not in described) == []


def test_the_store_beside_the_clips_opens_in_a_notebook(made):
    from data.store import notebook

    _, out, _ = made
    found = notebook(out / "lecture.duckdb")
    assert found.sql("select count(*) from clip").fetchall()[0][0] > 0


def test_the_same_call_again_computes_nothing(made):
    path, out, _ = made
    before = {clip.name: clip.read_bytes() for clip in out.glob("*.mp4")}
    began = time.process_time()
    assert run(["highlights", str(path), "--out", str(out), *QUICK]) == 0
    assert time.process_time() - began < 5
    assert {clip.name: clip.read_bytes() for clip in out.glob("*.mp4")} == before


def test_the_clips_and_the_reel_are_told(made, capsys):
    path, out, _ = made
    assert run(["highlights", str(path), "--out", str(out), *QUICK]) == 0
    told = capsys.readouterr().out
    reel = json.loads((out / "analysis.json").read_text())["reel"]
    seconds = sum(passage["duration"] for passage in reel)
    assert f"Reel: {seconds:.0f} s, {len(reel)} passage" in told
    assert all(f"  {passage['title']}\n" in told for passage in reel)
    assert "note: YouTube shows chapters from 3 on" in told


def test_json_is_one_object_and_only_stops_at_its_stage(made, capsys, tmp_path):
    path, out, _ = made
    args = ["highlights", str(path), "--out", str(out), "--only", "transcript", "--json", *QUICK]
    assert run(args) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["engine"] == "captions (talk.vtt)"
    assert told["captions"] == str(path.with_suffix(".vtt"))


def test_a_moved_weight_changes_the_clips_and_their_files_follow(made):
    path, out, _ = made
    args = ["highlights", str(path), "--out", str(out), *QUICK, "--extract.max-clips", "1"]
    assert run([*args, "--extract.min-clips", "1"]) == 0
    document = json.loads((out / "analysis.json").read_text())
    assert len(document["clips"]) == 1
    assert [clip.name for clip in out.glob("*.mp4")] == [document["clips"][0]["rendered"]["video"]]


def test_the_transcript_is_written_in_the_formats_that_were_asked_for(made):
    path, out, _ = made
    args = ["highlights", str(path), "--out", str(out), *QUICK, "--only", "transcript"]
    assert run([*args, "--transcript", "srt, JSON,ttml"]) == 0
    assert {file.name for file in out.glob("transcript.*")} == {
        "transcript.srt", "transcript.json", "transcript.ttml",
    }  # fmt: skip
    assert run([*args, "--transcript", ""]) == 0
    assert not list(out.glob("transcript.*"))


def test_cut_lists_name_the_recording_where_it_lies(made):
    path, out, _ = made
    args = ["highlights", str(path), "--out", str(out), *QUICK]
    assert run([*args, "--cutlist", "otio,EDL"]) == 0
    document = json.loads((out / "analysis.json").read_text())
    timeline = json.loads((out / "highlights.otio").read_text())
    cuts = timeline["tracks"]["children"][0]["children"]
    assert len(cuts) == sum(len(clip["parts"]) for clip in document["clips"])
    assert cuts[0]["media_references"]["DEFAULT_MEDIA"]["target_url"] == path.absolute().as_uri()
    assert (out / "highlights.edl").read_text().startswith("TITLE: ")
    page = (out / "index.html").read_text()
    assert all(clip["rendered"]["video"] in page for clip in document["clips"])
    assert run(args) == 0
    assert not (out / "highlights.otio").exists()


def test_reel_and_podcast_are_written_beside_the_clips_and_go_when_not_asked_for(made, capsys):
    path, out, _ = made
    args = ["highlights", str(path), "--out", str(out), *QUICK]
    assert run([*args, "--reel", "--podcast", "--compile.preset", "ultrafast"]) == 0
    assert "Reel: done" in capsys.readouterr().err
    passages = json.loads((out / "analysis.json").read_text())["reel"]
    with av.open(out / "highlight-reel.mp4") as container:
        seconds = container.duration / 1e6
        titles = [mark["metadata"]["title"] for mark in container.chapters()]
    assert seconds == pytest.approx(sum(passage["duration"] for passage in passages), abs=0.2)
    assert titles == [passage["title"] for passage in passages]
    names = {f"highlight-reel.{suffix}" for suffix in ("mp4", "srt", "vtt", "jpg", "webp")}
    names |= {"podcast.mp3", "podcast.m4a"}
    assert names <= {file.name for file in out.iterdir()}
    page = (out / "index.html").read_text()
    assert 'src="./highlight-reel.mp4"' in page
    assert 'src="./podcast.mp3"' in page
    assert run(args) == 0
    assert not names & {file.name for file in out.iterdir()}
    assert "highlight-reel" not in (out / "index.html").read_text()


def test_files_of_others_in_the_results_folder_stay(made):
    path, out, _ = made
    own = [out / name for name in ("01-introduction.mp4", "02-arrays.mp4", "02-arrays.vtt")]
    for file in own:
        file.write_bytes(b"a recording of mine")
    assert run(["highlights", str(path), "--out", str(out), *QUICK]) == 0
    for file in own:
        assert file.read_bytes() == b"a recording of mine"
        file.unlink()


def test_a_results_folder_that_cannot_be_made_is_one_line_and_code_2(made, capsys, tmp_path):
    path, _, _ = made
    (tmp_path / "file").write_text("I am no folder")
    assert run(["highlights", str(path), "--out", str(tmp_path / "file")]) == 2
    error = capsys.readouterr().err
    assert error.endswith("Not a directory. [bad_folder]\n")
    assert error.count("\n") == 1


def test_the_folder_of_another_recording_is_refused_and_stays_as_it_is(made, capsys, tmp_path):
    path, out, _ = made
    another = tmp_path / "other.mp4"
    another.write_bytes(path.read_bytes() + b"\0\0\0\x08free")
    before = {file.name: file.read_bytes() for file in out.iterdir() if file.is_file()}
    assert run(["highlights", str(another), "--out", str(out), *QUICK]) == 2
    error = capsys.readouterr().err
    assert f"holds the clips of 'talk.mp4'; name another folder, such as {out / 'other'}" in error
    assert error.count("\n") == 1
    assert {file.name: file.read_bytes() for file in out.iterdir() if file.is_file()} == before


def test_a_recording_that_was_renamed_or_edited_keeps_its_folder(made, tmp_path):
    path, _, _ = made
    first, renamed = tmp_path / "first.mp4", tmp_path / "renamed.mp4"
    first.write_bytes(path.read_bytes())
    args = ["--out", str(tmp_path / "out"), *QUICK, "--only", "intake"]
    assert run(["highlights", str(first), *args]) == 0
    first.rename(renamed)
    assert run(["highlights", str(renamed), *args]) == 0
    first.write_bytes(renamed.read_bytes() + b"\0\0\0\x08free")
    assert run(["highlights", str(first), *args]) == 0


def test_two_runs_do_not_share_a_results_folder(made, capsys):
    path, out, _ = made
    with hold_state(out / ".lecture"):
        assert run(["highlights", str(path), "--out", str(out), *QUICK]) == 1
    assert f"in use by the process with PID {os.getpid()}" in capsys.readouterr().err


def test_what_a_stopped_run_left_half_made_is_cleared_away(made):
    path, out, _ = made
    left = out / ".lecture" / "results" / ".tmp-clip-0-1-0"
    left.mkdir()
    (left / "clip.mp4").write_bytes(b"half a clip")
    assert run(["highlights", str(path), "--out", str(out), *QUICK]) == 0
    assert not left.exists()


def test_from_computes_a_stage_again(made, capsys):
    path, out, _ = made
    args = ["highlights", str(path), "--out", str(out), *QUICK, "--from", "extract"]
    assert run(args) == 0
    assert "Clip extractor: done" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything(number, tmp_path):
    path = tmp_path / "talk.mp4"
    render_lecture(path, SCENES[:1], SMALL)
    command = [sys.executable, "-m", "app.cli", "highlights", path, "--out", tmp_path / "out"]
    # Without captions it has to listen, which takes long enough to be interrupted.
    process = subprocess.Popen(
        [str(part) for part in command], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    for line in process.stderr:
        if line.startswith("Intake"):
            break
    from jobs.processes import descendants, is_alive

    children = descendants(process.pid)
    process.send_signal(number)
    rest = process.stderr.read()
    assert process.wait(10) == 128 + number
    process.stderr.close()
    assert "Traceback" not in rest
    assert not [pid for pid in children if is_alive(pid)]
    assert not list((tmp_path / "out").glob("*.mp4"))


def test_doctor_speaks_plainly_and_says_what_is_missing(capsys, tmp_path):
    assert run(["doctor", "--state", str(tmp_path / "none")]) == 0
    told = capsys.readouterr().out
    for name in ("ffmpeg", "Sandbox", "Speech recognition", "Gemini", "Fonts", "GPU", "Disk"):
        assert f"{name}: " in told
    assert "LECTURE_GEMINI_API_KEY" in told
    assert told.endswith("Ready.\n")


@contextmanager
def gemini_served(monkeypatch, **answers):
    """Yield a server that speaks the Gemini API, which the settings name meanwhile."""
    from app.settings import load_settings

    with serving() as serve:
        stub = serve(**answers)
        monkeypatch.setenv("LECTURE_GEMINI_API_KEY", KEY)
        monkeypatch.setenv("LECTURE_GEMINI_BASE_URL", stub.url)
        load_settings.cache_clear()
        try:
            yield stub
        finally:
            load_settings.cache_clear()


def test_highlights_with_gemini_says_what_it_spent_and_by_whom_it_was_scored(
    made, tmp_path, capsys, monkeypatch
):
    source, _, _ = made
    out = tmp_path / "out"
    command = ["highlights", str(source), "--out", str(out), *QUICK, "--only", "content"]
    with gemini_served(monkeypatch) as stub:
        assert run(command) == 0
        first = capsys.readouterr().out
        assert run(command) == 0
    again = capsys.readouterr().out
    assert stub.seen
    content = json.loads((out / "analysis.json").read_text())["content"]
    assert content["analyzer"] == "local + gemini-2.5-flash"
    assert content["usage"]["requests"] == len(stub.seen)
    assert f"gemini-2.5-flash gave {len(stub.seen)} answers" in first
    assert "gemini-2.5-flash" not in again
    files = [path for path in out.rglob("*") if path.is_file()]
    assert not [path for path in files if KEY.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("status", "words"),
    [(200, "[ok]      Gemini: the key works"), (403, "refused the key"), (404, "not known")],
)
def test_doctor_says_whether_the_gemini_key_works(capsys, tmp_path, monkeypatch, status, words):
    with gemini_served(monkeypatch, status=lambda number: status) as stub:
        assert run(["doctor", "--state", str(tmp_path / "none")]) == 0
    printed = capsys.readouterr()
    assert words in printed.out
    assert KEY not in printed.out + printed.err
    assert [request["key"] for request in stub.seen] == [KEY]


def test_doctor_names_a_setting_that_is_misspelt(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("LECTURE_WORKER", "3")
    assert run(["doctor", "--state", str(tmp_path / "none")]) == 0
    told = capsys.readouterr().out
    assert "[limited] Settings: no setting is called LECTURE_WORKER" in told
    assert "LECTURE_WORKERS" in told


def test_doctor_fails_when_nothing_can_work(capsys, tmp_path, monkeypatch):
    from app.settings import load_settings

    monkeypatch.setenv("LECTURE_REDIS_URL", "unix:///nowhere/s")
    load_settings.cache_clear()
    try:
        assert run(["doctor", "--state", str(tmp_path)]) == 1
    finally:
        load_settings.cache_clear()
    assert "Not ready: Broker." in capsys.readouterr().out


def test_migrate_goes_up_and_down(capsys, tmp_path):
    state = ["--state", str(tmp_path)]
    assert run(["migrate", *state]) == 0
    assert run(["migrate", *state]) == 0
    assert run(["migrate", "--to", "0", *state]) == 0
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.startswith("schema 0 -> ")
    assert second.endswith("nothing to do")
    assert third.endswith("-> 0")


@pytest.mark.parametrize("to", ["77", "-1"])
def test_migrate_to_a_schema_that_does_not_exist_is_refused(to, capsys, tmp_path):
    assert run(["migrate", "--to", to, "--state", str(tmp_path)]) == 2
    assert "no such schema" in capsys.readouterr().err


def test_migrate_takes_no_table_from_under_a_running_app(capsys, tmp_path):
    state = ["--state", str(tmp_path)]
    with hold_state(tmp_path):
        assert run(["migrate", *state]) == 0
        assert run(["migrate", "--to", "0", *state]) == 1
    told = capsys.readouterr()
    assert told.out.startswith("schema 0 -> ")
    assert told.err.endswith("[already_running]\n")


def test_where_there_is_no_terminal_a_long_stage_says_how_far_it_is(capsys, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("app.commands.bars.time.monotonic", lambda: now[0])
    with StageBars({"transcript": "Transcript"}) as bars:
        for seconds, percent in ((0, 0), (5, 10), (25, 40), (30, 50), (50, 90)):
            now[0] = 100.0 + seconds
            event = {"stage": "transcript", "status": "running", "percent": percent}
            bars({**event, "message": "Listening"})
        bars({"stage": "transcript", "status": "done", "percent": 100})
    assert capsys.readouterr().err.splitlines() == [
        "Transcript: 40 % Listening",
        "Transcript: 90 % Listening",
        "Transcript: done",
    ]


def test_a_worker_without_a_broker_says_so(capsys, tmp_path):
    assert run(["worker", "--state", str(tmp_path)]) == 1
    assert "lecture serve" in capsys.readouterr().err
