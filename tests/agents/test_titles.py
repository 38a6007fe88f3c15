"""Names of topics: phrases as they are said, headlines of slides that the speech supports."""

import numpy as np
import pytest

from agents.content.lexicon import read_lexicon
from agents.content.titles import name_topics
from tests.talks import write_talk

FILLER = {
    "en": ("We keep going and look at it again.", "So what does that mean for us now?"),
    "de": ("Wir machen jetzt weiter und sehen es wieder.", "Was heißt das nun für uns?"),
    "fr": ("On continue et on regarde encore.", "Alors qu'est-ce que cela veut dire?"),
}


def named(*topics, headlines=()):
    """Return title and keywords of topics given as lists of sentences; a headline per topic."""
    texts = [text for texts in topics for text in texts]
    topic = np.repeat(np.arange(len(topics)), [len(texts) for texts in topics])
    shown = [headlines[number] for number in topic] if headlines else []
    return name_topics(texts, topic, read_lexicon(texts), shown, [4.0] * len(shown))


def titles(*topics, headlines=()):
    return [title for title, _ in named(*topics, headlines=headlines)]


def talk_of(*forms, filler="en", times=6):
    """Return sentences: the forms in turn, each with filler behind it."""
    return [text for n in range(times) for text in (forms[n % len(forms)], *FILLER[filler])]


LOGIC = talk_of(
    "The linear temporal logic says when a thing must hold.",
    "With linear temporal logic we describe a path.",
    "A temporal logic has operators.",
)
OTHER = talk_of("The mortgage has a rate.", "The bank has a mortgage at that rate.")


def test_a_phrase_that_is_mostly_part_of_a_longer_one_is_named_in_full():
    assert titles(LOGIC, OTHER)[0] == "Linear temporal logic"


def test_names_and_acronyms_keep_their_capitals_and_other_words_have_none():
    fourier = talk_of("The Fourier transform gives waves.", "Every Fourier transform has phases.")
    codes = talk_of("The ICD codes name an illness.", "Many ICD codes are old.")
    shouted = [text.upper() for text in OTHER]
    found = named(fourier, codes, shouted)
    assert [title for title, _ in found][:2] == ["Fourier transform", "ICD codes"]
    assert found[2][0].startswith(("Mortgage", "Rate"))
    assert all(word.islower() for word in found[2][1])


def test_german_adjectives_stay_small_and_nouns_large():
    talk = talk_of("Die stetige Funktion hat Werte.", "Eine stetige Funktion ist schön.")
    assert titles(talk, talk_of("Die Zelle teilt sich.", filler="de"))[0] == "Stetige Funktion"


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_words_that_name_nothing_are_in_no_title(language):
    texts = [
        text for text in write_talk(language, per_topic=8) for text in (text, *FILLER[language])
    ]
    found = name_topics(texts, np.repeat(np.arange(4), 24), read_lexicon(texts))
    fillers = {word.casefold().strip(".,?") for text in FILLER[language] for word in text.split()}
    for title, keywords in found:
        assert not fillers & {word.casefold() for word in title.replace(",", "").split()}
        assert not fillers & {word.casefold() for phrase in keywords for word in phrase.split()}


def test_what_is_said_throughout_names_a_topic_rather_than_an_aside():
    aside = ["The short story is a short story, a really short story."]
    assert titles([*LOGIC[:9], *aside, *LOGIC[9:]], OTHER)[0] == "Linear temporal logic"


@pytest.mark.parametrize(
    ("forms", "title"),
    [
        (("The right-handed screw turns.", "Take a right-handed screw."), "Right-handed screw"),
        (("It is Newton's theory.", "By Newton's theory it falls."), "Newton's theory"),
        (
            ("The conjunctive normal form is long.", "It has a form, the conjunctive normal form."),
            "Conjunctive normal form",
        ),
        (
            ("The small angle approximation is good.", "A small angle is not large."),
            "Small angle approximation",
        ),
        (("La forme normale conjonctive est longue.",), "Forme normale conjonctive"),
    ],
)
def test_a_phrase_keeps_the_small_words_and_marks_that_belong_to_it(forms, title):
    assert titles(talk_of(*forms), OTHER)[0] == title


def test_a_word_with_not_is_no_name():
    found = named(talk_of("The mirror doesn't bend the light.", "The light didn't bend."), OTHER)
    assert not {"doesn", "didn"} & {word for phrase in found[0][1] for word in phrase.split()}
    assert found[0][0].startswith("Mirror")


def test_no_name_ends_in_the_mark_of_an_owner():
    talk = talk_of("It is the mirror's.", "The glass breaks.", "The glass bends light.", times=9)
    (_, words), _ = named(talk, OTHER)
    assert "mirror" in words


def test_what_follows_an_article_names_a_topic_rather_than_what_is_done():
    doing = talk_of("We detect edges with the impulse response.", "You detect edges by this.")
    assert titles(doing, OTHER)[0] == "Impulse response"


def test_a_headline_that_the_speech_supports_is_the_title():
    found = titles(LOGIC, OTHER, headlines=("Why temporal logic", "Mortgage rates"))
    assert found == ["Why temporal logic", "Mortgage rates"]


def test_a_headline_that_nobody_speaks_of_is_no_title():
    found = titles(LOGIC, OTHER, headlines=("Quantum chromodynamics", "Institute of Somewhere"))
    assert found == titles(LOGIC, OTHER)


def test_a_headline_names_a_topic_without_a_phrase_when_the_lecture_knows_its_words():
    assert len(titles(LOGIC, OTHER)[1].split()) == 1
    assert titles(LOGIC, OTHER, headlines=("", "A path to a house"))[1] == "A path to a house"
    both = titles(LOGIC, OTHER, headlines=("A path to a house",) * 2)
    assert both[1] == titles(LOGIC, OTHER)[1]


def test_a_headline_that_ends_before_its_noun_is_no_title():
    assert titles(LOGIC, OTHER, headlines=("Temporal logic and the", ""))[0] == (
        "Linear temporal logic"
    )


def test_a_logo_that_ocr_read_as_a_word_is_no_part_of_the_title():
    assert (
        titles(LOGIC, OTHER, headlines=("I'liī Why temporal logic", ""))[0] == "Why temporal logic"
    )
    assert titles(LOGIC, OTHER, headlines=("Gödel and temporal logic", ""))[0] == (
        "Gödel and temporal logic"
    )


def test_of_several_headlines_the_one_shown_longest_over_the_topic_names_it():
    texts = [*LOGIC, *OTHER]
    topic = np.repeat([0, 1], [len(LOGIC), len(OTHER)])
    shown = ["Operators"] * 3 + ["Temporal logic"] * (len(LOGIC) - 3) + ["A mortgage"] * len(OTHER)
    found = name_topics(texts, topic, read_lexicon(texts), shown, [4.0] * len(texts))
    assert [title for title, _ in found] == ["Temporal logic", "A mortgage"]


def test_one_headline_over_two_topics_gives_two_titles():
    found = titles(LOGIC, LOGIC, headlines=("Temporal logic", "Temporal logic"))
    assert found[0] == "Temporal logic"
    assert found[1].startswith("Temporal logic")
    assert found[0] != found[1]


@pytest.mark.parametrize(
    ("read", "said", "title"),
    [
        ("Die Wørmeøbertragung", "Die Wärmeübertragung braucht Zeit.", "Die Wärmeübertragung"),
        ("Thøorme de Noether", "Le théorème de Noether est beau.", "Théorème de Noether"),
        ("Finlte Automata", "A finite automata has states.", "Finite Automata"),
    ],
)
def test_what_ocr_misread_is_put_right_by_what_is_said(read, said, title):
    assert titles(talk_of(said), OTHER, headlines=(read, ""))[0] == title


@pytest.mark.parametrize(
    "headline",
    ["<b>temporal</b> logic", "temporal\u202e\x00 `logic`", "![logic](http://x/temporal)"],
)
def test_a_hostile_headline_is_plain_text_in_the_title(headline):
    title = titles(LOGIC, OTHER, headlines=(headline, ""))[0]
    assert title.isprintable()
    assert not set(title) & set('<>[]{}`!|\\"')
