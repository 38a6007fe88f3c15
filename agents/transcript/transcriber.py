"""From a recording to its sentences: captions if they fit, else Whisper, else PocketSphinx."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from agents.registry import Context, Resources
from agents.transcript import offline, weights, whisper
from agents.transcript.activity import (
    Activity,
    measure_activity,
    measure_spoken,
    speech_stretches,
)
from agents.transcript.captions import Caption, CaptionsError, read_captions
from agents.transcript.language import guess_language
from agents.transcript.offset import describe_fit, fitted, measure_fit, moved, whole_hours
from agents.transcript.params import TranscriptParams
from agents.transcript.sentences import split_sentences
from agents.transcript.timing import time_captions
from agents.transcript.windows import speech_windows
from agents.transcript.words import RawUtterance, Utterance, repair_utterances
from agents.types import Intake, Interval, Notice, Transcript

logger = logging.getLogger(__name__)

LATE_S = 5.0
"""A cue may begin this long after the end of the recording."""
LATE_SHARE = 0.1
"""With more than this share of cues later still, captions belong to another recording."""
LEAST_COVERED = 0.5
"""Captions must lie over at least this share of the speech."""
NEAR_S = 2.0
"""Speech this near to a cue counts as covered by it."""
SPEECH = 0.5
"""Silero's probability from which on a hop counts as speech."""
NOTHING_HEARD = "none (no speech was heard)"
"""What stands for an engine where none was asked."""
FEW_SPEECH_S = 10.0
"""With less speech than this there is nothing to compare captions with."""


def transcribe(intake: Intake, *, params: TranscriptParams, context: Context) -> Transcript:
    """Return what is said, by the best source there is, and why it was that one."""
    notices: list[Notice] = []
    if context.resources.captions is not None and params.use_captions:
        context.progress(5, "reading the captions")
        try:
            return _from_captions(intake, params, context)
        except CaptionsError as error:
            notices.append(Notice(error.code, f"{error.message}; speech recognition is used"))
    if not measure_activity(intake).active.any():
        return Transcript("und", NOTHING_HEARD, (), tuple(notices))
    return _recognise(intake, params, context, notices)


def describe_engine(resources: Resources, params: TranscriptParams) -> Mapping[str, Any]:
    """Return what outside the parameters decides the transcript: captions and weights."""
    captions = resources.captions if params.use_captions else None
    found = weights.find_weights(resources.models, params.model)
    sha256 = None
    if captions is not None and captions.is_file():
        sha256 = hashlib.sha256(captions.read_bytes()).hexdigest()
    if found is not None:
        name, folder = found
        engine = f"whisper {name} {(folder / 'model.bin').stat().st_size}"
    else:
        engine = "whisper to be fetched" if resources.download_models else "pocketsphinx"
    return {"captions": sha256, "engine": engine}


def check_fit(captions: Sequence[Caption], intake: Intake, name: str) -> list[Caption]:
    """Return the captions inside the recording; raise CaptionsError if they are another's."""
    duration = intake.media.duration
    late = sum(caption.start > duration + LATE_S for caption in captions)
    if late > LATE_SHARE * len(captions):
        raise CaptionsError(
            f"captions '{name}' last until {captions[-1].end:.0f} s, the recording"
            f" {duration:.0f} s",
            code="captions_too_long",
        )
    covered = _covered_share(captions, intake)
    if covered < LEAST_COVERED:
        raise CaptionsError(
            f"captions '{name}' cover {covered:.0%} of the speech, {LEAST_COVERED:.0%} are needed",
            code="captions_too_short",
        )
    return [caption for caption in captions if caption.start < duration]


def _covered_share(captions: Sequence[Caption], intake: Intake) -> float:
    """Return the share of the speech that lies in or near a cue, 1 if there is little speech."""
    speech = intake.speech
    times = np.flatnonzero(speech.values >= SPEECH) * speech.hop_s
    if len(times) * speech.hop_s < FEW_SPEECH_S:
        return 1.0
    starts = np.array([caption.start for caption in captions]) - NEAR_S
    ends = np.maximum.accumulate([caption.end for caption in captions]) + NEAR_S
    last = np.searchsorted(starts, times, side="right") - 1
    return float(np.mean((last >= 0) & (times <= ends[last])))


def _from_captions(intake: Intake, params: TranscriptParams, context: Context) -> Transcript:
    path = context.resources.captions
    assert path is not None
    name = context.resources.captions_name or path.name
    captions = read_captions(path, name)
    activity = measure_spoken(intake, [Interval(c.start, c.end) for c in captions])
    captions, notices = _in_time(captions, activity, name)
    captions = check_fit(captions, intake, name)
    raw = time_captions(captions, activity, intake.levels)
    if params.language == "auto":
        language = guess_language(" ".join(caption.text for caption in captions))
    else:
        language = params.language
    said = repair_utterances(raw, intake.media.duration, activity)
    return _transcript(params, said, language, f"captions ({name})", notices)


def _in_time(
    captions: list[Caption], activity: Activity, name: str
) -> tuple[list[Caption], list[Notice]]:
    """Return the captions where the voice is, and say what was wrong with their times."""
    hours = whole_hours(captions, len(activity.active) * activity.hop_s)
    captions = moved(captions, hours)
    fit = measure_fit(captions, activity)
    wrong = describe_fit(fit, captions, hours)
    if not wrong:
        return captions, []
    message = f"captions '{name}' {wrong}; they were moved to where the voice is"
    return fitted(captions, fit), [Notice("captions_moved", message)]


def _recognise(
    intake: Intake, params: TranscriptParams, context: Context, notices: list[Notice]
) -> Transcript:
    try:
        name, folder, fetched = _weights(params, context)
        return _by_whisper(intake, params, context, name, folder, [*notices, *fetched])
    except weights.NoWeights as error:
        message = f"{error.message}; PocketSphinx is used, whose words are often wrong"
        notices.append(Notice(error.code, message))
    return _by_sphinx(intake, params, context, notices)


def _weights(params: TranscriptParams, context: Context) -> tuple[str, Path, list[Notice]]:
    """Return name and folder of the weights to use; raise NoWeights if there are none."""
    resources = context.resources
    found = weights.find_weights(resources.models, params.model)
    if found is not None and found[0] == params.model:
        return *found, []
    try:
        if not resources.download_models:
            raise weights.NoWeights("no Whisper weights were found")
        context.progress(1, f"asking the hub for the weights of Whisper {params.model}")
        folder = weights.fetch_weights(
            resources.models,
            params.model,
            lambda share, message: context.progress(1 + 3 * share, message),
        )
        return params.model, folder, []
    except weights.NoWeights as error:
        if found is None:
            raise weights.NoWeights(
                "no Whisper weights were found"
                + (f", and {error.message}" if error.code == "hub_unreachable" else ""),
                code=error.code,
            ) from error
        message = f"Whisper {found[0]} is used: the weights of {params.model} were not found"
        return *found, [Notice("other_weights", message)]


def _by_whisper(
    intake: Intake,
    params: TranscriptParams,
    context: Context,
    name: str,
    folder: Path,
    notices: list[Notice],
) -> Transcript:
    context.progress(4, f"loading Whisper {name}")
    loaded = whisper.load_whisper(folder, context.resources.cores)
    heard = whisper.recognise_whisper(
        loaded.pipeline,
        intake.audio,
        speech_windows(intake),
        params=params,
        progress=_reporter(context),
    )
    engine = f"faster-whisper {name} ({loaded.on}; {heard.language}"
    engine += f" heard with {heard.probability:.0%})" if params.language == "auto" else " was set)"
    told = [*notices, *loaded.notices, *_doubts(params, heard)]
    return _transcript(params, _heard(intake, heard.said), heard.language, engine, told)


def _doubts(params: TranscriptParams, heard: whisper.Heard) -> list[Notice]:
    """Return what a person should know about how Whisper heard."""
    notices = []
    if params.language not in ("auto", heard.language):
        text = f"these Whisper weights hear {heard.language} only, not {params.language!r}"
        notices.append(Notice("english_only", text))
    elif heard.probability < whisper.UNSURE:
        text = (
            f"the language was taken for {heard.language!r} with {heard.probability:.0%} certainty"
        )
        notices.append(Notice("language_unsure", f"{text}; set it if that is wrong"))
    if heard.lost:
        places = ", ".join(f"{int(at // 60)}:{int(at % 60):02d}" for at in heard.lost[:5])
        more = " and later" if len(heard.lost) > 5 else ""
        text = f"Whisper repeated itself from {places}{more} on; words may be missing there"
        notices.append(Notice("speech_lost", text))
    return notices


def _by_sphinx(
    intake: Intake, params: TranscriptParams, context: Context, notices: list[Notice]
) -> Transcript:
    if params.language not in ("auto", "en"):
        notices.append(
            Notice("english_only", f"PocketSphinx hears English only, not '{params.language}'")
        )
    stretches = speech_stretches(intake, max_s=offline.STRETCH_S, join_s=offline.JOIN_S)
    raw = offline.recognise_offline(
        intake.audio, stretches, cores=context.resources.cores, progress=_reporter(context)
    )
    engine = "PocketSphinx (rough: no Whisper weights found)"
    return _transcript(params, _heard(intake, raw), "en", engine, notices)


def _heard(intake: Intake, raw: Sequence[RawUtterance]) -> list[Utterance]:
    """Return what was recognised without what the engine made up."""
    return repair_utterances(raw, intake.media.duration, measure_activity(intake), invents=True)


def _transcript(
    params: TranscriptParams,
    said: Sequence[Utterance],
    language: str,
    engine: str,
    notices: Sequence[Notice],
) -> Transcript:
    segments = split_sentences(said, pause_s=params.pause_s, max_words=int(params.max_words))
    logger.debug("transcribed", extra={"engine": engine, "sentences": len(segments)})
    return Transcript(language, engine, segments, tuple(notices))


def _reporter(context: Context) -> Callable[[float], None]:
    return lambda percent: context.progress(5 + 0.95 * percent, "recognising the speech")
