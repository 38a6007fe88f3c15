"""Slide changes that are hard to place or easy to imagine, in tiny recordings with exact truth."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from agents.intake import measure
from agents.layout import AGENT
from agents.layout.boxes import Rect
from agents.layout.motion import CHANGE_SCALE
from agents.layout.params import LayoutParams
from agents.layout.peaks import find_peaks
from agents.layout.steps import film_beside, locate_changes, locate_small, turning_point
from agents.types import Box, PacketTable
from tests.hearing import context
from tests.recordings import tone, write_recording

PARAMS = LayoutParams()
SIZE, FPS, SECONDS = (640, 360), 10, 32
X264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "26", "-sc_threshold", "0", "-g", "80")
TEXT = ("Every list has a first item", "and each item knows the next", "until the last of them")


def slide(title, lines=TEXT):
    """Return a grey slide (360, 640)."""
    image = Image.new("L", SIZE, 245)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, SIZE[0], 50), fill=70)
    draw.text((20, 10), title, 250, font=ImageFont.load_default(28))
    for row, line in enumerate(lines):
        draw.text((50, 90 + 50 * row), line, 30, font=ImageFont.load_default(20))
    return np.asarray(image)


A, B, C = slide("Lists"), slide("Trees", TEXT[::-1]), slide("Queues", TEXT[1:])
WORD = slide("Lists", (TEXT[0], "and each item forgets the next", TEXT[2]))


def shown(*slides, seconds=SECONDS):
    """Return frames (n, 360, 640) that show each (start, slide) until the next."""
    frames = np.empty((seconds * FPS, *A.shape), np.uint8)
    for start, picture in slides:
        frames[round(start * FPS) :] = picture
    return frames


def written(frames):
    """Return the frames with a hand that writes from 3 s on, a few pixels in each."""
    points = [(60 + 5 * i, 270 + round(25 * np.sin(i / 3))) for i in range(100)]
    for number in range(30, len(frames)):
        image = Image.fromarray(frames[number])
        part = points[: max(2, (number - 28) // 2)]
        ImageDraw.Draw(image).line(part, fill=60, width=4)
        frames[number] = np.asarray(image)
    return frames


def filmed(frames):
    """Return the frames with a film of moving bars in a part of the slide, from 6 s on."""
    texture = np.random.default_rng(1).integers(0, 255, (12, 40)).repeat(10, 0).repeat(10, 1)
    for number in range(60, len(frames)):
        frames[number, 200:320, 360:600] = np.roll(texture, 9 * number, 1)[:, :240]
    return frames


def terminal(rows):
    """Return a terminal (360, 640) that shows lines of text."""
    image = Image.new("L", SIZE, 20)
    for row, line in enumerate(rows):
        ImageDraw.Draw(image).text((10, 8 + 20 * row), line, 220, ImageFont.load_default(15))
    return np.asarray(image)


PRINTED = [
    f"step {n * 37 % 100}: loss {n * 0.731 % 1:.3f}, {n * 53 % 997} items" for n in range(60)
]
TYPED = "for item in items: total = total + item * weight[item]"


def typed(seconds=SECONDS):
    """Return frames of a terminal in which a line is typed, a few letters a second."""
    pages = [
        terminal([*PRINTED, "$ " + TYPED[: max(0, n - 30) // 5]]) for n in range(seconds * FPS)
    ]
    return np.stack(pages)


def scrolled(seconds=SECONDS):
    """Return frames of a terminal: lines fill it and scroll, and at 14 s it is cleared for more."""
    pages, drawn = [], {}
    for number in range(seconds * FPS):
        rate, since, first = (4, 0, 0) if number < 14 * FPS else (6, 14 * FPS, 400)
        last = first + (number - since) * rate // FPS
        lines = range(max(first, last - 16), last + 1)
        if lines not in drawn:
            drawn[lines] = terminal([f"{n} {PRINTED[n * 7 % 60]} {n * n}" for n in lines])
        pages.append(drawn[lines])
    return np.stack(pages)


def faded(before, after, start, seconds):
    """Return frames in which one slide turns slowly into another."""
    frames = shown((0, before), (start, after))
    steps = round(seconds * FPS)
    for step in range(steps):
        part = (step + 1) / (steps + 1)
        frames[round(start * FPS) + step] = (1 - part) * before + part * after
    return frames


TWICE = shown((0, A), (12.5, B), (24, C))
RECORDINGS = {
    "one word": (lambda: shown((0, A), (13.3, WORD)), X264, [13.3]),
    "there and back between key frames": (lambda: shown((0, A), (10, B), (13, A)), X264, [10, 13]),
    "on a key frame, after another": (
        lambda: shown((0, A), (8, C), (12, B), (16, C), (24, A)), X264, [8, 12, 16, 24],
    ),
    "nothing but key frames": (lambda: TWICE, ("-c:v", "mjpeg", "-q:v", "5"), [12.5, 24]),
    "mpeg-4": (lambda: TWICE, ("-c:v", "mpeg4", "-q:v", "5", "-g", "80", "-bf", "2"), [12.5, 24]),
    "vp9": (
        lambda: TWICE,
        ("-c:v", "libvpx-vp9", "-b:v", "200k", "-g", "80", "-cpu-used", "8", "-auto-alt-ref", "1",
         "-lag-in-frames", "16"),
        [12.5, 24],
    ),
    "seconds between frames": (
        lambda: TWICE, (*X264, "-vf", "mpdecimate=max=-20", "-fps_mode", "vfr"), [12.5, 24],
    ),
    "grain": (lambda: TWICE, (*X264, "-vf", "noise=alls=4:allf=t"), [12.5, 24]),
    "fade": (lambda: faded(A, B, 12, 1.5), X264, [12.7]),
    "slow fade": (lambda: faded(A, B, 9, 5), X264, [11.5]),
    "handwriting": (lambda: written(shown((0, A), (24, B))), X264, [24]),
    "film on a slide": (lambda: filmed(shown((0, A))), X264, []),
    "heavy grain": (lambda: TWICE, (*X264, "-vf", "noise=alls=12:allf=t"), [12.5, 24]),
    "typing": (typed, X264, []),
    "terminal that scrolls and is cleared": (scrolled, X264, [14]),
}  # fmt: skip


@pytest.mark.parametrize("name", list(RECORDINGS))
def test_every_change_is_found_and_nothing_else(name, tmp_path):
    make, codec, truth = RECORDINGS[name]
    path = tmp_path / "made.mkv"
    sound = tone(SECONDS)
    write_recording(path, make(), [sound], "-c:a", "aac", codecs=codec)
    intake = measure(path, context=context(tmp_path))
    layout = AGENT.run(intake, params=PARAMS, context=context(tmp_path))
    found = [one.start for one in layout.slides[1:]]
    assert found == pytest.approx(truth, abs=1.0)
    whole = Box(0, 0, *SIZE)
    assert [(r.kind, r.screen, r.camera) for r in layout.regions] == [("screen_only", whole, None)]


# --- rules, on numbers ----------------------------------------------------------------------------

EVERYWHERE = np.ones((36, 64), bool)


def packets(sizes, keys, times=None):
    """Return packets ten a second, key frames of 10,000 bytes."""
    size = np.array(sizes)
    key = np.zeros(len(size), bool)
    key[list(keys)] = True
    size[key] = 10_000
    time = np.arange(len(size)) / 10 if times is None else np.asarray(times)
    return PacketTable(time, size, key)


def test_packets_tell_where_they_are_tiny_and_not_where_filler_or_grain_makes_them_large():
    rng = np.random.default_rng(2)
    tiny = find_peaks(packets(rng.integers(50, 300, 240), (0, 80, 160)), PARAMS)
    filled = find_peaks(packets(rng.integers(1000, 1200, 240), (0, 80, 160)), PARAMS)
    assert tiny.tell(8, 16)
    assert not filled.tell(8, 16)


def test_packet_far_above_all_others_leads_and_one_of_two_alike_does_not():
    sizes = np.full(240, 100)
    sizes[[100, 130]] = 6000, 900
    peaks = find_peaks(packets(sizes, (0, 80, 160)), PARAMS)
    assert peaks.leading(8, 16).time == 10
    sizes[130] = 5000
    assert find_peaks(packets(sizes, (0, 80, 160)), PARAMS).leading(8, 16) is None


def test_regular_key_frames_of_a_recording_with_varying_frame_rate_are_no_cuts():
    times = np.cumsum(np.random.default_rng(3).uniform(0.05, 0.4, 240))
    assert find_peaks(packets(np.full(240, 100), (0, 80, 160), times), PARAMS).strong == ()


def moved(*parts):
    """Return a step (36, 64) in which the given slices changed by 30 levels."""
    step = np.zeros((36, 64), np.uint8)
    for part in parts:
        step[part] = 30 * CHANGE_SCALE
    return step


def test_film_on_a_slide_is_left_out_and_a_new_slide_beside_it_is_seen():
    film, new = np.s_[20:30, 40:55], np.s_[4:12, 5:35]
    steps = np.stack([moved(film)] * 5 + [moved(film, new)] + [moved(film)] * 9)
    times = np.arange(16) * 0.25
    assert locate_changes(times, steps, EVERYWHERE, PARAMS) == [1.375]


def test_stroke_that_grows_is_no_change_and_the_same_part_alone_is_one():
    parts = [np.s_[20:22, x : x + 8] for x in (10, 18, 26)]
    still, times = moved(), np.arange(8) * 0.25
    grown = np.stack([still, still, *(moved(part) for part in parts), still, still])
    assert locate_changes(times, grown, EVERYWHERE, PARAMS) == []
    alone = np.stack([still, still, moved(parts[0]), still, still, still, still])
    assert locate_changes(times, alone, EVERYWHERE, PARAMS) == [0.625]


def test_slow_fade_turns_at_once_and_writing_part_after_part():
    times = np.arange(21) * 0.25
    old, new = np.full((180, 320), 240.0), np.full((180, 320), 240.0)
    new[40:80, 50:250] = 40
    fade = np.stack([(1 - i / 20) * old + i / 20 * new for i in range(21)]).astype(np.uint8)
    assert turning_point(times, fade, EVERYWHERE, PARAMS) == pytest.approx(2.5, abs=0.3)
    writing = np.stack([old] * 21).astype(np.uint8)
    for i in range(21):
        writing[i, 40:80, 50 : 50 + 10 * i] = 40
    assert turning_point(times, writing, EVERYWHERE, PARAMS) is None


def test_word_that_changes_at_once_is_seen_and_a_pointer_that_comes_there_is_not():
    word, still, times = np.s_[10:12, 20:24], moved(), np.arange(8) * 0.25
    fresh = Rect(20, 10, 24, 12).inside(moved(word)) > 0
    assert fresh.all()
    at_once = np.stack([still, still, moved(word), still, still, still, still])
    assert locate_small(times, at_once, moved(word) > 0, PARAMS) == 0.625
    on_its_way = at_once.copy()
    on_its_way[1] = moved(np.s_[12:14, 25:27])
    assert locate_small(times, on_its_way, moved(word) > 0, PARAMS) is None


def test_film_that_ends_or_begins_where_the_slide_changes_is_no_change_before_or_after():
    film, rest, still = np.s_[20:30, 40:55], np.s_[2:34, 2:60], moved()
    times = np.arange(17) * 0.25
    ends = np.stack([moved(film)] * 6 + [moved(rest)] + [still] * 9)
    assert locate_changes(times, ends, EVERYWHERE, PARAMS) == [1.625]
    # it reaches farther in its last step than in the two seconds before
    wide = np.s_[18:32, 38:57]
    begins = np.stack([still, moved(rest), *[moved(wide)] * 4, *[moved(film)] * 9, moved(wide)])
    assert locate_changes(times, begins, EVERYWHERE, PARAMS) == [0.375]


def test_film_is_told_by_what_moves_before_or_after_and_a_slide_of_its_own_is_none():
    film, whole = moved(np.s_[20:30, 40:55]), moved(np.s_[2:34, 2:62])
    found = film_beside(np.stack((moved(), film)), EVERYWHERE, PARAMS)
    assert found[20:30, 40:55].all()
    assert found.sum() < 1.5 * 150
    assert not film_beside(np.stack((moved(), whole)), EVERYWHERE, PARAMS).any()
