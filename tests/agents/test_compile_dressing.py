"""Titles, bar, logo and fade: drawn as pixels, inside the picture, for their time."""

import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

from agents.compile import dressing as dressing_module
from agents.compile.colours import READABLE, WHITE, contrast, under
from agents.compile.compositor import SAFE_EDGE, caption_strip
from agents.compile.dressing import PLAIN, Dressing, dressing_used, worn
from agents.compile.logo import MAX_BYTES, logo_kind, read_logo
from agents.compile.marks import bar_layer, fade_layer, logo_layer
from agents.compile.overlays import picture_layers
from agents.compile.params import CompileParams
from agents.compile.preview import draw_still
from agents.compile.render import clip_key, render_clip
from agents.compile.timeline import lay_out
from agents.compile.titles import PLATE, SCRIM, card_layer, draw_card, draw_topic, topic_layer
from agents.errors import LectureError
from agents.registry import Resources
from tests.colour_lecture import make_colour_lecture, onsets, read_frames, read_sound

PARAMS = CompileParams(size="360p", preset="ultrafast", captions=False)
TEMPLATES = ["side_by_side", "bubble", "vertical", "square", "camera"]
TITLES = [
    "Hash tables",
    "A title that is far too long for one line and goes on about hash tables " * 4,
    "W" * 400,
    "%{pts} ${HOME} 'quoted' \\ [a][b] : , = drawtext=text=x",
    "<img src=x onerror=alert(1)> {\\an8}",
    "line\u2028separator\nnew\x00\x07\u202egnp.exe",
    "Δοκιμή Проверка Ça déjà",
]
DRESSED = CompileParams(
    size="360p",
    preset="ultrafast",
    title_card_s=1.0,
    topic_s=1.5,
    progress_bar=True,
    fade_s=0.4,
)


@pytest.fixture(scope="module")
def lecture(tmp_path_factory):
    return make_colour_lecture(
        tmp_path_factory.mktemp("dressing") / "lecture.mp4", seconds=6, flashes=(3.0,)
    )


@pytest.fixture(scope="module")
def logo(tmp_path_factory):
    """Return a magenta PNG, 200 x 100, clear in its left half."""
    path = tmp_path_factory.mktemp("logo") / "logo.png"
    image = np.zeros((100, 200, 4), np.uint8)
    image[...] = (250, 0, 250, 255)
    image[:, :100, 3] = 0
    Image.fromarray(image).save(path)
    return path


def sized(template, **fields):
    return PARAMS.model_copy(update={"template": template, **fields})


# --- titles ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("title", TITLES, ids=range(len(TITLES)))
def test_any_title_stays_inside_the_safe_area_of_a_card(template, title):
    params = sized(template, captions=True)
    width, height = params.canvas
    image = draw_card(title, title, caption_strip(params).y, params)
    assert image is not None
    assert image.shape == (height, width, 4)
    rows, columns = np.nonzero(image[..., 0] > 60)
    edge = SAFE_EDGE * width
    assert columns.min() >= edge - 1
    assert columns.max() <= width - edge
    assert rows.min() >= SAFE_EDGE * height * 0.5
    assert rows.max() < caption_strip(params).y


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("title", TITLES, ids=range(len(TITLES)))
def test_any_topic_stays_on_its_plate_and_off_the_captions(template, title):
    params = sized(template, captions=True, topic_s=3.0)
    layer = topic_layer(title, 20.0, caption_strip(params).y, params)
    assert layer is not None
    x, y, w, h = layer.place
    width, height = params.canvas
    assert x >= round(SAFE_EDGE * min(width, height)) - 2
    assert x + w <= width * (1 - SAFE_EDGE) + 2
    assert y >= 0
    assert y + h <= caption_strip(params).y
    assert not any(side % 2 for side in layer.place)
    image = draw_topic(title, params)
    assert image is not None
    assert (image[..., 0] > 200).any()


def test_a_long_title_ends_with_an_ellipsis_and_one_without_letters_is_left_out():
    long = "word " * 500
    cut, longer = (draw_card(text, "", None, PARAMS) for text in (long, long + "more"))
    assert cut is not None
    assert np.array_equal(cut, longer)
    assert draw_card("堆栈", "", None, PARAMS) is None
    assert draw_card(" \n\x00", "", None, PARAMS) is None
    assert card_layer("", "", 10.0, None, sized("screen", title_card_s=2.0)) is None
    assert topic_layer("", 10.0, None, sized("screen", topic_s=2.0)) is None


def test_titles_can_be_read_over_a_white_slide():
    assert contrast(WHITE, under(SCRIM)) >= READABLE
    assert contrast(WHITE, under(PLATE)) >= READABLE


def test_a_topic_stands_over_the_screen_and_not_over_the_face_below_it(lecture):
    params = sized("vertical", captions=True, caption_place="over", topic_s=2.0, backdrop="plain")
    plan = lecture.plan((0.0, 4.0), cues=((0.1, 2.0, "Words"),), subject="Hash tables")
    timeline = lay_out(plan, lecture.intake.media, lecture.intake.packets, params)
    screen, camera = timeline.stretches[0].shots[0].composition.panels
    place = picture_layers(plan, timeline, params)[0].place
    assert screen.target.y < place.y < place.y + place.h <= screen.target.y + screen.target.h
    assert place.y + place.h <= camera.target.y


def test_the_topic_comes_after_the_card_and_is_left_out_of_a_clip_that_is_too_short():
    params = sized("screen", title_card_s=2.0, topic_s=3.0)
    layer = topic_layer("Hash tables", 20.0, None, params)
    assert layer is not None
    ((begins, ends),) = layer.spans
    assert begins > 2.0
    assert ends == pytest.approx(begins + 3.0)
    assert topic_layer("Hash tables", 2.5, None, params) is None


def test_the_topic_stands_beside_a_bubble_on_the_left():
    left = topic_layer("Trees", 20.0, None, sized("bubble", topic_s=3.0, camera_side="left"))
    right = topic_layer("Trees", 20.0, None, sized("bubble", topic_s=3.0))
    assert left is not None
    assert right is not None
    assert left.place.x > PARAMS.canvas[0] / 2 > right.place.x + right.place.w


# --- marks ----------------------------------------------------------------------------------------


def test_the_bar_grows_evenly_from_nothing_to_the_whole_width():
    images = list(bar_layer(40.0, PARAMS).images)
    grown = [(image[0, :, 0] > 0).sum() for _, image in images]
    assert grown[0] == 0
    assert grown[-1] == PARAMS.canvas[0]
    times = [time for time, _ in images]
    shares = np.array(grown) / PARAMS.canvas[0]
    assert np.abs(shares - np.array(times) / 40.0).max() < 0.02


def test_the_fade_is_black_only_at_the_ends_and_costs_nothing_between():
    layer = fade_layer(10.0, 25.0, sized("screen", fade_s=1.0))
    dark = [(time, image[0, 0, 3] / 255) for time, image in layer.images]
    assert layer.spans == ((0.0, 1.0), (9.0, 11.0))
    assert dark[0][1] > 0.95
    assert dark[-1][1] > 0.95
    assert [level for time, level in dark if time == 1.0] == [0.0]
    assert [time for time, _ in dark] == sorted(time for time, _ in dark)


@pytest.mark.parametrize("place", ["top_left", "top_right"])
def test_the_logo_keeps_its_shape_and_stands_in_its_corner(logo, place):
    params = sized("side_by_side", logo_place=place, logo_size=10.0)
    layer = logo_layer(logo, params)
    ((_, image),) = layer.images
    assert image.shape == (36, 72, 4)
    assert (image[18, :30, 3] < 10).all()
    assert (image[18, 42:] == (250, 0, 250, 255)).all(axis=1).mean() > 0.9
    assert (layer.place.x < 100) is (place == "top_left")


def test_a_wide_logo_takes_no_more_than_a_quarter_of_the_width(tmp_path):
    Image.new("RGB", (3000, 30), (9, 9, 9)).save(tmp_path / "wide.jpg")
    layer = logo_layer(tmp_path / "wide.jpg", PARAMS)
    assert layer.place.w <= PARAMS.canvas[0] / 4


def hostile_logos(folder):
    """Yield files that are no logos, and what is said of each."""
    bomb = io.BytesIO()
    Image.new("1", (20000, 20000)).save(bomb, "PNG")
    good = io.BytesIO()
    Image.new("RGB", (64, 64), (200, 0, 0)).save(good, "PNG")
    files = {
        "bomb.png": (bomb.getvalue(), "cannot be decoded"),
        "cut.png": (good.getvalue()[:60], "cannot be decoded"),
        "noise.jpg": (b"\xff\xd8\xff" + bytes(range(256)) * 8, "cannot be decoded"),
        "vector.png": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "neither a PNG nor a JPEG"),
        "list.png": (b"ffconcat version 1.0\nfile /etc/passwd\n", "neither a PNG nor a JPEG"),
        "big.png": (good.getvalue() + b"\0" * MAX_BYTES, "it may have 5"),
        "empty.png": (b"", "neither a PNG nor a JPEG"),
    }
    for name, (content, said) in files.items():
        (folder / name).write_bytes(content)
        yield folder / name, said
    yield folder / "gone.png", "cannot be read"


def test_a_hostile_logo_is_refused_in_one_sentence(tmp_path):
    for path, said in hostile_logos(tmp_path):
        with pytest.raises(LectureError, match=said) as caught:
            read_logo(path, (100, 100))
        assert path.name in caught.value.message
        assert "\n" not in caught.value.message


def test_a_jpeg_is_known_by_what_it_holds(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "logo.png", "JPEG")
    assert logo_kind(tmp_path / "logo.png") == "jpeg_pipe"


# --- all of it in a clip --------------------------------------------------------------------------


def test_a_dressed_clip_is_rendered_as_its_stills_show_it(lecture, logo, tmp_path):
    plan = lecture.plan((0.5, 5.5), title="Red and green", subject="Colours")
    dressing = Dressing("How to see <b>", logo)
    clip = render_clip(
        lecture.intake,
        plan,
        params=DRESSED,
        folder=tmp_path,
        progress=lambda percent: None,
        dressing=dressing,
    )
    frames = read_frames(clip.video).astype(int)
    assert len(frames) == 125
    for time in (0.2, 0.6, 1.2, 2.0, 3.0, 4.8):
        content = draw_still(
            lecture.intake, plan, time, params=DRESSED, dressing=dressing, kind="png"
        )
        still = np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)
        assert np.abs(still - frames[round(time * 25)]).mean() < 3.0
    light = frames.mean(axis=(1, 2, 3))
    assert light[0] < 8
    assert light[-1] < 8
    assert light[60] > 40
    assert light[13] < 0.5 * light[60]
    magenta = (np.abs(frames - (250, 0, 250)).max(axis=3) < 60).sum(axis=(1, 2))
    assert magenta[60] > 300
    sound = read_sound(clip.video, tmp_path)
    assert onsets(np.abs(sound) > 0.1, 48_000)[0] == pytest.approx(2.5, abs=0.05)
    assert np.abs(sound[:400]).max() < 0.02


def test_nothing_is_worn_unless_it_is_asked_for(lecture):
    plan = lecture.plan((0.5, 5.5))
    timeline = lay_out(plan, lecture.intake.media, lecture.intake.packets, PARAMS)
    assert picture_layers(plan, timeline, PARAMS) == ()
    assert worn(plan, PLAIN, PARAMS) == {}
    assert dressing_used(Resources(lecture_title="A lecture"), PARAMS) == {}


def test_the_key_changes_with_what_is_worn_and_only_with_that(lecture, logo):
    plan = lecture.plan((0.5, 5.5), subject="Colours")
    media = lecture.intake.media
    card, topic = sized("screen", title_card_s=2.0), sized("screen", topic_s=2.0)

    def key(plan, params, dressing=PLAIN):
        return clip_key(plan, media, params, dressing)

    renamed = dataclasses.replace(plan, title="Another title")
    assert key(plan, PARAMS) == key(renamed, PARAMS, Dressing("A lecture"))
    assert key(plan, card) != key(renamed, card)
    assert key(plan, card) != key(plan, card, Dressing("A lecture"))
    assert key(plan, topic) != key(dataclasses.replace(plan, subject="Shapes"), topic)
    assert key(plan, topic) == key(renamed, topic, Dressing("A lecture"))
    assert key(plan, PARAMS) != key(plan, PARAMS, Dressing(logo=logo))
    hidden = sized("side_by_side", logo_place="none")
    assert key(plan, hidden) == key(plan, hidden, Dressing(logo=logo))


def test_a_logo_that_changed_changes_the_stage_key(logo, tmp_path):
    path = tmp_path / "logo.png"
    path.write_bytes(logo.read_bytes())
    before = dressing_used(Resources(logo=path), PARAMS)
    Image.new("RGB", (9, 9)).save(path)
    assert dressing_used(Resources(logo=path), PARAMS) != before
    assert dressing_module.dressing_of(Resources(logo=path)).logo == path
