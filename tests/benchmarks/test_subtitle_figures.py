"""The figures of subtitles count what is wrong, whoever made the cues."""

from agents.types import Cue, Interval, Word
from benchmarks.subtitles import check, divide, keep, read_words

WORDS = [
    Word(i * 0.5, i * 0.5 + 0.4, text) for i, text in enumerate(["we", "look", "at", "the", "mean"])
]


def tally(*cues):
    return check(WORDS, (Interval(0, 9),), cues)


def test_what_is_wrong_with_cues_is_counted():
    good = tally(Cue(0, 2.5, "we look at the mean"))
    assert (good.one_word, good.leaning, good.late_starts, good.early_ends, good.lost_words) == (
        *[0] * 5,
    )
    bad = tally(Cue(0.2, 1.5, "we look at\nthe"), Cue(1.6, 2.0, "mean"))
    assert bad.late_starts == 2
    assert bad.leaning == 2
    assert bad.one_word == bad.one_word_line == bad.under_1s == bad.flashes == 1
    assert bad.early_ends == 2
    assert tally(Cue(0, 1, "we look")).lost_words == 3
    assert tally(Cue(0, 1.0, "we look at the mean")).fast == 0
    assert tally(Cue(0, 0.5, "we look at the mean")).fast == 1
    wide = tally(Cue(0, 8, "x" * 43 + "\nb\nc"))
    assert (wide.over_42, wide.over_two_lines, wide.over_7s) == (1, 1, 1)


def test_words_are_read_divided_and_their_pauses_cut(tmp_path):
    lines, at = [], 0.0
    for i in range(200):
        text = "end." if i % 10 == 9 else "word"
        lines.append(f"[00:{int(at) // 60:02d}:{at % 60:06.3f} --> 00:59:00.000] {text}")
        at += 3.0 if i % 50 == 49 else 0.6
    path = tmp_path / "words.srt"
    path.write_text("\n".join(lines))
    words = read_words(path)
    assert len(words) == 200
    words = [Word(w.start, w.start + 0.5, w.text) for w in words]
    clips = list(divide(words))
    assert [clip[-1].text for clip, _ in clips] == ["end."] * len(clips)
    assert sum(part.duration for part in keep(words[40:60])) < words[59].end - words[40].start - 1.0
