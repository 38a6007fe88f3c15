# ruff: noqa: RUF001 - other scripts' punctuation is meant
"""What speakers say when something matters, when they move on, and when they lean on before."""

from __future__ import annotations

import re
from collections.abc import Sequence

_IMPORTANT = """
important; key (?:point|idea|thing|concept|question|result); crucial\\w*; essential\\w*; the main
\\w+; remember that; (?:by|the) definition; is defined; we define; define the; called; is known
as; in summary; to summari[sz]e; in conclusion; the bottom line; the point is; that means; this
means; in other words; the goal; the aim; the problem is; the idea; the question is; our approach;
we propose; we show; basically; consists? of; based on; there are (?:two|three|four|five|several);
for example; the first; the second; take[- ]?away; note that; theorem; conclu\\w+; result\\w*;
wichtig\\w*; entscheidend\\w*; wesentlich\\w*; per definition; definier\\w+; zusammenfass\\w+; das
hei(?:ss|ß)t; nennt man; bezeichnet man; das ziel; die idee; merken sie sich; besteht aus;
important\\w*; essentiel\\w*; crucia\\w*; par définition; on appelle; s'appelle; définit; en
résumé; en conclusion; c'est-à-dire; cela signifie; ça veut dire; le but; l'idée; l'objectif;
retenez; importante\\w*; esencial\\w*; por definición; se define; se llama; en resumen; en
conclusión; es decir; significa que; el objetivo; la idea; recuerden; fondamentale; per
definizione; si chiama; in sintesi; in conclusione; cioè; significa che; l'obiettivo
"""
_MOVING_ON = """
let(?:'s| us) (?:move|turn|go|start|look|talk|begin|switch|continue|now); mov(?:e|ing) on;
turn(?:ing)? to; next (?:topic|question|part|section|thing|slide|time|we|i); now (?:let|we|i)
\\w+; so now; now i want; i (?:want|would like|'d like|am going|'m going) to
(?:talk|discuss|show|start|move|turn|do); the next; the (?:second|third|fourth|last|final)
(?:part|topic|point|thing); another (?:topic|thing| example|way|approach|question); today; last
time; in this (?:part|section|lecture|talk); so far; finally; all right; okay so; let me
(?:now|turn|move|start|talk|give); what about; how about; kommen wir; jetzt; als nächstes; nun
zu\\w*; wenden wir; gehen wir; der nächste \\w+; zum schluss; schlie(?:ss|ß)lich; heute;
maintenant; passons; ensuite; venons-en; nous allons; on va; la prochaine \\w+; pour finir; enfin;
aujourd'hui; ahora; pasemos; a continuación; vamos a; el siguiente; la siguiente; por último;
finalmente; hoy; adesso; passiamo; ora; il prossimo; infine; oggi
"""
_LEANING = """
this; that; these; those; it; he; she; they; them; which; and; but; or; so; because; then; also;
as i said; like i said; as we; such; again; yeah; yes; no; ok; okay; uh; um; well; right; das;
dies\\w*; es; er; sie; und; aber; oder; denn; also; weil; dann; wie gesagt; ja; nein; dabei; dazu;
cela; ceci; ça; ce; cette; c'est; il; elle; ils; elles; et; mais; ou; donc; parce que; alors;
comme je; oui; non; esto; eso; este; ese; y; pero; o; porque; entonces; pues; como dije; sí;
questo; quello; e; ma; perché; allora; quindi
"""

_PERSONS = """
i i'm i'll i've i'd me my you you're you'll you've your yourself; ich mich mir mein sie ihnen ihr
euch du; je j'ai j' moi mon vous votre tu; yo me mi usted ustedes tú vosotros; io mi voi vi tu
"""


def _either(phrases: str) -> str:
    return "|".join(" ".join(phrase.split()) for phrase in phrases.split(";"))


IMPORTANT = re.compile(rf"\b(?:{_either(_IMPORTANT)})\b", re.IGNORECASE)
MOVING_ON = re.compile(rf"^\W*(?:\w+\W+){{0,3}}?(?:{_either(_MOVING_ON)})\b", re.IGNORECASE)
LEANING = re.compile(rf"^\W*(?:{_either(_LEANING)})\b", re.IGNORECASE)
PERSONS = frozenset(_PERSONS.replace(";", " ").split())
_QUESTION = re.compile(r"[?？؟;]\s*[\"'»”)]*\s*$")
_FINISHED = re.compile(r"[.!?…。！？؟।][\"'»”’)\]]*\s*$")
_GREEK = re.compile(r"[\u0370-\u03ff]")


def announces(texts: Sequence[str]) -> list[float]:
    """Return per sentence 0, .6 or 1 for none, one or several phrases of importance."""
    return [(0.0, 0.6, 1.0)[min(2, len(IMPORTANT.findall(text)))] for text in texts]


def moves_on(texts: Sequence[str]) -> list[float]:
    """Return per sentence whether it begins by announcing a change of topic."""
    return [float(bool(MOVING_ON.search(text))) for text in texts]


def asks(text: str) -> bool:
    """Return whether the sentence is a question; a semicolon asks in Greek only."""
    found = _QUESTION.search(text)
    return bool(found) and (";" not in found.group() or bool(_GREEK.search(text)))


def leans(text: str) -> bool:
    """Return whether the sentence begins by pointing back at what was said before."""
    return bool(LEANING.search(text))


def personal_share(text: str) -> float:
    """Return which share of the words speaks of the speaker or to the listeners."""
    words = text.casefold().replace("’", "'").split()
    return sum(word.strip(".,!?;:") in PERSONS for word in words) / max(1, len(words))


def finished(text: str) -> bool:
    """Return whether the sentence ends with the mark of an end."""
    return bool(_FINISHED.search(text))
