"""The tunables of the transcript."""

from __future__ import annotations

from typing import Annotated, Literal

from agents.params import Params, Tunable

Model = Literal["tiny", "base", "small", "medium", "large-v3-turbo", "large-v3"]
Language = Literal[
    "auto", "ar", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fr", "he", "hi", "hu", "id",
    "it", "ja", "ko", "nl", "no", "pl", "pt", "ro", "ru", "sv", "th", "tr", "uk", "vi", "zh",
]  # fmt: skip


class TranscriptParams(Params):
    """How speech becomes sentences with word times."""

    use_captions: bool = True
    """Take the words from the captions that come with the recording, if there are any."""
    model: Model = "small"
    """Size of the Whisper model: larger ones make fewer mistakes and take longer."""
    language: Language = "auto"
    """The language spoken; "auto" finds it out."""
    beam_size: Annotated[int, Tunable(1, 10, step=1)] = 5
    """How many wordings the speech model weighs at a time: more is slower and a little better."""
    pause_s: Annotated[float, Tunable(0.2, 2, step=0.05, unit="s")] = 0.6
    """A pause this long ends a sentence where the text has no punctuation."""
    max_words: Annotated[int, Tunable(10, 100, step=1)] = 40
    """Longer sentences are divided at their best pause."""
