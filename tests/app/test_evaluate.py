"""`lecture evaluate`: what it reads, what it prints, and what it says of what it cannot read."""

import gzip
import json
import subprocess
import sys

import cv2
import numpy as np
import pytest
import soundfile

from agents.subtitles import make_cues, to_vtt
from agents.types import Interval, Word
from jobs.evaluation.wording import plain_words
from tests.rendering import SPEECH as SPOKEN
from tests.rendering import Look, Scene, render_lecture, speech_entries

SCENES = (
    Scene("Sorting", ("compare", "swap"), (0, 1, 2), "picture_in_picture"),
    Scene("Searching", ("halve", "halve again"), (4, 8), "screen_only", topic=1),
)


def evaluate(*args):
    """Run the command in a process of its own; return exit code, stdout and stderr."""
    command = [sys.executable, "-m", "app.cli", "evaluate", *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def figures(*args):
    code, out, err = evaluate(*args, "--json")
    assert code == 0, err
    return json.loads(out)["overall"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a folder with one lecture and captions, and its truth."""
    folder = tmp_path_factory.mktemp("made")
    truth = render_lecture(folder / "talk.mp4", SCENES, Look(size=(320, 180), fps=10))
    said = [Word(w["t0"], w["t1"], w["text"]) for w in truth["words"]]
    cues = make_cues(said, (Interval(0, truth["duration"]),))
    (folder / "talk.vtt").write_text(to_vtt(cues))
    return folder, truth


def relabelled(made, tmp_path, **changed):
    """Return the lecture with a truth of which parts are changed on purpose."""
    folder, truth = made
    for file in folder.glob("talk.[mv]*"):
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / "talk.truth.json").write_text(json.dumps(truth | changed))
    return tmp_path


def test_slide_change_that_nobody_can_see_halves_recall(made, tmp_path):
    (change,) = made[1]["slides"]
    folder = relabelled(made, tmp_path, slides=[change, change + 4])
    found = figures("slides", folder)
    assert (found["changes"], found["change_recall"]) == (2, 0.5)
    assert found["change_precision"] == 1 / found["found"]
    assert found["duration_s"] == pytest.approx(made[1]["duration"], abs=0.2)
    assert found["cpu_s"] > 0


def test_wrong_kind_in_the_truth_costs_its_share_of_the_time(made, tmp_path):
    first, second = made[1]["layouts"]
    wrong = {**second, "type": "side_by_side"}
    found = figures("layout", relabelled(made, tmp_path, layouts=[first, wrong]))
    share = (first["t1"] - first["t0"]) / made[1]["duration"]
    assert found["kind"] == pytest.approx(share, abs=0.02)
    assert found["regions_right"] == 0.5


def test_silence_labelled_late_shows_as_border_error(made, tmp_path):
    silence = [[a + 0.1, b + 0.1] for a, b in made[1]["silence"]]
    exact = figures("silence", relabelled(made, tmp_path))
    (tmp_path / "late").mkdir()
    late = figures("silence", relabelled(made, tmp_path / "late", silence=silence))
    assert exact["pause_f1"] > 0.9
    assert late["border_error_ms"] - exact["border_error_ms"] > 40


def test_words_come_from_the_captions_beside_a_lecture(made):
    code, out, err = evaluate("words", made[0] / "talk.mp4", "--json")
    assert code == 0, err
    (row,) = json.loads(out)["rows"]
    assert row["engine"] == "captions (talk.vtt)"
    assert row["figures"]["word_error_rate"] == 0
    said = [plain for word in made[1]["words"] for plain in plain_words(word["text"])]
    assert row["figures"]["words"] == len(said)


def test_topics_and_importance_are_measured_on_lectures_too(made):
    assert figures("topics", made[0])["boundaries"] == 1
    found = figures("importance", made[0])
    assert found["sentences"] == len(made[1]["sentences"])
    assert found["clips"] == any(sentence["key"] for sentence in made[1]["sentences"]) == 1
    assert found["average_precision"] > 0


def test_broken_recording_is_a_row_with_its_sentence_and_the_others_are_scored(made, tmp_path):
    folder = relabelled(made, tmp_path)
    (folder / "cut.mp4").write_bytes((folder / "talk.mp4").read_bytes()[:3000])
    (folder / "cut.truth.json").write_text(json.dumps(made[1]))
    (folder / "gone.truth.json").write_text(json.dumps(made[1]))
    (folder / "odd.truth.json").write_text('{"duration": "long"}')
    code, out, err = evaluate("slides", folder)
    lines = out.splitlines()
    assert code == 2, err
    assert any(line.startswith("cut ") and "is incomplete" in line for line in lines)
    assert any(line.startswith("gone ") and "no recording lies beside" in line for line in lines)
    assert any(line.startswith("odd ") and "duration" in line for line in lines)
    assert any(line.startswith("talk ") and "1.000" in line for line in lines)
    assert lines[-1].startswith("all 1 ")


def test_tunable_of_an_agent_moves_the_figures_and_one_of_another_is_refused(made):
    assert figures("silence", made[0], "--silence.min-silence-s", "5")["pause_recall"] == 0
    code, _, err = evaluate("silence", made[0], "--compile.size", "360p")
    assert code == 2
    assert err == (
        "lecture: --compile.* plays no part in silence; that takes silence. [bad_parameter]\n"
    )


@pytest.mark.parametrize("name", ["nothing", "empty", "notes.txt"])
def test_path_without_labels_is_one_sentence_that_says_what_is_read(name, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("notes")
    code, out, err = evaluate("slides", tmp_path / name)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert ("does not exist" if name == "nothing" else "rendered lectures (NAME.mp4 beside") in err


def test_labels_of_another_measure_are_named(tmp_path):
    (tmp_path / "talk.ref").write_text("==========\nOne.\n")
    code, _, err = evaluate("slides", tmp_path)
    assert code == 2
    assert "holds transcripts with topics (.ref); the measure 'slides' reads rendered" in err


def test_speakers_turns_are_found_by_name_even_with_another_accent(tmp_path):
    spoken, rate = soundfile.read(SPOKEN / speech_entries()[4]["file"], dtype="float32")
    quiet = np.random.default_rng(1).standard_normal(2 * rate).astype(np.float32) / 1000
    soundfile.write(tmp_path / "t\u00e9st.wav", np.concatenate([quiet, spoken, quiet]), rate)
    end = 2 + len(spoken) / rate
    (tmp_path / "all.rttm").write_text(
        f"SPEAKER test 1 2.0 {end - 2:.3f} <NA> <NA> A <NA> <NA>\nSPEAKER other 1 0 1 x x B x x\n"
    )
    found = figures("silence", tmp_path)
    assert found["pauses"] == 2
    assert found["nonspeech_f1"] > 0.9


def test_sound_without_known_words_is_named_and_the_rest_is_scored(tmp_path):
    entry = speech_entries()[7]
    spoken, rate = soundfile.read(SPOKEN / entry["file"], dtype="float32")
    for name in ("said", "unsaid"):
        soundfile.write(tmp_path / f"{name}.wav", spoken, rate)
    (tmp_path / "said.txt").write_text(entry["text"])
    code, out, err = evaluate("words", tmp_path, "--json")
    assert code == 2, err
    said, unsaid = json.loads(out)["rows"]
    assert 0 <= said["figures"]["word_error_rate"] < 1
    assert said["figures"]["start_error_ms"] is None
    assert unsaid["error"] == "the words of 'unsaid.wav' are not known; 'unsaid.txt' is needed"


def test_frames_with_boxes_need_no_recording(tmp_path):
    folder = tmp_path / "talk"
    folder.mkdir()
    random = np.random.default_rng(3)
    for number in range(12):
        frame = np.zeros((360, 640, 3), np.uint8)
        frame[36:324, 64:576] = 230
        for row in range(4):
            left, right = sorted(random.integers(80, 560, 2))
            frame[80 + 50 * row : 100 + 50 * row, left:right] = 20
        cv2.imwrite(str(folder / f"talk-{number * 9000:07d}.jpg"), frame)
    labels = {
        "size": [640, 360],
        "screen": [64, 36, 576, 324],
        "camera": None,
        "kind": "slide only",
    }
    (tmp_path / "layout_truth.json").write_text(json.dumps({"note": "made", "talk": labels}))
    for path in (tmp_path, folder):
        found = figures("layout", path)
        assert found["screen_iou"] > 0.9
        assert (found["kind"], found["no_camera"], found["duration_s"]) == (1, 1, 108)


def test_transcripts_are_told_into_topics_and_ranked(tmp_path):
    one = [f"The voltage of battery {n} drives a current through the circuit." for n in range(30)]
    two = [f"The enzyme of protein {n} passes the membrane of a nucleus." for n in range(30)]
    (tmp_path / "talk.ref").write_text("\n".join(["=" * 10, *one, "=" * 10, *two, "=" * 10]))
    found = figures("topics", tmp_path)
    assert (found["boundaries"], found["boundary_f1"], found["pk"]) == (1, 1, 0)
    clips = [{"labelled": True, "sentences": one[:5], "important": [0, 1, 0, 0, 0]}]
    clips += [{"labelled": False, "sentences": two, "important": [0] * 30}]
    lines = [json.dumps({"clips": clips}), "{}"]
    with gzip.open(tmp_path / "test-open.jsonl.gz", "wt") as file:
        file.write("\n".join(lines))
    code, out, _ = evaluate("importance", tmp_path, "--json")
    rows = json.loads(out)["rows"]
    assert code == 2
    assert (rows[0]["figures"]["clips"], rows[0]["figures"]["sentences"]) == (1, 35)
    assert "is no VT-SSum lecture" in rows[1]["error"]
    assert (
        len(json.loads(evaluate("importance", tmp_path, "--json", "--most", "1")[1])["rows"]) == 1
    )
