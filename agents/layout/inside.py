"""Look between key frames: when an arrangement turns into another, and when the slide changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from agents.decoder import decode_luma, watch_frames
from agents.layout.detector import Arrangement, Stretch, Turn, arrange_samples
from agents.layout.motion import Motion, measure_change
from agents.layout.params import LayoutParams
from agents.layout.peaks import Peaks, find_peaks
from agents.layout.resemblance import full_screens_differ, is_resized, screens_differ
from agents.layout.slides import (
    LEAST_SOFT_S,
    detect_slides,
    fresh_cells,
    has_changed,
    screen_mask,
)
from agents.layout.steps import (
    film_beside,
    film_cells,
    is_line,
    locate_changes,
    locate_small,
    turning_point,
)
from agents.layout.stills import MOST_WIDTH
from agents.layout.suspects import Suspects, find_suspects, judge
from agents.layout.views import AFTER_KEY_S, FAR_S, decode_groups, sample_times, since_key
from agents.types import Intake

PROBE_S = 0.3
"""Seconds before and after a packet at which it is seen whether the slide changed there..."""
PROBE_FRAMES = 4
"""... or frames, as some encoders put the change into one of the next few."""
SOFT_SHARE, SOFT_RATE, SOFT_MOST = 0.03, 1280 * 720 * 30, 0.3
"""Share of the lecture that may be decoded on mere suspicion at so many pixels a second, and most
of it when it has fewer."""
TAIL_S = 1.0
"""A shorter rest after the last key frame holds no slide of its own."""


def look_inside(
    intake: Intake, motion: Motion, stretches: Sequence[Stretch], params: LayoutParams
) -> tuple[list[Turn], list[float]]:
    """Return when each arrangement begins, and when the slide changes.

    Sampled are the stretches between key frames in which packets do not tell when the slide or the
    arrangement changes, and the rest after the last key frame.
    """
    peaks = find_peaks(intake.packets, params)
    found = detect_slides(motion, peaks, stretches, params, _soft_seconds(intake))
    inside = _Inside(intake, motion, stretches, params)
    inside.changes += found.times
    for before, after in pairwise(stretches):
        inside.turn(before, after, peaks)
    unsure = inside.probe(
        {i: found.candidates[i] for i in found.doubtful if found.candidates[i]}, peaks
    )
    inside.look([*unsure, *(i for i in found.doubtful if not found.candidates[i])], peaks)
    inside.compare_resized()
    return inside.turns, sorted(inside.changes)


def _soft_seconds(intake: Intake) -> float:
    """Return how long may be decoded where it is unlikely that anything is missed."""
    media = intake.media
    rate = media.width * media.height * max(1.0, media.fps)
    share = min(SOFT_MOST, SOFT_SHARE * SOFT_RATE / rate)
    return max(LEAST_SOFT_S, share * media.duration)


class _Inside:
    """What is found between key frames: turns of the arrangement and changes of the slide."""

    def __init__(
        self, intake: Intake, motion: Motion, stretches: Sequence[Stretch], params: LayoutParams
    ) -> None:
        duration, time = intake.media.duration, motion.time
        self.intake, self.motion, self.params = intake, motion, params
        self.owner = [s.arrangement for s in stretches for _ in range(s.first, s.last + 1)]
        self.known = list({id(a): a for a in self.owner}.values())
        end = max(time[-1], min(duration, intake.packets.time[-1] + TAIL_S))
        self.ends = [*time.tolist(), float(end)]
        self.step = max(PROBE_S, PROBE_FRAMES / max(0.1, intake.media.fps))
        """Seconds before and after a packet at which is looked for what changed with it."""
        self.far = since_key(intake.packets, time) >= FAR_S
        self.turns = [Turn(0.0, self.owner[0])]
        self.changes: list[float] = []
        self.resized: list[tuple[float, Arrangement, Arrangement]] = []
        """Turns at which the screen got another size, not compared yet."""
        self.unknown = [len(time) - 1] if end - time[-1] > TAIL_S else []
        """Numbers of the stretches between key frames that must be looked into."""

    def turn(self, before: Stretch, after: Stretch, peaks: Peaks) -> None:
        """Note the turn between two arrangements where one packet tells when it is."""
        start, end = self.ends[before.last], self.ends[after.first]
        peak = peaks.leading(start, end)
        if self.far[before.last]:
            self.turns.append(Turn(end, after.arrangement))
        elif peak is not None:
            self._note_turn(before.last, peak.time)
        else:
            self.unknown.append(before.last)

    def _note_turn(self, index: int, time: float) -> None:
        """Note the turn between key frame number `index` and the next, and a change with it."""
        self.turns.append(Turn(time, self.owner[index + 1]))
        luma = self.intake.key_frames.luma
        old, new = ((luma[i], self.owner[i]) for i in (index, index + 1))
        self._compare(time, old, new)

    def _compare(
        self,
        time: float,
        before: tuple[np.ndarray, Arrangement],
        after: tuple[np.ndarray, Arrangement],
        beside: np.ndarray | None = None,
    ) -> None:
        """Note a change with a turn between two pictures, or leave that to full pictures."""
        if is_resized(before[1], after[1]):
            self.resized.append((time, before[1], after[1]))
        elif screens_differ(before, after, self.params, beside):
            self.changes.append(time)

    def compare_resized(self) -> None:
        """Note the changes at turns at which the screen got another size, by full pictures."""
        media, pictures = self.intake.media, dict[int, np.ndarray]()
        around = [t + side * 2 * self.step for t, _, _ in self.resized for side in (-1, 1)]
        moments = np.clip(around, 0.0, self.ends[-1]).tolist()
        width = min(MOST_WIDTH, media.width) // 2 * 2
        watch_frames(media, (moments, pictures.__setitem__), ([], lambda *_: None), width=width)
        for number, (time, before, after) in enumerate(self.resized):
            old, new = pictures[2 * number], pictures[2 * number + 1]
            if full_screens_differ((old, before), (new, after)):
                self.changes.append(time)

    def probe(self, candidates: Mapping[int, Sequence[float]], peaks: Peaks) -> list[int]:
        """Look just before and after the candidates within some stretches between key frames.

        Twice on either side: what moves before or after as well is a film on the slide. Returned
        are the stretches that must be sampled: in them a line seems to follow on others.
        """
        order = [(i, time) for i, times in sorted(candidates.items()) for time in sorted(times)]
        if not order:
            return []
        first = np.array([self.ends[i] + AFTER_KEY_S / 2 for i, _ in order])
        last = np.array([self.ends[i + 1] for i, _ in order]) + 2 * self.step
        at = np.array([time for _, time in order])
        moments = np.stack([at + n * self.step for n in (-2, -1, 1, 2)], axis=1)
        moments = np.clip(moments, first[:, None], last[:, None])
        luma = decode_luma(self.intake.media, moments.ravel().tolist())
        steps = [measure_change(luma[n::4], luma[n + 1 :: 4], rough=True) for n in range(3)]
        found: list[tuple[int, float, bool]] = []
        for (i, time), before, change, after in zip(order, *steps, strict=True):
            mask = screen_mask(self.owner[i])
            calm = mask & ~film_beside(np.stack((before, after)), mask, self.params)
            if has_changed(change, calm, self.params):
                small = is_line(change, calm, self.params)
                line = small and peaks.has_company(time, self.step)
                found.append((i, time, line))
        unsure = {i for i, _, line in found if line}
        self.changes += [time for i, time, _ in found if i not in unsure]
        return sorted(unsure)

    def look(self, doubtful: Sequence[int], peaks: Peaks) -> None:
        """Look into the doubtful stretches and the unknown ones; what is too far, halve.

        Sampled are those that a look around their largest packets does not settle.
        """
        middle = [(self.ends[i] + self.ends[i + 1]) / 2 for i in doubtful if self.far[i]]
        self.changes += middle
        order = sorted(i for i in {*doubtful, *self.unknown} if not self.far[i])
        left = self._decode({i: self._suspects(i, peaks) for i in order})
        self._decode(dict.fromkeys(left))

    def _decode(self, plans: Mapping[int, Suspects | None]) -> list[int]:
        """Look around suspects, or sample stretches that have none; return what stays unsettled."""
        times = [
            sample_times(self.ends[i], self.ends[i + 1]) if plan is None else plan.moments
            for i, plan in plans.items()
        ]
        pictures = decode_groups(self.intake.media, times)
        left: list[int] = []
        for (i, plan), at, luma in zip(plans.items(), times, pictures, strict=True):
            if plan is None:
                self._read(i, at, luma)
            elif not self._settle(i, plan, luma):
                left.append(i)
        return left

    def _suspects(self, index: int, peaks: Peaks) -> Suspects | None:
        """Return the packets that may explain what differs between two key frames."""
        span = self.ends[index], self.ends[index + 1]
        return find_suspects(peaks, *span, self.step) if self._differs(index) else None

    def _settle(self, index: int, suspects: Suspects, around: np.ndarray) -> bool:
        """Note what pictures (2 n, 180, 320) around suspects show; tell whether that is all."""
        before, after = self.intake.key_frames.luma[index : index + 2, None]
        luma, ends = np.concatenate((before, around, after)), self.owner[index : index + 2]
        span = self.ends[index], self.ends[index + 1]
        verdict = judge(suspects, luma, span, (ends[0], ends[1]), self.known, self.params)
        if verdict is None:
            return False
        self.changes += verdict.changes
        if verdict.turn is not None:
            self._note_turn(index, verdict.turn)
        return True

    def _differs(self, index: int) -> bool:
        """Tell whether the key frame after number `index` shows something else."""
        if index + 1 >= len(self.owner):
            return False
        mask = screen_mask(self.owner[index])
        turned = self.owner[index] is not self.owner[index + 1]
        return turned or has_changed(self.motion.change[index], mask, self.params)

    def _read(self, index: int, at: np.ndarray, luma: np.ndarray) -> None:
        """Note what the samples (n, 180, 320) after key frame number `index` show."""
        now = self.owner[index]
        after = self.owner[index + 1] if index + 1 < len(self.owner) else None
        parts = arrange_samples(at, luma, (now, after), self.known, self.params)
        self.known += [a for _, a in parts if a not in self.known]
        self.turns += [Turn(float(at[i - 1] + at[i]) / 2, a) for i, a in parts[1:]]
        changes = _changes_in(at, luma, parts, self.params)
        if not changes and len(parts) == 1 and index < len(self.motion.change):
            changes = self._hard_to_see(index, at, luma)
        self.changes += changes
        self._compare_parts(at, luma, parts)

    def _compare_parts(
        self, at: np.ndarray, luma: np.ndarray, parts: list[tuple[int, Arrangement]]
    ) -> None:
        """Compare the samples before and after each turn, with those beside them."""
        most = len(luma) - 1
        for (_, before), (first, after) in pairwise(parts):
            old, new = max(0, first - 2), min(most, first + 1)
            films = np.array([max(0, old - 1), new]), np.array([old, min(most, new + 1)])
            beside = measure_change(luma[films[0]], luma[films[1]], rough=True)
            time = float(at[first - 1] + at[first]) / 2
            self._compare(time, (luma[old], before), (luma[new], after), beside)

    def _hard_to_see(self, index: int, at: np.ndarray, luma: np.ndarray) -> list[float]:
        """Return the change that is too slow or too small for a single step between samples."""
        mask, change = screen_mask(self.owner[index]), self.motion.change
        steps = measure_change(luma[:-1], luma[1:], rough=True)
        mask &= ~film_cells(steps, mask, self.params)
        if has_changed(change[index], mask, self.params):
            found = turning_point(at, luma, mask, self.params)
        else:
            fresh = fresh_cells(change, index, mask, self.params)
            found = locate_small(at, steps, fresh, self.params)
        return [] if found is None else [found]


def _changes_in(
    at: np.ndarray, luma: np.ndarray, parts: list[tuple[int, Arrangement]], params: LayoutParams
) -> list[float]:
    """Return the slide changes among samples within each arrangement."""
    changes: list[float] = []
    borders = [first for first, _ in parts] + [len(at)]
    for (_, arrangement), a, b in zip(parts, borders, borders[1:], strict=False):
        if b - a > 1:
            change = measure_change(luma[a : b - 1], luma[a + 1 : b], rough=True)
            changes += locate_changes(at[a:b], change, screen_mask(arrangement), params)
    return changes
