"""The score components: declared once, explained once, weighted by default once.

The default weights come from labelled transcripts (benchmarks/fit_weights.py), but for three that
those cannot tell and that stand by hand. The transcripts have no sound: `emphasis` is to move a
sentence by a tenth of the usual distance between two scores, about as much as `slide_dwell`;
prosody says little that words do not (Maskey & Hirschberg 2005). Their labels were made by
comparing speech with slides: a fit would give `slide_words` all weight, and say only how the labels
were made; it moves a sentence as much as emphasis does. Transcribers have left out most greetings
and adverts, so that `on_subject` is nearly always 1 there: what it costs to be off the subject is
set to a little more than one standard deviation of the score, so that such a sentence is no
highlight unless all else speaks for it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Component:
    """One measure of why a sentence may matter, 0-1 and unweighted."""

    name: str
    explanation: str
    """One sentence for pages, flags and schema."""
    because: str
    """How a reason names it: "Chosen because ..."."""
    weight: float
    """Default weight of the linear combination; benchmarks/fit_weights.py measures it."""


COMPONENTS: tuple[Component, ...] = (
    Component(
        "topic_centrality",
        "How much of what its topic is about the sentence says itself.",
        "it says what its topic is about",
        0.16,
    ),
    Component(
        "lecture_centrality",
        "How close the sentence is to what the whole lecture is about.",
        "it is close to what the whole lecture is about",
        0.05,
    ),
    Component(
        "title",
        "How many of the words of the lecture's title it says.",
        "it takes up the lecture's title",
        0.05,
    ),
    Component(
        "information",
        "How many different meaningful words and numbers the sentence carries, by logarithm.",
        "it carries a lot of information",
        0.05,
    ),
    Component(
        "terms",
        "How many of its pairs of neighbouring words, small ones left out, the lecture says again.",
        "it uses the lecture's terms",
        0.02,
    ),
    Component(
        "cue_phrase",
        "Whether the speaker announces importance, a definition or a summary.",
        "the speaker announces that it matters",
        0.01,
    ),
    Component(
        "novelty",
        "How many words it is first to say in its passage, more for those that are used again.",
        "it introduces what the passage goes on to use",
        0.04,
    ),
    Component(
        "said_once",
        "How seldom its passage says the same words again; a point made at length is in no one"
        " sentence.",
        "it says once what is not said again and again",
        0.07,
    ),
    Component(
        "question",
        "Whether it asks a question, or answers the one just asked.",
        "it asks or answers a question",
        0.01,
    ),
    Component(
        "emphasis",
        "Whether the voice is louder, livelier or slower than usual for this speaker.",
        "the voice stresses it",
        0.04,
    ),
    Component(
        "slide_dwell",
        "How much of its slide's time it takes; slides that are only flipped through do not count.",
        "it fills most of the time that its slide is up",
        0.03,
    ),
    Component(
        "slide_change",
        "Whether it follows soon after a new slide appears.",
        "a new slide has just appeared",
        0.05,
    ),
    Component(
        "slide_words",
        "How many of the words on its slide it says.",
        "it says what the slide says",
        0.03,
    ),
    Component(
        "completeness",
        "Whether it is one whole idea: no fragment, no endless run of words, no chat, not leaning.",
        "it stands on its own",
        0.20,
    ),
    Component(
        "on_subject",
        "Whether it keeps to the subject: no greeting, thanks, licence, advert or course notice.",
        "it keeps to the subject",
        0.08,
    ),
    Component(
        "wording",
        "Whether it is worded as key statements are, by its small words; English only, else 0.",
        "it is worded as a key statement",
        0.07,
    ),
    Component(
        "position",
        "Whether it comes early in its topic, where ideas are introduced.",
        "it opens its topic",
        0.04,
    ),
    Component(
        "judgement",
        "How important Gemini finds it; 0 when Gemini was not asked.",
        "Gemini finds it important",
        0.25,
    ),
)
"""In the order in which pages and tables show them."""
