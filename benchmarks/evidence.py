"""Evidence of importance that was tried: `uv run python -m benchmarks.evidence PATH > FILE.md`.

PATH is a folder with the VT-SSum transcripts, of which dev.jsonl.gz is read: the lectures from
which the default weights come, so that no other lecture has a say in what is taken. Each kind of
evidence is put beside the components, and logistic regressions fitted on four fifths of the
lectures rank the sentences of the rest, in turn. What the lecture's own components cannot do
better than they do is not worth a slider. What it costs to measure is told for made lectures of
90 minutes; `--costs` prints that alone.
"""

from __future__ import annotations

import argparse
import math
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile

from agents.content.components import COMPONENTS
from agents.content.lexicon import split_words
from agents.content.local import analyze_locally
from agents.content.measures import find_meaningful, to_unit
from agents.content.params import ContentParams
from agents.extract.scoring import NAMES
from agents.intake.voice import measure_prosody
from benchmarks.fit_weights import DEV, FIT_ON, fit
from benchmarks.importance import Lecture, cells, read_lectures
from benchmarks.weights import DURATION_S, long_lecture
from jobs.evaluation.importance import ImportanceScore
from jobs.evaluation.running import cpu_seconds
from jobs.evaluation.texts import make_intake
from tests.hearing import RATE, spoken
from tests.rendering import speech_entries

FOLDS = 5
_ORDER = re.compile(r"\b(?:first|second|third|firstly|secondly|finally|number one|step)\b", re.I)
_DEFINES = re.compile(
    r"\b(?:called|defined?|definition|means that|refers to|stands for|known as|is an?)\b", re.I
)
_NAME = re.compile(r"(?<=[a-z,] )[A-Z]\w+")

Words = list[list[str]]
"""The meaningful words of every sentence."""


def used_later(lecture: Lecture, words: Words) -> np.ndarray:
    """Measure how often the lecture says again what a sentence is first to say."""
    times = Counter(word for said in words for word in said)
    seen: set[str] = set()
    found = []
    for said in words:
        found.append(sum(math.log(times[word]) for word in said if word not in seen))
        seen.update(said)
    return _by_log(found)


def new_to_lecture(lecture: Lecture, words: Words) -> np.ndarray:
    """Count the words that the lecture has not said before."""
    seen: set[str] = set()
    found = []
    for said in words:
        found.append(sum(word not in seen for word in said))
        seen.update(said)
    return _by_log(found)


def spread_over_slides(lecture: Lecture, words: Words) -> np.ndarray:
    """Count the slides over which its words are said."""
    places = Counter({(clip, word) for clip, said in _by_clip(lecture, words) for word in said})
    over = Counter(word for _, word in places)
    return _by_log([sum(over[word] for word in said) for said in words])


def okapi(lecture: Lecture, words: Words) -> np.ndarray:
    """Score the sentence's words for its slide by BM25 (Robertson & Zaragoza 2009)."""
    times = Counter((clip, word) for clip, said in _by_clip(lecture, words) for word in said)
    over = Counter(word for _, word in times)
    length = Counter[int]()
    for (clip, _), count in times.items():
        length[clip] += count
    clips, usual = len(length), sum(length.values()) / max(1, len(length))
    found = []
    for clip, said in _by_clip(lecture, words):
        long = 1.2 * (0.25 + 0.75 * length[clip] / usual)
        rare = {w: math.log(1 + (clips - over[w] + 0.5) / (over[w] + 0.5)) for w in said}
        others = {w: times[clip, w] - 1 for w in said}
        found.append(sum(rare[w] * 2.2 * n / (n + long) for w, n in others.items()))
    return _by_log(found)


def information_of_slide(lecture: Lecture, words: Words) -> np.ndarray:
    """Sum the pointwise mutual information of its words and its slide, of repeated words."""
    times = Counter((clip, word) for clip, said in _by_clip(lecture, words) for word in said)
    length, whole = Counter[int](), Counter[str]()
    for (clip, word), count in times.items():
        length[clip] += count
        whole[word] += count
    total = sum(whole.values())
    return _by_log(
        [
            sum(
                max(0.0, math.log(times[clip, w] * total / length[clip] / whole[w]))
                for w in said
                if times[clip, w] > 1
            )
            for clip, said in _by_clip(lecture, words)
        ]
    )


def shared_with_next(lecture: Lecture, words: Words) -> np.ndarray:
    """Measure which share of its words the next sentence takes up."""
    following = [*words[1:], []]
    return np.array(
        [len({*a} & {*b}) / max(1, len(a)) for a, b in zip(words, following, strict=True)]
    )


def neighbours(lecture: Lecture, words: Words) -> np.ndarray:
    """Average the default scores of the sentences before and after it on its slide."""
    score = lecture.rated.components @ np.array([one.weight for one in COMPONENTS])
    clip, found = lecture.rated.clip, np.zeros(len(score))
    same = clip[1:] == clip[:-1]
    found[1:] += np.where(same, score[:-1], 0)
    found[:-1] += np.where(same, score[1:], 0)
    return found / 2


def names(lecture: Lecture, words: Words) -> np.ndarray:
    """Count words with a capital inside the sentence."""
    return np.array([min(1.0, len(_NAME.findall(text)) / 3) for text in lecture.texts])


def enumerates(lecture: Lecture, words: Words) -> np.ndarray:
    """Tell whether it counts: first, second, finally."""
    return np.array([bool(_ORDER.search(text)) for text in lecture.texts], dtype=float)


def defines(lecture: Lecture, words: Words) -> np.ndarray:
    """Tell whether it defines: is called, means that, stands for."""
    return np.array([bool(_DEFINES.search(text)) for text in lecture.texts], dtype=float)


def digits(lecture: Lecture, words: Words) -> np.ndarray:
    """Tell whether it has a figure."""
    return np.array([any(c.isdigit() for c in text) for text in lecture.texts], dtype=float)


def long_words(lecture: Lecture, words: Words) -> np.ndarray:
    """Average the letters of its words."""
    split = [split_words(text) or [""] for text in lecture.texts]
    return np.array([min(1.0, sum(map(len, one)) / len(one) / 8) for one in split])


def density(lecture: Lecture, words: Words) -> np.ndarray:
    """Measure the share of its words that are meaningful."""
    pairs = zip(words, lecture.rated.words.tolist(), strict=True)
    return np.array([min(1.0, 2 * len(said) / max(1, count)) for said, count in pairs])


def place_on_slide(lecture: Lecture, words: Words) -> np.ndarray:
    """Tell how far from the end of its slide it comes."""
    clip = lecture.rated.clip
    first, end = np.searchsorted(clip, clip), np.searchsorted(clip, clip, side="right")
    return 1 - (np.arange(len(clip)) - first) / np.maximum(1, end - first - 1)


def place_in_lecture(lecture: Lecture, words: Words) -> np.ndarray:
    """Tell how far from the end of the lecture it comes."""
    return 1 - np.arange(len(words)) / max(1, len(words))


def short_slide(lecture: Lecture, words: Words) -> np.ndarray:
    """Tell how little is said over its slide."""
    said = np.bincount(lecture.rated.clip, weights=lecture.rated.words)[lecture.rated.clip]
    return np.clip(1 - np.maximum(np.log1p(said) - 4, 0) / 4, 0, 1)


def _by_clip(lecture: Lecture, words: Words) -> Iterator[tuple[int, list[str]]]:
    return zip(lecture.rated.clip.tolist(), words, strict=True)


def _by_log(values: Sequence[float]) -> np.ndarray:
    return to_unit(np.log1p(np.array(values, dtype=np.float64)))


Evidence = Callable[[Lecture, Words], np.ndarray]
TRIED: tuple[Evidence, ...] = (
    *(used_later, new_to_lecture, spread_over_slides, okapi, information_of_slide),
    *(shared_with_next, neighbours, names, enumerates, defines, digits, long_words, density),
    *(place_on_slide, place_in_lecture, short_slide),
)
TAKEN = ("title", "terms", "wording", "on_subject", "said_once")
"""Components that came of such a comparison."""


def held_out(lectures: Sequence[Lecture], tables: Sequence[np.ndarray]) -> list[ImportanceScore]:
    """Return how lectures are ranked by regressions that have not seen them."""
    scores = []
    for fold in range(FOLDS):
        seen = [at for at in range(len(lectures)) if at % FOLDS != fold]
        weights = fit([lectures[at].rated for at in seen], [tables[at] for at in seen])
        rest = range(fold, len(lectures), FOLDS)
        scores += [lectures[at].rated.score_by(tables[at] @ weights) for at in rest]
    return scores


def smoothed(lectures: Sequence[Lecture], width: float) -> list[ImportanceScore]:
    """Return how lectures are ranked by default scores with half their mean around added."""
    default = np.array([one.weight for one in COMPONENTS])
    near = np.exp(-0.5 * (np.arange(-8, 9) / width) ** 2)
    scores = [lecture.rated.components @ default for lecture in lectures]
    added = [s + 0.5 * np.convolve(s, near / near.sum())[8:-8] for s in scores]
    return [one.rated.score_by(score) for one, score in zip(lectures, added, strict=True)]


def report(lectures: Sequence[Lecture]) -> Iterator[str]:
    """Yield the lines of the report."""
    words = [find_meaningful(lecture.texts) for lecture in lectures]
    known = [lecture.rated.components for lecture in lectures]
    yield from ["# Evidence of importance that was tried", ""]
    yield "Made by `uv run python -m benchmarks.evidence PATH`: the first"
    yield f"{len(lectures)} lectures of VT-SSum dev, ranked by regressions on the other four fifths"
    yield "of them. A component that is left out, or evidence that is put beside all components,"
    yield "must move these figures to be worth a weight."
    yield from ["", "| | top-3 F1 | top-5 F1 | AP | lift |", "|---|---|---|---|---|"]
    yield _line("**all components**", held_out(lectures, known))
    for name in TAKEN:
        left = [np.delete(table, NAMES.index(name), axis=1) for table in known]
        yield _line(f"without {name}", held_out(lectures, left))
    for evidence in TRIED:
        both = [
            np.column_stack([table, evidence(lecture, said)])
            for table, lecture, said in zip(known, lectures, words, strict=True)
        ]
        yield _line(f"with {evidence.__name__}: {_told(evidence)}", held_out(lectures, both))
    for width in (1.0, 2.0, 4.0):
        yield _line(f"smoothed over {width:g} sentences", smoothed(lectures, width))


def costs() -> Iterator[str]:
    """Yield what the evidence of a 90-minute lecture takes in CPU seconds of one core."""
    transcript, silence, layout, _ = long_lecture()
    intake = make_intake(DURATION_S)
    began = cpu_seconds()
    content = analyze_locally(intake, transcript, silence, layout, ContentParams())
    thought = cpu_seconds() - began
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "lecture.wav"
        sound, _ = spoken(tuple(range(len(speech_entries()))))
        soundfile.write(wav, np.resize(sound, round(DURATION_S * RATE)), RATE, subtype="PCM_16")
        began = cpu_seconds()
        measure_prosody(wav)
        heard = cpu_seconds() - began
    yield from ["", "## What it costs", ""]
    yield f"CPU seconds of one core for {DURATION_S / 60:.0f} minutes of made speech and"
    yield f"{len(content.sentences)} sentences: voice features {heard:.1f} (asked: 15), the content"
    yield f"stage without Gemini {thought:.1f} (asked: 6). Pitch comes from autocorrelation at"
    yield "4 kHz, as librosa.yin takes 9-42 s for the same and librosa.pyin half an hour."


def _told(evidence: Evidence) -> str:
    return (evidence.__doc__ or "").splitlines()[0].rstrip(".").lower()


def _line(name: str, scores: Sequence[ImportanceScore]) -> str:
    return f"| {' | '.join([name, *cells(scores)])} |"


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("path", type=Path)
    parser.add_argument("--lectures", type=int, default=FIT_ON)
    parser.add_argument("--costs", action="store_true", help="print only what it costs")
    options = parser.parse_args()
    if not options.costs and not (options.path / DEV).is_file():
        parser.error(f"there is no {DEV} in {options.path}")
    if not options.costs:
        print("\n".join(report(list(read_lectures(options.path / DEV, options.lectures)))))
    print("\n".join(costs()))


if __name__ == "__main__":
    main()
