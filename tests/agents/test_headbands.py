"""Headlines seen but not read: which slide goes on with the one before."""

import pytest
from PIL import Image, ImageDraw, ImageFont

from agents.content.headbands import headline_novelty
from agents.content.local import analyze_locally
from agents.content.params import ContentParams
from agents.types import Box, Layout, LayoutRegion, Slide
from jobs.evaluation.texts import make_intake
from tests.talks import pauses_of, speak, write_talk

SIZE = (640, 360)


def draw(path, headline, body="Some words about it", *, x=24, bar=True, name=""):
    """Draw a slide with a headline on a bar, or on the page, and a smaller text below."""
    picture = Image.new("RGB", SIZE, (248, 250, 245))
    pen = ImageDraw.Draw(picture)
    if bar:
        pen.rectangle((0, 0, SIZE[0], 56), fill=(26, 92, 150))
    ink = (255, 255, 255) if bar else (20, 20, 20)
    pen.text((x, 14), headline, fill=ink, font=ImageFont.load_default(26))
    pen.text((40, 112), body, fill=(20, 20, 20), font=ImageFont.load_default(17))
    pen.text((40, 60), name, fill=(20, 20, 20), font=ImageFont.load_default(44))
    picture.save(path, quality=80)
    return path


@pytest.fixture
def novelty(tmp_path):
    """Return how new the headline of each drawn slide is beside the one before."""

    def look(*slides):
        shown = tuple(
            Slide(10.0 * n, 10.0 * n + 10, draw(tmp_path / f"{n}.jpg", **slide))
            for n, slide in enumerate(slides)
        )
        return headline_novelty(show(shown), SIZE[0], [(n, n + 1) for n in range(len(shown) - 1)])

    return look


def show(slides):
    whole = LayoutRegion(0.0, slides[-1].end, "screen_only", Box(0, 0, *SIZE), None, 1.0)
    return Layout((whole,), tuple(slides))


@pytest.mark.parametrize("bar", [True, False])
def test_a_headline_that_goes_on_is_not_new(novelty, bar):
    found = novelty(
        {"headline": "Circular motion", "bar": bar},
        {"headline": "Circular motion (2)", "body": "Other words than before", "bar": bar},
        {"headline": "Planets and moons", "bar": bar},
        {"headline": "Planets and moons", "body": "Something else", "x": 90, "bar": bar},
    )
    assert found.tolist() == [0.0, 1.0, 0.0]


def test_a_headline_that_shares_some_words_is_partly_new(novelty):
    (found,) = novelty({"headline": "Forward chaining"}, {"headline": "Forward in detail"})
    assert found == 0.5


def test_a_longer_word_that_begins_alike_is_another(novelty):
    assert novelty({"headline": "Weight"}, {"headline": "Weightlessness"}).tolist() == [1.0]


def test_a_line_that_is_on_every_slide_says_nothing(novelty):
    slides = [
        {"headline": f"Part {word}", "name": "UNIVERSITY OF TESTS"}
        for word in ("one", "two", "three", "four", "five", "six")
    ]
    assert novelty(*slides).tolist() == [1.0] * 5


def test_slides_without_a_headline_or_a_still_are_new(tmp_path, novelty):
    assert novelty({"headline": "", "body": ""}, {"headline": "", "body": ""}).tolist() == [1.0]
    slides = (Slide(0.0, 5.0), Slide(5.0, 9.0, tmp_path / "gone.jpg"))
    assert headline_novelty(show(slides), SIZE[0], [(0, 1)]).tolist() == [1.0]
    assert headline_novelty(show(slides), SIZE[0], []).tolist() == []


def test_slides_that_go_on_make_no_topic_though_nothing_was_read(tmp_path):
    transcript = speak(write_talk(per_topic=30, topics=2))
    end = transcript.segments[-1].end + 1
    changes = [0.0, *(transcript.segments[at].start for at in (9, 20, 30, 41, 50))]
    heads = ["Circuits", "Circuits (2)", "Circuits (3)", "Enzymes", "Enzymes (2)", "Enzymes (3)"]

    def topics(heads):
        slides = [
            Slide(start, stop, draw(tmp_path / f"{n}.jpg", head))
            for n, (start, stop, head) in enumerate(
                zip(changes, [*changes[1:], end], heads, strict=True)
            )
        ]
        params = ContentParams(slide_weight=60)
        values = (make_intake(end), transcript, pauses_of(transcript), show(slides))
        return [part.start for part in analyze_locally(*values, params).segments]

    going_on = topics(heads)
    assert going_on == [transcript.segments[at].start for at in (0, 30)]
    other = ["Circuits", "Batteries", "Currents", "Enzymes", "Proteins", "Membranes"]
    assert len(topics(other)) > 2
