"""A stretch is settled by pictures around large packets only when they explain all of it."""

import numpy as np
import pytest

from agents.layout.boxes import Rect
from agents.layout.cameras import Camera
from agents.layout.detector import Arrangement
from agents.layout.params import LayoutParams
from agents.layout.peaks import Peak, Peaks
from agents.layout.suspects import Suspects, find_suspects, judge

PARAMS = LayoutParams()
WHOLE = Arrangement("screen_only", Rect(0, 0, 320, 180), None, 0.9, (0.0,))
CORNER = Rect(240, 120, 320, 180)
FACE = Camera(CORNER, 1.0, np.full((12, 16), 220, np.float32), 40.0, (1, 2, 3), whole=False)
WITH_CAMERA = Arrangement("picture_in_picture", WHOLE.screen, CORNER, 0.9, (8.0,), FACE)
SPAN = (0.0, 8.0)
A, B, C = (np.full((180, 320), 40, np.uint8) for _ in range(3))
B[40:80, 40:200] = 200
C[100:140, 40:200] = 200
A_FACE, B_FACE = A.copy(), B.copy()
for picture in (A_FACE, B_FACE):
    picture[120:, 240:] = 220
ONE = Suspects((3.0,), np.array([2.7, 3.3]))
TWO = Suspects((3.0, 6.0), np.array([2.7, 3.3, 5.7, 6.3]))


def peaks(*found):
    """Return peaks of (seconds, share of a key frame)."""
    strong = tuple(Peak(time, share) for time, share in found)
    return Peaks(strong, (), np.zeros(0), np.zeros(0))


@pytest.mark.parametrize(
    ("found", "times"),
    [
        ([(3, 1.1)], (3,)),
        ([(0.4, 0.4), (3, 1.1), (9, 2.0)], (3,)),
        ([(3, 1.1), (6, 0.9)], (3, 6)),
    ],
)
def test_the_largest_packets_of_a_stretch_are_suspects(found, times):
    suspects = find_suspects(peaks(*found), *SPAN, 0.3)
    assert suspects is not None
    assert suspects.times == times
    around = [moment for time in times for moment in (time - 0.3, time + 0.3)]
    assert suspects.moments == pytest.approx(around)


@pytest.mark.parametrize("at", [0.1, 8.0])
def test_a_look_stays_within_the_stretch(at):
    suspects = find_suspects(peaks((at, 1)), *SPAN, 0.3)
    assert suspects is not None
    assert suspects.moments.min() > 0
    assert suspects.moments.max() <= 8


@pytest.mark.parametrize(
    "found", [[], [(9, 1)], [(1, 1), (2, 1), (3, 1), (4, 1)], [(3, 1), (3.5, 1)]]
)
def test_no_packet_many_packets_and_close_packets_are_no_suspects(found):
    assert find_suspects(peaks(*found), *SPAN, 0.3) is None


@pytest.mark.parametrize(
    ("suspects", "pictures", "changes"),
    [
        (ONE, (A, A, B, B), (3.0,)),
        (TWO, (A, A, A, A, B, B), (6.0,)),
        (TWO, (A, A, B, B, C, C), (3.0, 6.0)),
    ],
)
def test_changes_at_suspects_settle_a_stretch(suspects, pictures, changes):
    verdict = judge(suspects, np.stack(pictures), SPAN, (WHOLE, WHOLE), [WHOLE], PARAMS)
    assert verdict == (changes, None)


@pytest.mark.parametrize(
    ("suspects", "pictures"),
    [
        (ONE, (A, B, B, B)),
        (ONE, (A, A, A, B)),
        (ONE, (A, A, B, C)),
        (ONE, (A, B, C, C)),
        (TWO, (A, A, B, C, C, C)),
        (ONE, (A, A, A, A)),
    ],
)
def test_what_changes_elsewhere_leaves_a_stretch_open(suspects, pictures):
    assert judge(suspects, np.stack(pictures), SPAN, (WHOLE, WHOLE), [WHOLE], PARAMS) is None


@pytest.mark.parametrize(
    ("suspects", "pictures", "verdict"),
    [
        (ONE, (A, A, A_FACE, A_FACE), ((), 3.0)),
        (ONE, (A, A, B_FACE, B_FACE), ((), 3.0)),
        (TWO, (A, A, A, A, A_FACE, A_FACE), ((), 6.0)),
        (TWO, (A, A, B, B, B_FACE, B_FACE), ((3.0,), 6.0)),
        (TWO, (A, A, A_FACE, A_FACE, B_FACE, B_FACE), ((6.0,), 3.0)),
        (ONE, (A, A_FACE, A_FACE, A_FACE), None),
        (ONE, (A, A, A, A_FACE), None),
        (ONE, (A, A, A_FACE, B_FACE), None),
        (ONE, (A, B, B_FACE, B_FACE), None),
    ],
)
def test_a_turn_is_settled_when_it_lies_at_a_suspect(suspects, pictures, verdict):
    ends, known = (WHOLE, WITH_CAMERA), [WHOLE, WITH_CAMERA]
    assert judge(suspects, np.stack(pictures), SPAN, ends, known, PARAMS) == verdict
