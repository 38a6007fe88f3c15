"""Guess the language of a text from its script and its commonest words."""

from __future__ import annotations

import re
from collections import Counter

ENOUGH = 0.06
"""Share of a language's commonest words that tells it: they are a fifth of running text."""

_SCRIPTS = {
    "ja": "\u3040-\u30ff", "ko": "\uac00-\ud7af", "zh": "\u4e00-\u9fff", "ar": "\u0600-\u06ff",
    "he": "\u0590-\u05ff", "el": "\u0370-\u03ff", "th": "\u0e00-\u0e7f", "hi": "\u0900-\u097f",
    "ru": "\u0400-\u04ff",
}  # fmt: skip
_WORDS = {
    "en": "the of and to is that it we you this are for what so",
    "de": "der die und das ist nicht wir ein eine auch mit sich auf den",
    "fr": "le les et est que pas vous nous une des dans ce pour qui",
    "es": "el los las que es y una por con para esto se lo como",
    "it": "il che di è non una per questo sono con della gli anche si",
    "pt": "o que os não uma para com isso é um como mas por do",
    "nl": "het een van en dat niet we ook zijn voor met je maar op",
    "pl": "się nie to jest na że jak w z do co ale tak",
    "sv": "och att det som en är på inte vi för med har av till",
}


def guess_language(text: str) -> str:
    """Return the ISO 639-1 code of the text's language, or "und"."""
    sample = text[:200_000].lower()
    letters = sum(c.isalpha() for c in sample)
    for code, script in _SCRIPTS.items():
        if letters and len(re.findall(f"[{script}]", sample)) > 0.25 * letters:
            return code
    words = Counter(re.findall(r"[^\W\d_]+", sample))
    shares = {
        code: sum(words[word] for word in common.split()) / max(1, words.total())
        for code, common in _WORDS.items()
    }
    best = max(shares, key=lambda code: shares[code])
    return best if shares[best] >= ENOUGH else "und"
