"""Components x weights: the score of sentences and clips, and what made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import BaseModel

from agents.content.components import COMPONENTS
from agents.types import Content, Sentence

NAMES = tuple(component.name for component in COMPONENTS)


def component_matrix(sentences: Sequence[Sentence]) -> np.ndarray:
    """Return the components as stored, shape (sentences, components), missing ones 0."""
    rows = [[s.components.get(name, 0.0) for name in NAMES] for s in sentences]
    return np.array(rows, dtype=np.float64).reshape(len(sentences), len(NAMES))


def weight_vector(weights: BaseModel | Mapping[str, float]) -> np.ndarray:
    """Return the weights in the order of the components, missing ones 0."""
    given = weights.model_dump() if isinstance(weights, BaseModel) else weights
    return np.array([float(given.get(name, 0.0)) for name in NAMES])


def score_sentences(content: Content, weights: BaseModel | Mapping[str, float]) -> np.ndarray:
    """Return the weighted sum of the components of every sentence, float64, shape (n,)."""
    return component_matrix(content.sentences) @ weight_vector(weights)
