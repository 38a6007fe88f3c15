# ruff: noqa: RUF001 - other scripts' punctuation is meant
"""Where a phrase ends, so that lines and cues break there: by marks and by words that lean on.

Words are those of English, German, French, Spanish, Italian and Portuguese; in other languages the
marks decide alone.
"""

from __future__ import annotations

from agents.subtitles.sentences import CLOSERS, OPENERS, ends_sentence

NEVER_FIRST = "、。，．！？：；）」』】〉》ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
"""Marks and letters with which no line begins."""
CLAUSES = tuple(",;:，、；：،؛—–")

ENDED, CLAUSE, JOINT, INSIDE, LEANING = 0.0, 1.0, 2.0, 4.0, 9.0
"""What a break costs after a sentence, after a comma, before a word that joins, and otherwise; and
after a word that belongs to the next."""

# Articles, determiners, prepositions, and what stands before a verb.
_LEANS = """
    a an the this these those my your his its our their some any no every each
    of to in on at by for from with into onto about between through under over than
    and or but nor so that which who whose where when while because if as is are was were be been
    i you we they he she it i'm we're you're it's that's there's don't
    can could will would shall should may might must not very more most such
    der die das den dem des ein eine einen einem einer eines mein sein ihr
    von zu zum zur im am aus bei mit nach für über unter und oder aber dass wenn weil als wie nicht
    le la les un une des du de et ou mais que qui dans pour par sur avec sans ce cette ces son sa
    el los las una unos unas del al y o u pero que en con por para su sus
    il lo gli i uno di da nel nella del della dei che e con per su tra fra
    os as um uma do da dos das no na nos nas com ao seu sua
"""
# Words before which a phrase begins: conjunctions and prepositions.
_JOINS = """
    and or but nor so because that which who whose where when while if as than then though although
    of to in on at by for from with into about between through under over after before until
    und oder aber denn weil dass wenn als ob von mit für nach aus bei zu
    et ou mais que qui dont car donc si dans pour par sur avec sans
    y o pero que porque si cuando donde con por para en
    e ma che perché se quando dove per da mas porque onde com em
"""
_LEANING = frozenset(_LEANS.split())
_JOINING = frozenset(_JOINS.split())


def break_cost(before: str, after: str) -> float:
    """Return what it costs to end a line or a cue after one word and go on with the next."""
    before, after = before.strip(), after.strip()
    if after and after[0] in NEVER_FIRST:
        return 4 * LEANING
    if ends_sentence(before, after):
        return ENDED
    bare = before.rstrip(CLOSERS)
    if bare.endswith(CLAUSES):
        return CLAUSE
    # An abbreviation, such as a title before a name.
    if bare.endswith(".") or bare.lstrip(OPENERS).lower() in _LEANING:
        return LEANING
    return JOINT if after.lstrip(OPENERS).lower() in _JOINING else INSIDE
