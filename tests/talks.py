# ruff: noqa: RUF001 - the punctuation of Chinese is meant
"""Talks made of text: transcripts with word times, pauses and slides, without any recording."""

import itertools
from collections.abc import Sequence
from pathlib import Path

from agents.registry import Answers, Context, Gemini, Resources
from agents.types import (
    Box,
    Layout,
    LayoutRegion,
    SilenceRegion,
    Slide,
    Transcript,
    TranscriptSegment,
    Word,
)

WORD_S = 0.4
PAUSE_S = 0.5

SUBJECTS = {
    "en": (
        "The {0} depends on the {1}, and every {2} changes it.",
        "A {1} without a {0} is only half of the {2}.",
        "We measure the {2} with a {0} and write down the {1}.",
        "Each {0} has its own {1}, which the {2} limits.",
    ),
    "fr": (
        "La {0} dépend de la {1}, et chaque {2} la modifie.",
        "Une {1} sans {0} ne vaut que la moitié de la {2}.",
        "On mesure la {2} avec une {0} et on note la {1}.",
        "Chaque {0} possède sa propre {1}, que la {2} limite.",
    ),
    "de": (
        "Die {0} hängt von der {1} ab, und jede {2} verändert sie.",
        "Eine {1} ohne {0} ist nur die Hälfte der {2}.",
        "Wir messen die {2} mit einer {0} und notieren die {1}.",
        "Jede {0} hat ihre eigene {1}, welche die {2} begrenzt.",
    ),
    "zh": (
        "这个{0}取决于{1}，而{2}会改变它。",
        "没有{0}的{1}只是{2}的一半。",
        "我们用{0}测量{2}，然后记下{1}。",
        "每个{0}都有自己的{1}，由{2}限制。",
    ),
}
TERMS = {
    "en": (
        ("voltage", "resistance", "current", "circuit", "battery"),
        ("enzyme", "protein", "membrane", "nucleus", "bacteria"),
        ("mortgage", "interest", "inflation", "currency", "deposit"),
        ("violin", "symphony", "melody", "orchestra", "harmony"),
    ),
    "fr": (
        ("tension", "résistance", "intensité", "pile", "bobine"),
        ("enzyme", "protéine", "membrane", "bactérie", "cellule"),
        ("hypothèque", "inflation", "monnaie", "épargne", "dette"),
        ("symphonie", "mélodie", "harmonie", "partition", "flûte"),
    ),
    "de": (
        ("Spannung", "Batterie", "Spule", "Leitung", "Ladung"),
        ("Zelle", "Membran", "Bakterie", "Mutation", "Vererbung"),
        ("Hypothek", "Inflation", "Währung", "Anleihe", "Bilanz"),
        ("Sinfonie", "Melodie", "Harmonie", "Geige", "Partitur"),
    ),
    "zh": (
        ("电压", "电阻", "电流", "线圈", "电池"),
        ("细胞", "蛋白", "基因", "病毒", "细菌"),
        ("贷款", "利息", "通胀", "货币", "存款"),
        ("提琴", "乐谱", "旋律", "和声", "交响"),
    ),
}


def write_talk(language: str = "en", per_topic: int = 30, topics: int = 4) -> list[str]:
    """Return sentences on subjects that share no terms, `per_topic` on each, in order."""
    forms = SUBJECTS[language]
    texts = []
    for terms in TERMS[language][:topics]:
        for number in range(per_topic):
            turned = [terms[(number * step + number // 3) % len(terms)] for step in (1, 2, 3)]
            texts.append(forms[number % len(forms)].format(*turned))
    return texts


def speak(
    texts: Sequence[str],
    *,
    language: str = "en",
    pauses: Sequence[float] = (),
    word_s: float = WORD_S,
) -> Transcript:
    """Return the transcript of `texts`; `pauses` are the seconds after each sentence."""
    at = 1.0
    segments = []
    for number, text in enumerate(texts):
        words = []
        for word in text.split():
            words.append(Word(round(at, 3), round(at + 0.9 * word_s, 3), word))
            at += word_s
        segments.append(TranscriptSegment(words[0].start, words[-1].end, text, tuple(words)))
        at += pauses[number] if number < len(pauses) else PAUSE_S
    return Transcript(language, "captions (talk.vtt)", tuple(segments))


def pauses_of(transcript: Transcript, shortest: float = 0.3) -> tuple[SilenceRegion, ...]:
    """Return the silences between the words, as an exact detector would find them."""
    words = [word for segment in transcript.segments for word in segment.words]
    return tuple(
        SilenceRegion(before.end, after.start, -60.0)
        for before, after in itertools.pairwise(words)
        if after.start - before.end >= shortest
    )


def show(
    transcript: Transcript, changes: Sequence[float] = (), titles: Sequence[str] = ()
) -> Layout:
    """Return a layout of one arrangement whose slides change at `changes`."""
    end = transcript.segments[-1].end + 1.0 if transcript.segments else 1.0
    edges = [0.0, *changes, end]
    names = [*titles, *[""] * len(edges)]
    slides = tuple(
        Slide(a, b, title=name) for a, b, name in zip(edges, edges[1:], names, strict=False)
    )
    region = LayoutRegion(0.0, end, "picture_in_picture", Box(0, 0, 8, 8), Box(6, 6, 2, 2), 1.0)
    return Layout((region,), slides)


def make_context(
    folder: Path,
    gemini: Gemini | None = None,
    answers: Answers | None = None,
    title: str = "",
) -> Context:
    """Return a context without files and with no one listening to the progress."""
    return Context(
        folder,
        Resources(title=title, gemini=gemini, answers=answers),
        progress=lambda percent, message: None,
        once=lambda key, make: folder,
    )
