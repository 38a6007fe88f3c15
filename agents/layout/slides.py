"""Decide when the slide changes, from packets and key frames; runs in milliseconds.

Nearly every packet of a lecture is tiny. Whether a slide changed is seen by comparing the key
frames before and after, with the camera masked; where, by the packet that stands out. Stretches
between key frames in which no packet tells, or several do, are doubtful: they are sampled.

A slide changes when something else is shown at once. What moves or grows is the same slide: a
camera, a pointer, a hand that writes, a film, text that is typed, printed line by line or scrolled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from agents.layout.boxes import Rect, find_blobs
from agents.layout.detector import Arrangement, Stretch
from agents.layout.motion import CHANGE_SCALE, COLUMNS, ROWS, Motion
from agents.layout.params import LayoutParams
from agents.layout.peaks import Peaks
from agents.layout.places import outer_cells

LEAST_PART = 6
"""Cells of the smallest connected part that counts when it is as wide as a word."""
COMPACT_PART = 14
"""Cells that a part must have when it is narrow: a pointer that moves on changes fewer."""
WORD_CELLS = 6
"""Columns of cells from which a part is as wide as a word."""
SMALL_PART = 5
"""Cells of a part that counts when it stays as it was before and after, and one packet alone
tells of it: a word on a slide. A pointer at rest passes the first test, its way the second not."""
WRITING_S, BESIDE = 12.0, 3
"""Seconds in which a hand writes three times, and the cells between what it wrote."""
PAIR_SHARE = 0.15
"""Share of a usual key frame's bytes from which two packets may be a change and its undoing."""
LARGE_SHARE = 0.04
"""Share of the screen that must have changed for a look where no packet tells: less is written
by hand or typed, and takes long."""
ALIGNED_SHARE = 0.1
"""More than this share of the changes lies on key frames where that is no accident."""
LEAST_SOFT_S = 20.0
"""Seconds that may always be looked into where little changed and no packet tells: words, but with
a hand that writes it would be the whole lecture."""
DENSE_S = 0.6
"""Key frames this close together tell the time of a change themselves."""


@dataclass(frozen=True, slots=True, eq=False)
class SlideChanges:
    """When the slide changes, and between which key frames that is not known."""

    times: tuple[float, ...]
    doubtful: tuple[int, ...]
    """Numbers i of the stretches between key frames i and i + 1 that need a look inside."""
    candidates: Mapping[int, tuple[float, ...]]
    """The only times worth a look in some of these stretches, by their numbers."""


def detect_slides(
    motion: Motion,
    peaks: Peaks,
    stretches: Sequence[Stretch],
    params: LayoutParams,
    soft_s: float = LEAST_SOFT_S,
) -> SlideChanges:
    """Return the slide changes within each stretch with one arrangement.

    Up to `soft_s` seconds may be looked into where it is unlikely that anything is missed.
    """
    evidence = {
        index: one
        for stretch in stretches
        for index, one in enumerate(_weigh(motion, peaks, stretch, params), stretch.first)
    }
    hidden = sum(one.on_key_frame for one in evidence.values())
    changed = sum(one.changed for one in evidence.values())
    aligned = hidden > max(1, ALIGNED_SHARE * changed)
    placed = {index: one.place(aligned) for index, one in evidence.items()}
    soft = [
        (one.prominence, index, one.span[1] - one.span[0])
        for index, one in evidence.items()
        if placed[index] is not None and one.soft
    ]
    looked = {i for i, times in placed.items() if times is None} | _affordable(soft, soft_s)
    return SlideChanges(
        times=tuple(t for i, times in placed.items() if i not in looked for t in times or ()),
        doubtful=tuple(sorted(looked)),
        candidates={i: evidence[i].candidates(aligned) for i in looked},
    )


def _affordable(soft: list[tuple[float, int, float]], budget_s: float) -> set[int]:
    """Return the most promising of (prominence, number, seconds) within a budget of seconds."""
    chosen = set()
    for _, index, seconds in sorted(soft, reverse=True):
        budget_s -= seconds
        if budget_s < 0:
            break
        chosen.add(index)
    return chosen


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What is known about the stretch between two key frames."""

    span: tuple[float, float]
    changed: bool
    """Whether the later key frame shows another slide."""
    large: bool
    """Whether much of the screen changed that does not change all the time."""
    small: bool
    """Whether a little changed that stayed the same before and after."""
    tells: bool
    """Whether packets are small enough for a change to stand out."""
    strong: list[float]
    single: list[float]
    """Times of the packets that stand out, and of those that do so alone, weak ones too."""
    leading: float | None
    """The time of the packet far above all others."""
    prominence: float
    """How far the largest packet is above its surroundings."""
    undone: bool
    """Whether packets tell of a change and its undoing."""

    @property
    def on_key_frame(self) -> bool:
        """Tell whether the change can only lie on the later key frame, or come slowly."""
        return self.changed and self.large and self.tells and not self.strong

    def place(self, aligned: bool) -> list[float] | None:
        """Return the times of the changes, None when only a look inside tells.

        When changes of this lecture are `aligned` to key frames, one may hide behind another.
        """
        if not self.changed:
            if self.small and self.tells and len(self.single) == 1:
                return self.single
            return None if self.undone or (aligned and self.tells and self.strong) else []
        if self.span[1] - self.span[0] <= DENSE_S:
            return [self.span[1]]
        if not self.tells or (self.strong and aligned):
            return None
        if self.strong:
            return [self.leading] if self.leading is not None else None
        if self.large or aligned:
            return None
        return self.single if len(self.single) == 1 else []

    @property
    def soft(self) -> bool:
        """Tell whether something may be missed: a word, or a step after another slide."""
        if self.span[1] - self.span[0] <= DENSE_S:
            return False
        if self.strong:
            return self.changed and len(self.strong) > 1
        return self.changed or (self.small and len(self.single) != 1)

    def candidates(self, aligned: bool) -> tuple[float, ...]:
        """Return the only times at which the slide can have changed, none when any can be it."""
        if not self.tells or len(self.strong) < (1 if aligned else 2):
            return ()
        return (*self.strong, self.span[1]) if aligned else tuple(self.strong)


def _weigh(motion: Motion, peaks: Peaks, stretch: Stretch, params: LayoutParams) -> list[_Evidence]:
    """Return what is known about each stretch between key frames of one arrangement."""
    mask = screen_mask(stretch.arrangement)
    change = motion.change[stretch.first : stretch.last]
    moved = (change > params.slide_level * CHANGE_SCALE) & mask
    changed = [has_changed(one, mask, params) for one in change]
    found = []
    for at, flag in enumerate(changed):
        start, end = motion.time[stretch.first + at : stretch.first + at + 2].tolist()
        inside, both = peaks.inside(start, end), peaks.small_inside(start, end)
        leading = peaks.leading(start, end)
        around = [i for i in (at - 1, at + 1) if 0 <= i < len(moved)]
        always = moved[around].all(axis=0) if len(around) == 2 else np.zeros_like(mask)
        found.append(
            _Evidence(
                span=(start, end),
                changed=flag,
                large=bool((moved[at] & ~always).sum() >= LARGE_SHARE * mask.sum()),
                small=_has_new_word(motion.time[stretch.first :], change, at, mask, params),
                tells=peaks.tell(start, end),
                strong=[peak.time for peak in inside],
                single=[peak.time for peak in both if peak.alone],
                leading=None if leading is None else leading.time,
                prominence=peaks.prominence(start, end),
                undone=sum(peak.share > PAIR_SHARE for peak in inside) > 1,
            )
        )
    return found


def _has_new_word(
    time: np.ndarray, change: np.ndarray, at: int, mask: np.ndarray, params: LayoutParams
) -> bool:
    """Tell whether a little changed to stay, and is not part of what a hand writes.

    A hand has left something beside it shortly before, and does so again shortly after. `time` of
    the key frames begins where `change` does.
    """
    import cv2

    fresh = fresh_cells(change, at, mask, params)
    if not find_blobs(fresh, SMALL_PART):
        return False
    if not 0 < at < len(change) - 1 or time[at + 2] - time[at - 1] > WRITING_S:
        return True
    near = cv2.dilate(fresh.astype(np.uint8), np.ones((2 * BESIDE + 1,) * 2, np.uint8)) > 0
    sides = [fresh_cells(change, side, mask, params) & near for side in (at - 1, at + 1)]
    return not all(side.any() for side in sides)


def fresh_cells(change: np.ndarray, at: int, mask: np.ndarray, params: LayoutParams) -> np.ndarray:
    """Return the cells that changed between two key frames and stayed the same before and after."""
    fresh = (change[at] > params.slide_level * CHANGE_SCALE) & mask
    for other in (at - 1, at + 1):
        if 0 <= other < len(change) and not has_changed(change[other], mask, params):
            fresh &= change[other] <= params.slide_level * CHANGE_SCALE
    return fresh


def screen_mask(arrangement: Arrangement) -> np.ndarray:
    """Return which cells (36, 64) show the screen and nothing of the camera."""
    mask = np.zeros((ROWS, COLUMNS), bool)
    if arrangement.screen is None:
        return mask
    outer_cells(arrangement.screen).inside(mask)[...] = True
    if arrangement.camera is not None:
        left, top, right, bottom = outer_cells(arrangement.camera)
        mask[max(0, top - 1) : bottom + 1, max(0, left - 1) : right + 1] = False
    return mask


def has_changed(change: np.ndarray, mask: np.ndarray, params: LayoutParams) -> bool:
    """Tell whether enough of the screen changed, pointers and noise aside."""
    moved = (change > params.slide_level * CHANGE_SCALE) & mask
    least = max(LEAST_PART, params.slide_change_share / 100 * mask.sum())
    if moved.sum() < least:
        return False
    return bool(sum(_weight(moved, part) for part in find_blobs(moved, LEAST_PART)) >= least)


def _weight(moved: np.ndarray, part: Rect) -> int:
    """Return the moved cells of a part, 0 when it may be a pointer."""
    count = int(part.inside(moved).sum())
    return count if part.right - part.left >= WORD_CELLS or count >= COMPACT_PART else 0
