"""How well silences are found: pauses one by one, their borders, and frames without speech.

A pause is a labelled or found silence of at least 0.5 s. Found and labelled pauses are matched one
to one where intersection over union is at least 0.5, and F1 is taken over these pairs, as object
detection does it (Everingham et al. 2010). The border error is the median distance of the starts
and ends of the pairs; the recording's own start and end are no borders. Frames of 10 ms are
compared after gaps in speech shorter than 0.3 s were closed on both sides, and F1 is that of the
frames without speech: a detector that calls everything speech gets 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.types import SilenceRegion
from jobs.evaluation.labels import Figures, median
from jobs.evaluation.lectures import RenderedLecture
from jobs.evaluation.matching import (
    Counts,
    Span,
    count_frames,
    frame_flags,
    joined,
    lasting,
    match_spans,
    outside,
    total,
)
from jobs.evaluation.running import Bench
from jobs.evaluation.speech import TurnedSound, with_picture

PAUSE_S = 0.5
LEAST_IOU = 0.5
GAP_S = 0.3

STAGES = ("silence",)


@dataclass(frozen=True, slots=True)
class SilenceScore:
    """What one recording adds to the figures."""

    pauses: Counts
    errors: tuple[float, ...]
    """Seconds between found and labelled borders of matched pauses."""
    frames: Counts
    duration: float
    cpu_s: float


def figures(scores: Sequence[SilenceScore]) -> Figures:
    """Return the figures of one or several recordings."""
    pauses, frames = total(s.pauses for s in scores), total(s.frames for s in scores)
    errors = [error for s in scores for error in s.errors]
    return {
        "pause_f1": pauses.f1,
        "pause_precision": pauses.precision,
        "pause_recall": pauses.recall,
        "pauses": pauses.labelled,
        "border_error_ms": median(errors, 1000),
        "nonspeech_f1": frames.f1,
        "nonspeech_precision": frames.precision,
        "nonspeech_recall": frames.recall,
        "duration_s": sum(s.duration for s in scores),
        "cpu_s": sum(s.cpu_s for s in scores),
    }


def score_lecture(lecture: RenderedLecture, bench: Bench) -> SilenceScore:
    """Run the silence agent over a rendered lecture."""
    truth, silence = lecture.truth(), lecture.labels("silence")
    values, cpu_s = bench.run(lecture.media, "silence")
    return compare(values["silence"], list(silence), truth.duration, cpu_s)


def compare(
    regions: Sequence[SilenceRegion], labelled: Sequence[Span], duration: float, cpu_s: float
) -> SilenceScore:
    """Compare regions with labelled silences; blank screens with speech are none."""
    found = [(r.start, r.end) for r in regions if r.silence_type != "blank_screen"]
    mine, theirs = lasting(found, PAUSE_S), lasting(labelled, PAUSE_S)
    pairs = match_spans(mine, theirs, least=LEAST_IOU)
    return SilenceScore(
        Counts(len(pairs), len(mine), len(theirs)),
        tuple(error for pair in pairs for error in border_errors(*pair, duration)),
        count_frames(nonspeech_frames(found, duration), nonspeech_frames(labelled, duration)),
        duration,
        cpu_s,
    )


def border_errors(found: Span, labelled: Span, duration: float) -> list[float]:
    """Return the distances of start and end, without those where the recording begins or ends."""
    errors = [abs(found[0] - labelled[0])] if labelled[0] > 0 else []
    return errors + [abs(found[1] - labelled[1])] * (labelled[1] < duration - 1e-6)


def nonspeech_frames(silences: Sequence[Span], duration: float) -> np.ndarray:
    """Return which 10 ms frames hold no speech once gaps in speech under 0.3 s are closed."""
    speech = joined(outside(joined(silences, 0.0), duration), GAP_S)
    return frame_flags(outside(speech, duration), duration)


def score_turns(sound: TurnedSound, bench: Bench) -> SilenceScore:
    """Run the silence agent over sound in which people's turns are known."""
    values, cpu_s = bench.run(with_picture(sound.sound, bench.folder), "silence", name=sound.name)
    duration = values["intake"].media.duration
    turns = joined(((a, min(b, duration)) for a, b in sound.turns if a < duration), 0.0)
    return compare(values["silence"], outside(turns, duration), duration, cpu_s)


SCORERS = {RenderedLecture: score_lecture, TurnedSound: score_turns}
