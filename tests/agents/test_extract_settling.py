"""Edges of clips in measured pauses, also where the captions' times are some tenths off."""

import numpy as np
import pytest

from agents.extract.params import ExtractParams
from agents.extract.planner import plan_clips
from agents.extract.reasons import with_cues
from agents.extract.settling import settle
from agents.silence import AGENT as SILENCE
from agents.silence import detect_silence
from agents.types import SilenceRegion, Transcript, TranscriptSegment, Word
from tests.agents.test_extract import bumps, make_content
from tests.hearing import intake_from_sound, spoken
from tests.talks import pauses_of, show, speak, write_talk

COUNT = 24
LIMITS = {"min_clip_s": 10.0, "max_clip_s": 25.0, "max_share": 0.9, "max_pause_s": 10.0}


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """Return the measured pauses of real speech, and when which sentence is said."""
    sound, said = spoken(tuple(range(COUNT)))
    wav = tmp_path_factory.mktemp("sound") / "talk.wav"
    intake = intake_from_sound(sound, wav, silero=False)
    return detect_silence(intake, params=SILENCE.params()), said


def caption(texts, edges):
    """Return captions of which each lasts until the next, the words evenly in them."""
    segments = []
    for text, start, end in zip(texts, edges, edges[1:], strict=False):
        split = text.split()
        times = np.linspace(start, end, len(split) + 1)
        words = tuple(
            Word(float(a), float(b), w) for w, a, b in zip(split, times, times[1:], strict=False)
        )
        segments.append(TranscriptSegment(start, end, text, words))
    return Transcript("en", "captions (talk.vtt)", tuple(segments))


def captions_off(said, shift):
    """Return captions that change `shift(i)` seconds after sentence i is over."""
    ends = [end + shift(number) for number, (_, end, _) in enumerate(said)]
    return caption([entry["text"] for *_, entry in said], [max(0.0, said[0][0] - 0.4), *ends])


def early(number):
    return -0.3 - 0.2 * (number % 3) / 2


def late(number):
    return 1.1 + 0.2 * (number % 3) / 2  # 0.3 to 0.5 s into the next sentence


@pytest.mark.parametrize("shift", [early, late])
def test_every_edge_lies_in_a_measured_pause_though_captions_are_off(recording, shift):
    silence, said = recording
    transcript = captions_off(said, shift)
    values = bumps(COUNT, 4, 12, 20)
    plans = plan_clips(
        transcript,
        silence,
        show(transcript),
        make_content(transcript, values, 8),
        params=ExtractParams(**LIMITS),
    )
    assert len(plans) >= 3
    over = transcript.segments[-1].end
    for edge in (edge for plan in plans for edge in (plan.start, plan.end)):
        assert edge >= over or any(r.start <= edge <= r.end for r in silence), edge
        # and between two sentences as they are really said
        assert edge >= over or not any(t0 + 0.05 < edge < t1 - 0.05 for t0, t1, _ in said)


def test_cues_of_a_clip_begin_and_end_with_its_sentences_though_captions_are_off(recording):
    silence, said = recording
    transcript = captions_off(said, early)
    content = make_content(transcript, bumps(COUNT, 4, 12, 20), 8)
    params = ExtractParams(**LIMITS)
    plans = plan_clips(transcript, silence, show(transcript), content, params=params)
    quiet = np.array([[r.start, r.end] for r in silence])
    settled = settle(transcript.segments, quiet, params.edge_reach_s)
    for plan in with_cues(plans, settled):
        heard = [entry["text"] for t0, t1, entry in said if plan.start < (t0 + t1) / 2 < plan.end]
        assert " ".join(cue.text for cue in plan.cues).split() == " ".join(heard).split()


def test_captions_with_exact_times_stay_as_they_are():
    transcript = speak(write_talk(), pauses=[0.0, 0.8] * 60)
    quiet = np.array([[r.start, r.end] for r in pauses_of(transcript)])
    assert list(settle(transcript.segments, quiet, 0.6)) == list(transcript.segments)


def test_a_pause_beyond_the_reach_is_left_alone_and_one_within_it_is_taken():
    transcript = caption(
        ["One two three.", "Four five six.", "Seven eight."], [0.0, 4.0, 8.0, 12.0]
    )
    quiet = np.array([[4.4, 5.0], [8.9, 9.5]])
    first, second, third = settle(transcript.segments, quiet, 0.5)
    assert (first.end, second.start) == (4.4, 5.0)
    assert (second.end, third.start, third.end) == (8.0, 8.0, 12.0)
    assert [word.text for word in second.words] == ["Four", "five", "six."]
    assert second.words[0].start == pytest.approx(5.0)
    assert second.words[-1].end == pytest.approx(8.0)
    assert settle(transcript.segments, quiet, 0.0) == transcript.segments


def test_one_pause_is_given_to_the_nearer_of_two_ends_of_sentences():
    transcript = caption(["One two.", "Yes.", "Three four."], [0.0, 4.0, 4.3, 9.0])
    first, second, third = settle(transcript.segments, np.array([[4.5, 5.0]]), 0.6)
    assert first.end == second.start == 4.0
    assert (second.end, third.start) == (4.5, 5.0)


def test_no_sentence_is_squeezed_between_two_pauses():
    transcript = caption(["One two.", "A B C D.", "Three four."], [0.0, 4.0, 5.0, 9.0])
    quiet = np.array([[4.2, 4.6], [4.8, 5.4]])
    assert [s.duration for s in settle(transcript.segments, quiet, 0.6)] == [4.0, 1.0, 4.0]


def test_sound_in_a_gap_between_words_is_no_pause_while_pauses_are_measured():
    """Somebody whom the captions leave out speaks between the sentences."""
    transcript = speak(write_talk(), pauses=[0.5, 0.5, 2.0] * 40)
    silence = tuple(r for r in pauses_of(transcript) if r.duration < 1.5)
    plans = plan_clips(
        transcript,
        silence,
        show(transcript),
        make_content(transcript, bumps(120, 20, 60, 100)),
        params=ExtractParams(max_pause_s=5.0),
    )
    assert len(plans) >= 3
    for edge in (edge for plan in plans for edge in (plan.start, plan.end)):
        assert any(r.start <= edge <= r.end for r in silence) or edge <= 1.0, edge


def test_a_recording_without_any_silence_still_has_clips_between_words():
    transcript = speak(write_talk())
    content = make_content(transcript, bumps(120, 20, 60, 100))
    far = (SilenceRegion(0.1, 0.6, -60.0),)
    plans = plan_clips(transcript, far, show(transcript), content, params=ExtractParams())
    assert len(plans) >= 3
    for plan in plans:
        assert (
            any(
                a.end < plan.start < b.start
                for a, b in zip(transcript.segments, transcript.segments[1:], strict=False)
            )
            or plan.start <= 1.0
        )
