from __future__ import annotations

import itertools
import random

import pytest

from seqloom.data.text.spoken import spoken, tidy
from seqloom.tasks.measures.edit_distance import (
    Edits,
    character_error_rate,
    confused,
    edits_of,
    figures_of_transcripts,
    marked,
    word_error_rate,
)


def fewest(true: tuple[str, ...], found: tuple[str, ...]) -> int:
    """By trying every way to keep some items in order."""
    best = len(true) + len(found)
    for size in range(min(len(true), len(found)) + 1):
        for a in itertools.combinations(range(len(true)), size):
            for b in itertools.combinations(range(len(found)), size):
                cost = len(true) + len(found) - 2 * size
                best = min(best, cost + sum(true[i] != found[j] for i, j in zip(a, b, strict=True)))
    return best


def random_pairs(count: int) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    drawn = random.Random(0)
    words = [tuple(drawn.choice("abc") for _ in range(drawn.randrange(6))) for _ in range(2 * count)]
    return list(zip(words[::2], words[1::2], strict=True))


def test_edits_are_the_fewest_there_are() -> None:
    for true, found in random_pairs(100):
        edits = edits_of([true], [found])
        assert edits.substitutions + edits.insertions + edits.deletions == fewest(true, found)
        assert edits.right + edits.substitutions + edits.deletions == len(true)
        assert edits.right + edits.substitutions + edits.insertions == len(found)


def test_rates_are_of_all_texts_together() -> None:
    pairs = random_pairs(50)
    true, found = ([" ".join(one) for one in side] for side in zip(*pairs, strict=True))
    total = sum(len(one) for one, _ in pairs)
    assert word_error_rate(true, found) == sum(fewest(*pair) for pair in pairs) / total
    figures = figures_of_transcripts(true, found)
    assert figures["word_error_rate"] == word_error_rate(true, found)
    assert figures["character_error_rate"] == character_error_rate(true, found)
    kinds = sum(figures[name] for name in ("substitutions", "insertions", "deletions"))
    assert kinds == pytest.approx(figures["word_error_rate"])
    assert figures["exact"] == sum(a == b for a, b in pairs) / 50


def test_texts_without_a_word() -> None:
    assert word_error_rate([""], [""]) == 0.0
    assert word_error_rate(["", "a b"], ["c", ""]) == 1.5
    assert edits_of([], []) == Edits(0, 0, 0, 0)
    assert Edits(0, 0, 2, 0).rate == 2.0


def test_marks_give_both_texts_back() -> None:
    for true, found in random_pairs(100):
        words = marked(" ".join(true), " ".join(found)).split()
        assert sum(word.startswith("**") for word in words) == fewest(true, found)
        pairs = [parted(word) for word in words]
        assert tuple(a for a, _ in pairs if a) == true
        assert tuple(b for _, b in pairs if b) == found


def parted(word: str) -> tuple[str, str]:
    """What is true and what was found, by a word with its mark."""
    if not word.startswith("**"):
        return word, word
    inner = word[2:-2]
    if inner.startswith("+"):
        return "", inner[1:]
    if inner.startswith("−"):
        return inner[1:], ""
    true, _, found = inner.partition("→")
    return true, found


def test_the_commonest_errors_come_first() -> None:
    true, found = ["nine one", "nine", "two two", "five"], ["five one", "five", "two", "five oh"]
    assert confused(true, found, most=2)[0] == ("nine", "five", 2)
    assert sorted(confused(true, found)) == [("", "oh", 1), ("nine", "five", 2), ("two", "", 1)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hello, World!", "hello world"),
        ("don't 'quote' me", "don't quote me"),
        ("L’été\u00a0– ça   va?", "l'été ça va"),
        ("1,000.5 km (ca.)", "1,000.5 km ca"),
        ("snake_case re-do", "snake case re do"),
        ("हिन्दी।", "हिन्दी"),
        ("...", ""),
    ],
)
def test_what_a_text_sounds_like(text: str, said: str) -> None:
    assert spoken(text) == said
    assert spoken(said) == said


def test_composed_and_decomposed_letters_are_the_same() -> None:
    assert tidy("gru\u0308n") == "grün"
    assert spoken("GRU\u0308N") == "grün"
