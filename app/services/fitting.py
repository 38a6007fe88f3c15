"""Weights from what people accepted, rejected, rated, changed and marked: saved on a yes."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import numpy as np

from agents.errors import NotFound, TuningError
from agents.extract.fitting import Judgement, mean_components, unchosen
from agents.extract.gain import Gain, fit_weights
from agents.extract.params import ExtractParams
from agents.extract.scoring import NAMES, component_matrix, weight_vector
from agents.tuning import parse_tuning
from agents.types import Content, Interval, Notice
from app.exports import slug
from app.security.access import visible_now
from app.security.identity import LOCAL, acting
from app.services.core import Core
from app.services.judged import Judged, Parts, Verdict, read_judged
from app.services.results import Results
from data.clips import list_clips
from data.lectures import Visible, list_lectures
from data.presets import list_presets, put_preset
from data.records import Preset
from data.store import Connection

ENOUGH = 20
"""With fewer judgements a fit is hardly more than a guess."""
HALF = 0.5
"""How much of a judgement it is that a person moved the edges of a stretch."""
DECIMALS = 2
"""Weights move in steps of 0.01."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Weights that judgements propose beside the defaults, and what they promise."""

    default: Mapping[str, float]
    proposed: Mapping[str, float]
    lectures: tuple[str, ...]
    """Ids of the lectures with judgements."""
    accepted: int
    """Clips that the last word is in favour of."""
    rejected: int
    changed: int
    """Clips among the accepted whose stretch a person has changed, or made."""
    marked: int
    """Stretches marked as important."""
    rated: int
    """Clips with stars, whatever else was said about them."""
    gain: Gain | None
    notices: tuple[Notice, ...]

    @property
    def judgements(self) -> int:
        """Return how many clips and stretches have been judged."""
        return self.accepted + self.rejected + self.marked

    def document(self) -> dict[str, Any]:
        """Return the proposal as JSON; a standard error that cannot be told is null."""
        told = {
            name: getattr(self, name)
            for name in (
                *("judgements", "accepted", "rejected", "changed", "marked", "rated", "lectures"),
            )
        }
        return {
            **told,
            "default": dict(self.default),
            "proposed": dict(self.proposed),
            "gain": self.gain and _gain(self.gain),
            "notices": [asdict(notice) for notice in self.notices],
        }


def _gain(gain: Gain) -> dict[str, Any]:
    error = gain.error if math.isfinite(gain.error) else None
    return {**asdict(gain), "error": error, "gain": gain.gain, "expected": gain.expected}


class Fits:
    """Fits weights to judgements and keeps them as presets."""

    def __init__(self, core: Core, results: Results) -> None:
        self.core = core
        self.results = results

    def propose(self, lectures: Collection[str] = ()) -> Proposal:
        """Return the weights that the judgements of these lectures, or of all, propose."""
        visible = visible_now(self.core.access)  # may read the store: before it is locked
        with self.core.store.read() as con:
            judged = read_judged(con, lectures or _seen(con, visible))
        if not judged.whole:
            raise NotFound("There are no judgements yet: accept and reject clips first.")
        judgements = self._judgements(judged)
        default = weight_vector(ExtractParams().weights)
        weights, gain = fit_weights(judgements, default)
        liked = sum(verdict.liked for verdict in judged.whole.values())
        names = tuple(dict.fromkeys(lecture for lecture, _ in judged.whole))
        return Proposal(
            default=_by_name(default),
            proposed=_by_name(weights),
            lectures=names,
            accepted=liked - judged.marked,
            rejected=len(judged.whole) - liked,
            changed=judged.made,
            marked=judged.marked,
            rated=judged.rated,
            gain=gain,
            notices=tuple(_notices(len(judged.whole), gain, len(names))),
        )

    def save(self, weights: Mapping[str, float], name: str) -> Preset:
        """Keep weights as a preset; one of the same name that came from a fit is replaced."""
        name = " ".join(name.split())
        if not 0 < len(name) <= 100:
            raise TuningError(f"A preset's name has 1 to 100 characters, not {len(name)}.")
        params = {"extract": {"weights": dict(weights)}}
        parse_tuning(params)
        owner = acting().id
        own = f"fit-{slug(name)}" if owner == LOCAL.id else f"fit-{owner}-{slug(name)}"
        with self.core.store.write() as con:
            if any(preset.name == name and preset.id != own for preset in list_presets(con, owner)):
                raise TuningError(f"There is a preset {name!r} already that is no fit.")
            return put_preset(con, id=own, name=name, params=params, owner=owner)

    def _judgements(self, judged: Judged) -> list[Judgement]:
        made = [
            self._judgement(lecture, verdict.job_id, parts, verdict.worth)
            for (lecture, parts), verdict in judged.whole.items()
        ]
        made += [
            self._judgement(lecture, verdict.job_id, parts, -HALF)
            for (lecture, parts), verdict in judged.replaced.items()
            if (lecture, parts) not in judged.whole
        ]
        newest = {lecture: verdict for (lecture, _), verdict in judged.whole.items()}
        length = median(sum(p.duration for p in parts) for _, parts in judged.whole)
        for lecture, verdict in newest.items():
            chosen = [p for (of, parts) in judged.whole if of == lecture for p in parts]
            made += self._rest(lecture, verdict, chosen, length)
        return [one for one in made if one is not None]

    def _judgement(self, lecture: str, job_id: str, parts: Parts, worth: float) -> Judgement | None:
        content = self._content(job_id)
        if content is None:
            return None
        mean = mean_components(component_matrix(content.sentences), _times(content), parts)
        return None if mean is None else Judgement(lecture, mean, worth > 0, abs(worth))

    def _rest(
        self, lecture: str, newest: Verdict, judged: Sequence[Interval], length: float
    ) -> Iterable[Judgement]:
        content = self._content(newest.job_id)
        if content is None:
            return
        with self.core.store.read() as con:
            planned = [part for other in list_clips(con, newest.job_id) for part in other.parts]
        matrix, times = component_matrix(content.sentences), _times(content)
        for parts in unchosen(times, [*judged, *planned], length):
            mean = mean_components(matrix, times, parts)
            if mean is not None:
                yield Judgement(lecture, mean, liked=False, rest=True)

    def _content(self, job_id: str) -> Content | None:
        key = self.results.keys(job_id)["content"]
        return self.results.values({"content": key}).get("content")


def _seen(con: Connection, visible: Visible | None) -> list[str]:
    """Return the lectures that whoever asks may learn from; none means all there are."""
    if visible is None:
        return []
    found = [lecture.id for lecture in list_lectures(con, visible=visible)]
    if not found:
        raise NotFound("There are no judgements yet: accept and reject clips first.")
    return found


def _times(content: Content) -> np.ndarray:
    return np.array([[s.start, s.end] for s in content.sentences]).reshape(-1, 2)


def _by_name(weights: np.ndarray) -> dict[str, float]:
    return {
        name: round(min(float(weight), 1.0), DECIMALS)
        for name, weight in zip(NAMES, weights, strict=True)
    }


def _notices(count: int, gain: Gain | None, lectures: int) -> Iterable[Notice]:
    """Yield what one should know before one says yes."""
    if count < ENOUGH:
        text = f"Judgements so far: {count}. Fewer than {ENOUGH} give hardly more than a guess."
        yield Notice("few_judgements", text)
    if gain is None:
        text = "What it would gain cannot be told: no lecture has both accepted and rejected clips."
        yield Notice("gain_unknown", text)
        return
    if lectures == 1:
        text = "Only one lecture has judgements: the gain was measured by leaving out pairs of its"
        yield Notice("one_lecture", f"{text} clips, and tells little about others.")
    if not gain.expected:
        yield Notice("no_gain", "No gain expected: the difference is within what chance gives.")
