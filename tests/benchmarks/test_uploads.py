"""An upload outlives cut lines and a killed app, and costs little memory: a small one of them."""

from benchmarks.uploads import measure


def test_an_upload_survives_cuts_and_a_kill_in_little_memory(tmp_path):
    found = measure(tmp_path, 60_000_000, cuts=20)
    assert found.whole
    assert found.grown_mb <= 50  # held whole in memory, it would be more
