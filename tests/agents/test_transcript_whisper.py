from dataclasses import dataclass, field
from itertools import pairwise
from types import SimpleNamespace

import ctranslate2
import faster_whisper
import numpy as np
import pytest
from faster_whisper.transcribe import Segment, TranscriptionInfo, Word

from agents.transcript import TranscriptParams, transcribe
from agents.transcript import whisper as module
from agents.transcript.activity import measure_activity
from agents.transcript.loops import drop_loops
from agents.transcript.weights import NoWeights
from agents.transcript.whisper import Whisper, detect_language, load_whisper, recognise_whisper
from agents.transcript.windows import (
    WINDOW_S,
    Window,
    read_samples,
    read_window,
    speech_windows,
)
from agents.transcript.words import RawWord
from agents.types import Interval
from tests.hearing import context, intake_from_levels, intake_from_sound, spoken
from tests.tiny_whisper import make_tiny_whisper

PARAMS = TranscriptParams()


def segment(*words, seek=0, logprob=-0.2, no_speech=0.1, ratio=1.0):
    """Return what the pipeline says to one window; words as (start, end, text) in its audio."""
    return Segment(
        id=1,
        seek=seek,
        start=words[0][0] if words else 0.0,
        end=words[-1][1] if words else 0.0,
        text="".join(word for *_, word in words),
        tokens=[],
        avg_logprob=logprob,
        compression_ratio=ratio,
        no_speech_prob=no_speech,
        words=[Word(a, b, word, 0.9) for a, b, word in words],
        temperature=0.0,
    )


@dataclass
class StandIn:
    """A pipeline that says the given segments of each call and notes how it was called."""

    answers: list
    languages: list = field(default_factory=lambda: [[("de", 0.95), ("en", 0.05)]] * 5)
    calls: list = field(default_factory=list)
    asked: list = field(default_factory=list)

    @property
    def model(self):
        return self  # both the pipeline's model and that one's

    is_multilingual = True

    def detect_language(self, audio):
        self.asked.append(len(audio) / 16_000)
        answer = self.languages[len(self.asked) - 1]
        return *max(answer, key=lambda pair: pair[1]), answer

    def transcribe(self, audio, **options):
        self.calls.append((audio, options))
        info = TranscriptionInfo(
            options["language"], 1.0, len(audio) / 16_000, len(audio) / 16_000, None, None, None
        )
        return iter(self.answers[len(self.calls) - 1]), info


def windows_of(*stretches):
    return [Window((Interval(start, end),)) for start, end in stretches]


def hear(pipeline, intake, windows, params=PARAMS, progress=lambda percent: None):
    return recognise_whisper(pipeline, intake.audio, windows, params=params, progress=progress)


@pytest.fixture(scope="module")
def lecture(tmp_path_factory):
    sound, said = spoken((0, 3, 5))
    return intake_from_sound(sound, tmp_path_factory.mktemp("lecture") / "sound.wav"), said


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    make_tiny_whisper(folder / "faster-whisper-small")
    return folder


# --- windows --------------------------------------------------------------------------------------


def test_windows_hold_all_speech_and_none_of_the_longer_silence(lecture):
    intake, said = lecture
    (window,) = speech_windows(intake)
    assert window.duration < WINDOW_S
    for start, end, _ in said:
        assert any(p.start <= start + 0.05 and end - 0.05 <= p.end for p in window.pieces)
    voiced = measure_activity(intake).spans(0.0, intake.media.duration)
    for before, after in pairwise(voiced):
        pause = Interval(before[1], after[0])
        heard = sum(pause.overlap(piece) for piece in window.pieces)
        assert heard <= min(pause.duration, 0.4) + 1e-6


def test_a_place_in_the_window_is_found_in_the_lecture_and_never_spans_two_pieces():
    window = Window((Interval(10.0, 12.0), Interval(20.0, 25.0)))
    assert window.duration == 7.0
    assert window.place(0.5, 1.0) == (10.5, 11.0)
    assert window.place(2.5, 3.0) == (20.5, 21.0)
    assert window.place(1.8, 2.1) == (pytest.approx(11.8), 12.0)
    assert window.place(1.9, 2.6) == (20.0, pytest.approx(20.6))
    assert window.place(6.0, 99.0) == (24.0, 25.0)


def test_long_speech_is_cut_at_its_softest_place_into_full_windows():
    levels = np.random.default_rng(3).uniform(-25, -20, 9_000)
    levels[:300] = levels[-300:] = -80.0
    levels[2_900:2_930] = -32.0  # a soft syllable, still loud enough to be speech
    windows = speech_windows(intake_from_levels(levels))
    assert windows[0].pieces[-1].end == pytest.approx(29.15, abs=0.2)
    assert all(window.duration <= WINDOW_S + 1e-6 for window in windows)
    assert len(windows) == 4


def test_windows_end_at_the_longest_pause_near_their_end():
    spans = [(i * 2.0, i * 2.0 + 1.5) for i in range(40)]
    levels = np.full(8_100, -80.0)
    for start, end in spans:
        levels[round(start * 100) : round(end * 100)] = -20.0
    levels[2_760:2_990] = -80.0  # a longer pause at 27.5 s
    levels += np.random.default_rng(4).uniform(-2, 2, len(levels))
    windows = speech_windows(intake_from_levels(levels))
    assert windows[0].pieces[-1].end == pytest.approx(27.7, abs=0.1)
    assert windows[0].duration >= 0.8 * WINDOW_S


def test_silence_gives_no_windows_and_needs_no_model():
    assert speech_windows(intake_from_levels(np.full(3000, -90.0))) == ()


# --- recognition ----------------------------------------------------------------------------------


def test_long_recordings_are_heard_in_groups_with_one_language(lecture):
    intake, _ = lecture
    windows = windows_of(*[(i * 0.5, i * 0.5 + 0.4) for i in range(20)])
    pipeline = StandIn([[segment((0.1, 0.3, " eins"))], [segment((0.1, 0.3, " zwei"))]])
    percents = []
    heard = hear(pipeline, intake, windows, progress=percents.append)
    (audio, first), (_, second) = pipeline.calls
    assert len(audio) == round(16 * 0.4 * 16_000)
    assert (first["language"], second["language"]) == ("de", "de")
    assert first["clip_timestamps"][1] == {"start": 0.4, "end": 0.8}
    assert second["clip_timestamps"][0] == {"start": 0.0, "end": pytest.approx(0.4)}
    assert (first["word_timestamps"], first["batch_size"]) == (True, 8)
    assert [u.words[0].start for u in heard.said] == [pytest.approx(0.1), pytest.approx(8.1)]
    assert percents == sorted(percents)


def test_words_come_back_at_their_place_in_the_lecture(lecture):
    intake, _ = lecture
    windows = [Window((Interval(1.0, 2.0), Interval(4.0, 6.0))), Window((Interval(6.5, 7.5),))]
    answer = [
        segment((0.2, 0.6, " So"), (1.1, 1.5, " on."), logprob=-0.7),
        segment((3.2, 3.5, " End."), seek=300),
    ]
    said = hear(StandIn([answer]), intake, windows).said
    assert [(w.start, w.end) for u in said for w in u.words] == [
        pytest.approx(pair) for pair in ((1.2, 1.6), (4.1, 4.5), (6.7, 7.0))
    ]
    assert (said[0].start, said[0].end) == (1.0, 6.0)
    assert (said[0].avg_logprob, said[0].no_speech_prob) == (-0.7, 0.1)


def test_word_that_whisper_cuts_in_two_is_one_and_chinese_stays_as_it_is(lecture):
    intake, _ = lecture
    pieces = ((0.0, 0.1, " Section"), (0.1, 0.2, " 8"), (0.2, 0.4, ".225,"), (0.4, 0.5, " on"))
    chinese = ((0.5, 0.6, "我"), (0.6, 0.7, "们"))
    said = hear(StandIn([[segment(*pieces, *chinese)]]), intake, windows_of((1.0, 2.0))).said
    words = [(word.text.strip(), word.end) for word in said[0].words]
    assert [text for text, _ in words] == ["Section", "8.225,", "on", "我", "们"]
    assert words[1][1] == pytest.approx(1.4)


def test_nobody_speaks_where_the_model_says_so_and_doubts_its_words(lecture):
    intake, _ = lecture
    windows = windows_of((1.0, 2.0), (2.0, 3.0), (3.0, 4.0))
    answer = [
        segment((0.1, 0.5, " Thanks."), logprob=-1.4, no_speech=0.8),
        segment((1.1, 1.5, " Soft."), seek=100, logprob=-0.4, no_speech=0.8),
        segment((2.1, 2.5, " Unsure."), seek=200, logprob=-1.4, no_speech=0.2),
    ]
    said = hear(StandIn([answer]), intake, windows).said
    assert [w.text for u in said for w in u.words] == [" Soft.", " Unsure."]


def test_window_in_which_whisper_is_stuck_is_heard_again(lecture):
    intake, _ = lecture
    loop = segment(*[(i / 10, i / 10 + 0.1, " Thank") for i in range(20)], seek=200, ratio=8.0)
    pipeline = StandIn(
        [[segment((0.1, 0.5, " Right."), seek=0), loop], [segment((0.3, 0.6, " Left."))]]
    )
    heard = hear(pipeline, intake, windows_of((1.0, 3.0), (4.0, 6.0)))
    assert [w.text for u in heard.said for w in u.words] == [" Right.", " Left."]
    assert heard.said[1].words[0].start == pytest.approx(4.3)
    assert heard.lost == ()
    again = pipeline.calls[1][1]
    assert (again["no_repeat_ngram_size"], len(again["clip_timestamps"])) == (4, 1)


def test_loop_that_does_not_end_is_kept_once_and_said(tmp_path, lecture, models, monkeypatch):
    intake, _ = lecture
    words = [(0.5 + i / 10, 0.6 + i / 10, (" Thank", " you.")[i % 2]) for i in range(40)]
    pipeline = StandIn([[segment(*words, ratio=9.0)]] * 2)
    monkeypatch.setattr(module, "load_whisper", lambda folder, cores: Whisper(pipeline, "x"))
    result = transcribe(intake, params=PARAMS, context=context(tmp_path, models=models))
    assert [s.text for s in result.segments] == ["Thank you."]
    assert [notice.code for notice in result.notices] == ["speech_lost"]
    assert "0:00" in result.notices[0].message


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("thank you " * 20, "thank you"),
        ("No, no, no! That is wrong", "No, no, no! That is wrong"),
        ("so " + "the the the the the the the the the " + "end", "so the end"),
        ("a b c d " * 3 + "e", "a b c d " * 3 + "e"),
        ("", ""),
    ],
)
def test_only_phrases_said_again_and_again_are_loops(text, kept):
    words = [RawWord(i, i + 1.0, token) for i, token in enumerate(text.split())]
    assert [word.text for word in drop_loops(words)] == kept.split()


def test_sentences_come_from_the_words_of_the_engine(tmp_path, lecture, models, monkeypatch):
    intake, said = lecture
    (window,) = speech_windows(intake)
    edges = np.cumsum([0.0, *[piece.duration for piece in window.pieces]])

    def heard_at(time):
        at = next(i for i, p in enumerate(window.pieces) if p.start <= time <= p.end)
        return edges[at] + time - window.pieces[at].start

    words = [
        (heard_at(t0 + w["t0"]), heard_at(t0 + w["t1"]), f" {w['text']}")
        for t0, _, entry in said
        for w in entry["words"]
    ]
    pipeline = StandIn([[segment(*words)]])
    loaded = Whisper(pipeline, "int8 on the CPU")
    monkeypatch.setattr(module, "load_whisper", lambda folder, cores: loaded)
    result = transcribe(intake, params=PARAMS, context=context(tmp_path, models=models))
    assert result.engine == "faster-whisper small (int8 on the CPU; de heard with 95%)"
    assert (result.language, result.notices) == ("de", ())
    true = [t0 + w["t0"] for t0, _, entry in said for w in entry["words"]]
    found = [word.start for s in result.segments for word in s.words]
    assert np.abs(np.subtract(found, true)).max() < 0.15
    voiced = measure_activity(intake)
    for word in (word for s in result.segments for word in s.words):
        assert voiced.share(word.start, word.end) >= 0.8 * word.duration - 0.02


# --- language -------------------------------------------------------------------------------------


def test_language_is_asked_all_over_the_lecture_until_it_is_sure(lecture):
    intake, _ = lecture
    windows = windows_of(*[(i * 0.1, i * 0.1 + 0.1 + i / 1000) for i in range(60)])
    unsure = [("en", 0.6), ("de", 0.4)]
    pipeline = StandIn([], [unsure, [("de", 0.9), ("en", 0.1)], *[[("de", 1.0)]] * 3])
    language, probability = detect_language(pipeline, intake.audio, windows)
    assert (language, probability) == ("de", pytest.approx((0.4 + 0.9 + 3) / 5))
    lengths = [0.1 + i / 1000 for i in (30, 15, 44, 0, 59)]
    assert pipeline.asked == pytest.approx(lengths, abs=1e-3)


def test_sure_answer_ends_the_questions_and_short_lectures_have_few(lecture):
    intake, _ = lecture
    sure = StandIn([], [[("de", 0.97), ("en", 0.03)]] * 5)
    assert detect_language(sure, intake.audio, windows_of((1, 2), (2, 3)))[0] == "de"
    assert len(sure.asked) == 1
    assert detect_language(StandIn([]), intake.audio, windows_of((1, 2)))[0] == "de"


def test_doubtful_language_is_said(tmp_path, lecture, models, monkeypatch):
    intake, _ = lecture
    pipeline = StandIn([[]], [[("de", 0.5), ("en", 0.4)]])
    monkeypatch.setattr(module, "load_whisper", lambda folder, cores: Whisper(pipeline, "x"))
    result = transcribe(intake, params=PARAMS, context=context(tmp_path, models=models))
    assert [notice.code for notice in result.notices] == ["language_unsure"]
    assert "'de' with 50% certainty" in result.notices[0].message


def test_given_language_is_not_asked_for(tmp_path, lecture, models, monkeypatch):
    intake, _ = lecture
    pipeline = StandIn([[]])
    monkeypatch.setattr(module, "load_whisper", lambda folder, cores: Whisper(pipeline, "x"))
    given = context(tmp_path, models=models)
    result = transcribe(intake, params=TranscriptParams(language="fr"), context=given)
    assert (result.language, pipeline.asked) == ("fr", [])
    assert result.engine == "faster-whisper small (x; fr was set)"


# --- the real library -----------------------------------------------------------------------------


def test_random_model_is_really_loaded_and_what_it_says_is_repaired(tmp_path, lecture, models):
    intake, _ = lecture
    percents = []
    given = context(tmp_path, lambda percent, message: percents.append(percent), models=models)
    result = transcribe(intake, params=TranscriptParams(beam_size=1), context=given)
    assert result.engine == "faster-whisper small (int8 on the CPU; en heard with 100%)"
    words = [word for s in result.segments for word in s.words]
    assert words
    for before, after in pairwise(words):
        assert before.end <= after.start + 1e-9
    assert all(0 <= w.start < w.end <= intake.media.duration for w in words)
    voiced = measure_activity(intake)
    assert all(voiced.share(word.start - 0.01, word.end + 0.01) > 0 for word in words)
    assert all(0 <= p <= 100 for p in percents)
    again = transcribe(intake, params=TranscriptParams(beam_size=1), context=given)
    assert again == result


def test_model_of_one_language_says_that_it_hears_no_other(tmp_path, lecture, models):
    given = context(tmp_path, models=models)
    result = transcribe(lecture[0], params=TranscriptParams(language="de"), context=given)
    assert result.language == "en"
    assert "english_only" in [notice.code for notice in result.notices]


def test_broken_weights_are_refused_by_name(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    for name in ("model.bin", "tokenizer.json", "config.json"):
        (folder / name).write_bytes(b"not a model")
    with pytest.raises(NoWeights, match="'small' cannot be loaded"):
        load_whisper(folder, cores=1)


# --- where it runs --------------------------------------------------------------------------------


@pytest.fixture
def opened(monkeypatch):
    """Pretend that there is a GPU, and note how the model is opened."""
    calls = []

    def model(path, **options):
        calls.append(options)
        return SimpleNamespace()

    monkeypatch.setattr(faster_whisper, "WhisperModel", model)
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    monkeypatch.setattr(
        ctranslate2, "get_supported_compute_types", lambda device: {"float32", "float16", "int8"}
    )
    return calls


def test_gpu_that_works_is_used_with_float16(tmp_path, opened, monkeypatch):
    tried = []
    monkeypatch.setattr(module, "runs_on", lambda *args: tried.append(args) or True)
    loaded = load_whisper(tmp_path, cores=3)
    assert (loaded.on, loaded.notices) == ("float16 on the GPU", ())
    assert [(o["device"], o["compute_type"]) for o in opened] == [("cuda", "float16")]
    assert tried == [(tmp_path, "cuda", "float16")]


def test_gpu_whose_libraries_do_not_load_is_said_and_the_cpu_used(models, opened):
    # Really tried, in a process of its own: the CTranslate2 of this machine finds no CUDA.
    loaded = load_whisper(models / "faster-whisper-small", cores=3)
    assert loaded.on == "int8 on the CPU"
    assert [notice.code for notice in loaded.notices] == ["gpu_unusable"]
    assert [(o["device"], o["compute_type"], o["cpu_threads"]) for o in opened] == [
        ("cpu", "int8", 3)
    ]


def test_trying_a_device_really_computes_there(models, tmp_path):
    folder = models / "faster-whisper-small"
    assert module.runs_on(folder, "cpu", "int8")
    assert not module.runs_on(folder, "nowhere", "int8")
    assert not module.runs_on(tmp_path / "no-model", "cpu", "int8")


def test_broken_driver_is_tried_and_old_gpus_compute_in_float32(monkeypatch):
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    monkeypatch.setattr(ctranslate2, "get_supported_compute_types", lambda device: {"float32"})
    assert module.cuda_type() == "float32"

    def broken():
        raise RuntimeError("CUDA driver version is insufficient")

    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", broken)
    assert module.cuda_type() == "float16"
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 0)
    assert module.cuda_type() is None


def test_samples_of_a_stretch_are_read_and_end_with_the_file(lecture):
    intake, _ = lecture
    all_of_it = read_samples(intake.audio, 0.0, 1e6)
    part = read_samples(intake.audio, 1.5, 2.0)
    assert len(part) == 8000
    assert np.array_equal(part, all_of_it[24_000:32_000])
    assert part.dtype == np.float32
    assert np.abs(part).max() <= 1.0
    assert len(read_samples(intake.audio, 1e5, 1e6)) == 0
    both = read_window(intake.audio, Window((Interval(1.5, 2.0), Interval(3.0, 3.5))))
    assert np.array_equal(both[:8000], part)
    assert len(both) == 16_000
