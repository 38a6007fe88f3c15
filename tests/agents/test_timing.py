"""Words of captions are where they are said, however rough the cues' edges are."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from agents.subtitles import split_words
from agents.transcript.activity import measure_activity, measure_spoken
from agents.transcript.alignment import CueWords, Edges, align_words, word_length
from agents.transcript.captions import Caption
from agents.transcript.clock import CELL_S, VoiceClock
from agents.transcript.timing import time_captions
from agents.transcript.words import repair_utterances
from agents.types import Interval
from tests.hearing import intake_from_sound, spoken

SENTENCES = tuple(range(14))
MEDIAN_S = 0.12


@pytest.fixture(scope="module", params=[-60.0, -40.0], ids=["quiet", "noisy"])
def lecture(request, tmp_path_factory):
    """Return the intake of fourteen spoken sentences and their words [(start, text)]."""
    sound, said = spoken(SENTENCES, noise_db=request.param)
    words = [(t0 + w["t0"], w["text"]) for t0, _, entry in said for w in entry["words"]]
    ends = [t1 for _, t1, _ in said]
    return intake_from_sound(sound, tmp_path_factory.mktemp("said") / "sound.wav"), words, ends


def two_lines(words, longest_s=6.8, chars=84):
    """Return cues [(first word, after the last word)] of two lines, across sentences and pauses."""
    cues, begin = [], 0
    for number in range(1, len(words) + 1):
        room = number < len(words) and words[number][0] - words[begin][0] < longest_s
        if not room or len(" ".join(t for _, t in words[begin : number + 1])) > chars:
            cues.append((begin, number))
            begin = number
    return cues


def captions_of(words, ends, *, edge=lambda t: t, early_s=0.0, late_s=0.0, until_next=False):
    """Return captions of two lines with edges made worse."""
    made = []
    for begin, stop in two_lines(words):
        following = words[stop][0] if stop < len(words) else ends[-1]
        end = min([t for t in ends if t > words[stop - 1][0]] + [following])
        end = following if until_next else min(end, following)
        text = " ".join(text for _, text in words[begin:stop])
        start = max(0.0, edge(words[begin][0] - early_s))
        made.append([start, max(start + 0.1, edge(end + late_s)), text])
    for cue, after in pairwise(made):
        cue[1] = min(cue[1], after[0])
    return [Caption(start, end, text) for start, end, text in made]


EDGES = {
    "exact": {},
    "rounded": {"edge": round},
    "cut to seconds": {"edge": int},
    "until next": {"until_next": True},
    "early": {"early_s": 0.3, "late_s": 0.3},
    "late": {"early_s": -0.4, "late_s": 0.4},
    "early until next": {"early_s": 0.3, "until_next": True},
}


@pytest.mark.parametrize("how", EDGES)
def test_words_are_where_they_are_said_with_edges(lecture, how):
    intake, words, ends = lecture
    activity = measure_activity(intake)
    captions = captions_of(words, ends, **EDGES[how])
    raw = time_captions(captions, activity, intake.levels)
    found = [w for u in repair_utterances(raw, intake.media.duration, activity) for w in u.words]
    texts = [(at, piece) for at, text in words for piece in split_words(text)]
    assert [word.text for word in found] == [piece for _, piece in texts]
    errors = [abs(word.start - at) for word, (at, _) in zip(found, texts, strict=True)]
    assert np.median(errors) <= MEDIAN_S
    assert np.percentile(errors, 90) <= 0.3


def test_a_voice_that_silero_does_not_know_is_aligned_by_levels(lecture):
    intake, words, ends = lecture
    deaf = replace(intake.speech, values=np.zeros_like(intake.speech.values))
    captions = captions_of(words, ends, edge=round)
    said = [Interval(caption.start, caption.end) for caption in captions]
    activity = measure_spoken(replace(intake, speech=deaf), said)
    raw = time_captions(captions, activity, intake.levels)
    found = [word.start for utterance in raw for word in utterance.words]
    starts = [at for at, text in words for _ in split_words(text)]
    assert np.median(np.abs(np.array(found) - starts)) <= MEDIAN_S
    heard = measure_spoken(intake, said).active
    assert np.array_equal(heard, measure_activity(intake).active)


def test_times_that_the_file_gives_words_stay(lecture):
    intake, words, _ = lecture
    starts = [at for at, _ in words[:8]]
    text = " ".join(text for _, text in words[:8])
    marks, at = [], 0
    for (start, said), _ in zip(words[:8], starts, strict=True):
        marks.append((at, start))
        at += len(said) + 1
    caption = Caption(starts[0], words[8][0], text, marks=tuple(marks))
    (raw,) = time_captions([caption], measure_activity(intake), intake.levels)
    assert [word.start for word in raw.words] == pytest.approx(starts, abs=0.1)


def test_cue_without_voice_keeps_its_place(lecture):
    intake, words, ends = lecture
    cues = captions_of(words, ends)
    silent = Caption(intake.media.duration - 0.28, intake.media.duration, "nobody says this")
    raw = time_captions([*cues, silent], measure_activity(intake), intake.levels)
    assert (raw[-1].start, raw[-1].end) == (silent.start, silent.end)
    assert [word.text for word in raw[-1].words] == ["nobody", "says", "this"]


def test_clock_runs_only_in_the_voice():
    clock = VoiceClock([(1.0, 2.0), (4.0, 4.5)])
    assert clock.size == round(1.5 / CELL_S)
    assert clock.positions(np.array([0.0, 1.5, 3.0, 4.25, 9.0])).tolist() == [0, 25, 50, 62.5, 75]
    assert clock.begin_s[[0, 25, 50, 75]].tolist() == [1.0, 1.5, 4.0, 4.5]
    assert clock.end_s[50] == 2.0
    assert clock.pauses().tolist() == [2.0]


def test_spoken_digits_and_syllables_take_longer_than_their_letters():
    assert word_length("1984") > word_length("four") > word_length("a") > 0
    assert word_length("idea") > word_length("sixt")
    assert word_length("…") > 0


def test_a_word_is_moved_rather_than_said_across_a_pause():
    clock = VoiceClock([(0.0, 0.8), (1.8, 2.5)])
    cue = CueWords(0.0, 3.0, ["internationally", "known"])
    found = align_words([cue], clock, np.zeros(clock.size + 1), Edges())
    assert found is not None
    assert clock.end_s[found[1]][0] == 0.8
    assert clock.begin_s[found[0]][1] == 1.8
