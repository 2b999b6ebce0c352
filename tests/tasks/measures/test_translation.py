"""Figures of translations against sacrebleu's own, and the table of words against one computed by hand."""

from __future__ import annotations

import pytest
from sacrebleu import corpus_bleu, corpus_chrf

from seqloom.tasks.measures.translation import by_length, figures_of_translations
from seqloom.tasks.measures.word_table import translated, word_table

ANSWERS = ["the cat sat on the mat today", "a dog barks loudly at night", "no"]
REFERENCES = [
    ["the cat sat on a mat today", "today the cat sat on the mat"],
    ["a dog barks at night"],
    ["no", "nope", "not"],
]


def test_bleu_and_chrf_are_those_of_sacrebleu() -> None:
    columns = [[one[k] if k < len(one) else None for one in REFERENCES] for k in range(3)]
    found = figures_of_translations(ANSWERS, REFERENCES)
    assert found["bleu"] == pytest.approx(corpus_bleu(ANSWERS, columns).score)
    assert found["chrf"] == pytest.approx(corpus_chrf(ANSWERS, columns).score)
    assert found["exact"] == pytest.approx(1 / 3)
    assert found["edits"] == pytest.approx((2 + 7) / (26 + 20 + 2), abs=0.03)


def test_parts_by_length_go_from_short_to_long() -> None:
    parts = by_length([7, 6, 1], ANSWERS, REFERENCES, parts=3)
    assert [part["length"] for part in parts] == [1, 6, 7]
    assert parts[0]["exact"] == 1


def test_model_1_is_the_loop_over_the_published_formula() -> None:
    sources, targets = ["the house", "the book", "a book"], ["das Haus", "das Buch", "ein Buch"]
    t = {(e, f): 1.0 for e in ["the", "house", "book", "a"] for f in ["das", "Haus", "Buch", "ein"]}
    for _ in range(5):
        counts: dict[tuple[str, str], float] = {}
        for source, target in zip(sources, targets, strict=True):
            for f in target.split():
                total = sum(t[e, f] for e in source.split())
                for e in source.split():
                    counts[e, f] = counts.get((e, f), 0) + t[e, f] / total
        totals: dict[str, float] = {}
        for (e, _), count in counts.items():
            totals[e] = totals.get(e, 0) + count
        t = {(e, f): counts.get((e, f), 0) / totals[e] for e, f in t}
    best = {e: max(["das", "Haus", "Buch", "ein"], key=lambda f: t[e, f]) for e in ["the", "house", "book", "a"]}
    assert word_table(sources, targets) == best
    assert translated(best, "a new house") == "ein new Haus"
    assert word_table([" "], [" "]) == {}
