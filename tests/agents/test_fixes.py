"""Corrected captions: the person's words on the clock of those that were heard."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agents.extract.drop_out import plan_and_explain
from agents.extract.planner import describe_kept
from agents.subtitles import fix_segments, fix_sentences
from agents.subtitles.fixes import fix_segment
from agents.types import CaptionFix, Decisions, Interval, KeptClip, Sentence, Word
from agents.types import TranscriptSegment as Segment
from tests.agents.test_extract import bumps, make_content
from tests.talks import pauses_of, show, speak, write_talk


def segment(*texts, start=10.0):
    words = tuple(Word(start + n, start + n + 0.8, text, 0.5) for n, text in enumerate(texts))
    return Segment(start, start + len(texts), " ".join(texts), words)


def test_words_that_stay_keep_their_times_and_a_replaced_one_its_place():
    fixed = fix_segment(segment("The", "eigen", "value", "grows"), "The eigenvalue grows.")
    assert fixed.text == "The eigenvalue grows."
    assert [word.text for word in fixed.words] == ["The", "eigenvalue", "grows."]
    assert (fixed.words[0].start, fixed.words[0].end) == (10.0, 10.8)
    assert (fixed.words[1].start, fixed.words[2].end) == (11.0, 13.8)


def test_an_inserted_word_shares_the_time_of_its_neighbour():
    fixed = fix_segment(segment("A", "tree"), "A binary tree")
    assert [word.text for word in fixed.words] == ["A", "binary", "tree"]
    assert fixed.words[2] == Word(11.0, 11.8, "tree", 0.5)
    assert 10.0 < fixed.words[1].start < fixed.words[1].end <= 10.8 + 1e-9
    first = fix_segment(segment("tree", "grows"), "The tree grows")
    assert [word.text for word in first.words] == ["The", "tree", "grows"]
    assert first.words[0].start == 10.0


@given(
    st.text(max_size=60), st.lists(st.sampled_from(["a", "b", "c", "dd"]), min_size=1, max_size=6)
)
def test_any_correction_keeps_the_words_in_order_inside_the_sentence(text, heard):
    before = segment(*heard)
    words = fix_segment(before, text or "x").words
    assert all(a.start <= b.start for a, b in pairwise(words))
    assert all(before.start <= word.start < word.end <= before.end for word in words)


def test_a_correction_finds_its_sentence_by_time_and_no_other():
    sentences = [segment("one", "two", start=0), segment("three", "four", start=5)]
    fixes = [CaptionFix(5.1, 7.0, "3 4"), CaptionFix(20.0, 30.0, "nowhere"), CaptionFix(0, 9, "no")]
    fixed = fix_segments(sentences, fixes)
    assert [one.text for one in fixed] == ["one two", "3 4"]
    told = [Sentence(one.start, one.end, at, one.text, 0) for at, one in enumerate(sentences)]
    assert [one.text for one in fix_sentences(told, fixed)] == ["one two", "3 4"]


def test_a_correction_changes_the_cues_of_a_clip_but_not_which_is_chosen():
    transcript, values = speak(write_talk()), bumps(120, 15, 50, 100)
    before = explained(transcript, values)
    spoken = next(s for s in transcript.segments if s.start >= before[0].start)
    fix = CaptionFix(spoken.start, spoken.end, "Zyzzyva comes here.")
    after = explained(transcript, values, Decisions(captions=(fix,)))
    assert [plan.parts for plan in after] == [plan.parts for plan in before]
    changed = [a.rank for a, b in zip(after, before, strict=True) if a.cues != b.cues]
    assert changed == [1]
    assert "Zyzzyva" in " ".join(cue.text for cue in after[0].cues)


def explained(transcript, values, decisions=None):
    return plan_and_explain(
        transcript,
        pauses_of(transcript),
        show(transcript),
        make_content(transcript, values),
        params=make_params(),
        decisions=decisions,
    )


def test_a_sentence_that_is_cut_in_two_is_still_said_in_the_cues():
    transcript, values = speak(write_talk()), bumps(120, 15)
    spoken = transcript.segments[20]
    middle = spoken.words[len(spoken.words) // 2]
    parts = (Interval(middle.start, middle.start + 25.0),)
    (plan,) = describe_kept(
        transcript,
        pauses_of(transcript),
        show(transcript),
        make_content(transcript, values),
        params=make_params(),
        kept=(KeptClip(parts),),
    )
    assert plan.cues[0].start < 0.5
    assert plan.cues[0].text.split()[0] == middle.text


def make_params():
    from agents.extract import ExtractParams

    return ExtractParams()
