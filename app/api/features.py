"""What a lecture is judged by, as columns: every sentence's components, and voice and picture.

Columns of numbers are a tenth of the bytes that rows with names would be, and are read into a
data frame as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from pydantic_core import to_json
from starlette.responses import Response

from agents.errors import NotFound
from app.api.lectures import Seconds
from app.api.models import View
from app.api.packing import told_json
from app.api.results import Asked, job_with
from app.services.results import JobResults
from app.services.root import current_services

if TYPE_CHECKING:
    import numpy as np

    from agents.types import Intake
    from data.records import Job

router = APIRouter(prefix="/jobs/{id}", tags=["results"])

STEP_S = 1.0
"""Of the series."""


class SentenceColumns(View):
    """The sentences of the stretch, a column each."""

    start: list[float]
    end: list[float]
    topic: list[int]
    score: list[float]
    """Under the job's weights."""
    components: Mapping[str, list[float | None]]
    """Per component 0-1; null where it is not known of a sentence."""


class VoiceSeries(View):
    """The voice, a value per `step_s`; null where it is not known."""

    level_db: list[float | None]
    pitch_hz: list[float | None]
    """0 where nothing is voiced."""
    pitch_range: list[float | None]
    """Semitones between the 10th and 90th percentile of the step's pitch."""
    speech: list[float | None]
    """Probability 0-1 that somebody speaks."""


class PictureSeries(View):
    """The picture, a value per `step_s`."""

    kbit: list[float | None]
    """Coded picture: how much changes on the screen."""
    slide: list[int | None]
    """Position of the slide that is up in the list of slides."""


class Features(View):
    """What a stretch of a lecture is judged by."""

    start: Annotated[float, Field(alias="from")]
    end: Annotated[float, Field(alias="to")]
    step_s: float
    sentences: SentenceColumns
    voice: VoiceSeries
    picture: PictureSeries


@router.get("/features", **told_json(Features))
def get_features(
    id: str,
    asked: Asked,
    start: Annotated[Seconds, Query(alias="from", description="Seconds.")] = 0.0,
    end: Annotated[Seconds | None, Query(alias="to", description="Seconds; else the end.")] = None,
) -> Response:
    """Return sentences with their components, and voice and picture per second, as columns."""
    job = job_with(id, "content", "intake")
    return asked.kept(
        f"features {start} {end}",
        job,
        ["transcript", "layout", "content"],
        lambda found: to_json(_features(job, found, start, end)),
    )


def _features(job: Job, found: JobResults, start: float, end: float | None) -> dict[str, Any]:
    measured = _measure(current_services().results.intake(job.id))
    end = min(end if end is not None else measured.duration, measured.duration)
    if not start < end:
        raise NotFound(f"from={start:g} must lie in [0, to={end:g}).")
    rows = current_services().review.sentences(job, found)
    slides = found.layout.slides if found.layout else ()
    steps = _steps(start, end)
    return {
        "from": start,
        "to": end,
        "step_s": STEP_S,
        "sentences": _columns([row for row in rows if row["end"] > start and row["start"] < end]),
        "voice": {name: _numbers(_at(of, steps)) for name, of in measured.voice.items()},
        "picture": {
            "kbit": _numbers(_at(measured.kbit, steps)),
            "slide": _slide_at([slide.start for slide in slides], steps),
        },
    }


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    names = dict.fromkeys(name for row in rows for name in row["components"])
    columns = {name: [row[name] for row in rows] for name in ("start", "end", "topic", "score")}
    components = {name: [row["components"].get(name) for row in rows] for name in names}
    return {**columns, "components": components}


def _steps(start: float, end: float) -> np.ndarray:
    """Return the numbers of the seconds that a stretch touches, int, shape (n,)."""
    import numpy as np

    return np.arange(int(start), int(np.ceil(end)))


@dataclass(frozen=True, slots=True)
class _Measured:
    """What intake measured, a value per second of the whole lecture, shape (seconds,)."""

    duration: float
    voice: Mapping[str, np.ndarray]
    kbit: np.ndarray


def _measure(intake: Intake) -> _Measured:
    import numpy as np

    prosody, speech, packets = intake.prosody, intake.speech, intake.packets
    names = ("level_db", "pitch_hz", "pitch_range")
    voice = {name: np.array(getattr(prosody, name), float) for name in names}
    second = (np.arange(len(speech.values)) * speech.hop_s).astype(int)
    voice["speech"] = _sums(second, speech.values) / np.maximum(np.bincount(second), 1)
    sizes = _sums(np.asarray(packets.time).astype(int), packets.size)
    return _Measured(intake.media.duration, voice, sizes * 8 / 1000)


def _sums(second: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the sum of the values of each second, shape (seconds,)."""
    import numpy as np

    inside = second >= 0
    return np.bincount(second[inside], np.asarray(values, float)[inside])


def _at(values: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return values by second, NaN where none was measured, shape (n,)."""
    import numpy as np

    found = np.full(len(steps), np.nan)
    there = steps < len(values)
    found[there] = values[steps[there]]
    return found


def _slide_at(starts: Sequence[float], steps: np.ndarray) -> list[int | None]:
    """Return which slide is up in the middle of each second, None before the first."""
    import numpy as np

    at = np.searchsorted(np.array(starts), steps + STEP_S / 2, "right") - 1
    return [int(index) if index >= 0 else None for index in at]


def _numbers(values: np.ndarray) -> list[float | None]:
    """Return values as JSON has them: rounded, null for what is not known."""
    return [round(value, 3) if value == value else None for value in values.tolist()]
