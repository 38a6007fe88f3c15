"""Cues that speak to a model instead of to students: found by what such orders have in common.

No list is complete, so that nothing rests on it: what slips through moves only its own request
(see requests.py), and each cue by no more than the weight of the judgement.
"""

from __future__ import annotations

import re
import unicodedata

_ORDERS = (
    # "ignore all previous instructions", in the languages most lectures are held in
    r"\b(ignor|disregard|forget|overrid|bypass|vergiss|vergessen|missacht|oubli|olvid|dimentic)\w*"
    r"\W+(?:(?:all|any|of|the|your|my|our|these|those|previous|prior|above|earlier|former|preceding"
    r"|alle|die|deine|bisherigen|vorherigen|obigen|toutes|les|tes|précédentes|todas|las|tus|los"
    r"|tutte|le|tue)\W+){0,5}?(instru|anweisung|prompt|rules\b|regeln|règles|reglas|istruzion|consigne)",
    r"\b(system|developer|hidden|initial)\W?(prompt|message|instruction)",
    r"\b(new|following) (task|instructions?|rules|role)\b.{0,20}?(:|\bis\b|\bare\b)",
    # orders about scores, titles and cues, which students never hear of
    r"\b(give|assign|rate|score|rank|mark|set)\b.{0,60}?\b(cue|cues|segments?|sentences?|clips?)\b"
    r".{0,60}?(\b[01](\.\d+)?\b|\bhighest\b|\bmaximum\b|\blowest\b|\bzero\b|\bone\b|\bscores?\b)",
    r"\b(importance|score|rating)s?\b\W+(?:\w+\W+){0,4}?(of|to|=|:)\W*[01](\.\d+)?(?!\d)",
    r"\b(return|output|print|write|say|use)\b.{0,60}?\bas (the|a) (topic |clip |chapter )?"
    r"(title|summary)\b",
    # credentials, roles, tools and markup of prompts
    r"\bapi[ _-]?keys?\b",
    r"^\W*(system|assistant|developer|model|tool)\W{0,3}:",
    r"<\/?\s*(transcript|system|instructions?|tool\w*|cues?|im_start|im_end|data)\b[^>]*>",
    r"\[/?inst\]|<\|\w+\|>|```",
    r'"(cue|cues|titles?|segments?|importance|score)"\s*:',
    r"!\[[^\]]*\]\(",
    r"\b(note|attention|message|hey|dear|listen|hello)\b[^.]{0,20}\b(gemini|ai|llm|language model)"
    r"\b",
    r"\byou are (now )?(an?|the) (ai|assistant|language model|llm|gemini|helpful|unrestricted)",
)
_ORDER = re.compile("|".join(f"(?:{order})" for order in _ORDERS), re.IGNORECASE)


def addresses_model(text: str) -> bool:
    """Return whether the text reads like an order to a model that judges it."""
    plain = unicodedata.normalize("NFKC", text)
    visible = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    return bool(_ORDER.search(" ".join(visible.split())))
