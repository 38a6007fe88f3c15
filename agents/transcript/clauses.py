"""Words that begin a sentence or cannot end one: they weigh a pause where punctuation is missing.

The words are the commonest of their kind, not fitted to any recording; languages that are not
among them go by the pauses alone.
"""

from __future__ import annotations

BEGINS, HANGS = 0.4, 2.0
"""Share of the usual pause that is enough before a word that begins sentences, and that is needed
after one that cannot end them."""

_FIRST = """
so and but now okay ok well this that it what how why if i we let the there these here you when
in or because yes yeah um uh thank then all for right
und aber also dann jetzt wir das ich es wenn was wie warum dies diese hier ja
et mais donc alors maintenant nous je il elle ce cette quand si oui voici
y pero entonces ahora nosotros yo este esta cuando porque aquí
"""
"""English, German, French, Spanish."""
_LAST = """
the a an of to and in that for with or but if because as at by from on are was were be been these
those my your our their his her its i we he she they very into than when which who whose where
while would could should can will may might must does did has have had not just there gonna is
der die das ein eine einen und oder von zu mit für auf dass weil wenn sehr ist sind den dem des im
zum zur als nicht wir
le la les un une des et ou de du à au aux dans pour que qui avec sur est sont très nous
el los las una y o con por para en se lo su muy es del al
"""
_FIRST_WORDS, _LAST_WORDS = frozenset(_FIRST.split()), frozenset(_LAST.split())


def clause_weight(last: str, following: str) -> float:
    """Return by how much the pause between two words must be longer to end a sentence."""
    weight = HANGS if _bare(last) in _LAST_WORDS else 1.0
    return weight * BEGINS if _bare(following) in _FIRST_WORDS else weight


def _bare(text: str) -> str:
    """Return the word in lower case, without punctuation and without what was contracted."""
    return text.lower().replace("\u2019", "'").partition("'")[0].strip('.,;:!?"()[]')
