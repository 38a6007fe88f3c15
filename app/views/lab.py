"""What the notebook draws of a run, as JSON: no Streamlit, no store."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agents.content.components import COMPONENTS
from agents.types import Content, Transcript

if TYPE_CHECKING:
    import numpy as np

MOST_CELLS = 120
"""Rows of the topic matrix; longer lectures have several sentences in one."""
UNSURE = 0.5
"""A word that its engine gives less than this is told as unsure."""


def transcript_words(transcript: Transcript | None) -> list[tuple[str, str]]:
    """Return what is worth knowing about the words, as pairs of name and value."""
    if transcript is None:
        return []
    words = [word for segment in transcript.segments for word in segment.words]
    spoken = sum(segment.duration for segment in transcript.segments)
    rate = f"{60 * len(words) / spoken:.0f} a minute of speech" if spoken else "none"
    unsure = sum(word.probability < UNSURE for word in words)
    return [
        ("Engine", transcript.engine),
        ("Language", transcript.language),
        ("Sentences", f"{len(transcript.segments):,}"),
        ("Words", f"{len(words):,}, {rate}"),
        ("Unsure words", f"{100 * unsure / len(words):.1f} %" if words else "none"),
    ]


def topic_matrix(texts: Sequence[str], most: int = MOST_CELLS) -> np.ndarray:
    """Return how alike stretches of a lecture are in their words, 0-1, shape (n, n), n <= most.

    The cosine of tf-idf vectors, each stretch smoothed with its neighbours (Choi 2000 looks at the
    same matrix); stop words are those that the analyzer has learned from the lecture.
    """
    import numpy as np

    from agents.content.lexicon import read_lexicon

    if not texts:
        return np.zeros((0, 0))
    rows = read_lexicon(texts).content_rows()
    count = min(len(rows), most)
    stretch = np.arange(len(rows)) * count // len(rows)
    terms = 1 + max((int(row.max()) for row in rows if len(row)), default=0)
    said = np.zeros((count, terms))
    for at, row in zip(stretch, rows, strict=True):
        np.add.at(said[at], row, 1.0)
    weight = np.log((1 + count) / (1 + (said > 0).sum(axis=0)))
    vectors = np.log1p(said) * weight
    padded = np.pad(vectors, ((1, 1), (0, 0)))
    smooth = vectors + 0.5 * (padded[:-2] + padded[2:])
    norm = np.linalg.norm(smooth, axis=1, keepdims=True)
    smooth = smooth / np.where(norm > 0, norm, 1.0)
    return np.clip(smooth @ smooth.T, 0.0, 1.0)


def packed(values: np.ndarray) -> str:
    """Return values of 0-1 as base64 of a byte each, row by row."""
    import numpy as np

    return base64.b64encode(np.round(values * 255).astype(np.uint8).tobytes()).decode()


def content_pictures(content: Content | None) -> dict[str, Any] | None:
    """Return topic matrix and components per sentence; None before the content is analysed."""
    if content is None or not content.sentences:
        return None
    from agents.extract.scoring import component_matrix

    matrix = topic_matrix([sentence.text for sentence in content.sentences])
    components = component_matrix(content.sentences)
    return {
        "size": len(matrix),
        "matrix": packed(matrix),
        "borders": topic_borders([sentence.topic for sentence in content.sentences]),
        "components": packed(components.T.clip(0.0, 1.0)),
        "names": [component.name for component in COMPONENTS],
    }


def topic_borders(topics: Sequence[int]) -> list[float]:
    """Return where topics begin, as shares 0-1 of the sentences; the first is left out."""
    # [0, 0, 1, 1] -> [0.5]
    count = len(topics)
    return [round(i / count, 5) for i in range(1, count) if topics[i] != topics[i - 1]]
