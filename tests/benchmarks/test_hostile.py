"""The hostile benchmark tells right from wrong, and fails loudly when it has nothing to judge."""

import json

import pytest

from benchmarks.hostile import Outcome, faults, main


def case(expect, code="", **more):
    return {"file": "notes.mp4", "family": "not-media", "expect": expect, "code": code} | more


def test_an_absent_corpus_is_an_error(tmp_path, capsys):
    assert main([str(tmp_path)]) == 2
    assert "is not there; nothing was judged" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("expect", "code", "status"),
    [("refuse", "corrupt|not_media", 0), ("refuse", "no_audio", 1), ("accept", "", 1)],
)
def test_one_wrong_answer_fails_the_run(tmp_path, capsys, monkeypatch, expect, code, status):
    monkeypatch.setattr("benchmarks.hostile.CANARY_PORT", 0)
    (tmp_path / "notes.mp4").write_text("Dear diary")
    text = {"file": "a.srt", "family": "text", "expect": "either", "code": ""}
    (tmp_path / "cases.json").write_text(json.dumps([case(expect, code), text]))
    assert main([str(tmp_path)]) == status
    out = capsys.readouterr().out
    assert "families not run: text 1" in out
    assert f"{1 - status} of 1 right" in out


@pytest.mark.parametrize(
    ("wanted", "outcome", "words"),
    [
        (case("accept"), Outcome(crash="ValueError()"), "ValueError"),
        (case("accept", real_s=12), Outcome(duration=6), "6.0 s long instead of 12 s"),
        (case("either", real_s=12), Outcome(duration=12), "without a word"),
        (case("refuse", "corrupt"), Outcome(), "corrupt was expected"),
        (case("refuse", "corrupt"), Outcome(code="corrupt", message="a\nb"), "message"),
        (case("accept"), Outcome(seconds=60), "took 60.0 s"),
        (case("accept"), Outcome(mb=900), "took 900 MB"),
    ],
    ids=["crash", "length", "silent", "missed", "lines", "slow", "large"],
)
def test_each_kind_of_fault_is_found(wanted, outcome, words):
    assert any(words in fault for fault in faults(wanted, outcome))


def test_a_right_answer_has_no_fault():
    right = Outcome(duration=12.2, notices=["duration_mismatch: ..."], seconds=1, mb=90)
    assert faults(case("either", "corrupt", real_s=12), right) == []
