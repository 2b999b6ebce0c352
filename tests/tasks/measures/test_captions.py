"""Captions against several references: CIDEr written out anew, hand-made values, BLEU, exact match."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from seqloom.errors import DataError
from seqloom.tasks.measures.captions import Cider, bleu_of_words, caption_words, exact_match, figures_of_captions

WORDS = ["red", "blue", "ball", "box", "left", "of", "the", "a"]


def drawn(seed: int, pictures: int = 6) -> tuple[list[str], list[list[str]]]:
    draw = np.random.default_rng(seed)

    def one() -> str:
        return " ".join(draw.choice(WORDS, draw.integers(1, 9)))

    return [one() for _ in range(pictures)], [[one() for _ in range(draw.integers(1, 4))] for _ in range(pictures)]


def written_out(answers: list[str], references: list[list[str]], robust: bool) -> float:
    """Equations 1 to 4 of the paper on dense vectors: term frequency of the k-th n-gram over all of a caption, inverse
    document frequency over pictures, cosine, means over references and n; eq. 5 and 6 for CIDEr-D."""
    scores = np.zeros((len(answers), 4))
    for n in (1, 2, 3, 4):

        def grams(text: str, n: int = n) -> list[str]:
            words = text.split()
            return [" ".join(words[k : k + n]) for k in range(len(words) - n + 1)]

        vocabulary = sorted({gram for several in [answers, *references] for text in several for gram in grams(text)})
        has = np.array(
            [[any(gram in grams(text) for text in several) for gram in vocabulary] for several in references]
        )
        idf = np.log(len(references)) - np.log(np.maximum(1, has.sum(0)))

        def vector(
            text: str, vocabulary: list[str] = vocabulary, idf: np.ndarray = idf, grams: object = grams
        ) -> np.ndarray:
            return np.array([grams(text).count(gram) for gram in vocabulary]) * idf  # type: ignore[operator]

        for i, (answer, several) in enumerate(zip(answers, references, strict=True)):
            for reference in several:
                g, s = vector(answer), vector(reference)
                size = np.linalg.norm(g) * np.linalg.norm(s)
                if size > 0:
                    cosine = (np.minimum(g, s) if robust else g) @ s / size
                    apart = len(answer.split()) - len(reference.split())
                    scores[i, n - 1] += cosine * (math.exp(-(apart**2) / (2 * 6**2)) if robust else 1) / len(several)
    return float(10 * scores.mean())


@pytest.mark.parametrize("seed", range(8))
def test_cider_is_what_the_paper_writes(seed: int) -> None:
    answers, references = drawn(seed)
    found = figures_of_captions(answers, references)
    assert found["cider"] == pytest.approx(written_out(answers, references, robust=False), abs=1e-9)
    assert found["cider_d"] == pytest.approx(written_out(answers, references, robust=True), abs=1e-9)


def test_cider_by_hand() -> None:
    """Two pictures: 'a' is in both and counts nothing, each other word ln 2. Of 'a red ball' against 'a red box' one of
    two words with weight is shared; of phrases of two 'a red' of 'a red' and 'red ball': 1/2 each, of three none."""
    cider = Cider.of([["a red box"], ["a blue car"]])
    assert cider.plain("a red ball", ["a red box"]) == pytest.approx(10 / 4 * (1 / 2 + 1 / 2))


def test_repeating_a_word_pays_in_cider_alone() -> None:
    references = [["red ball on the grass"], ["blue box in the sky"], ["a car"]]
    cider = Cider.of(references)
    once, often = "red car", "red red red red car"
    assert cider.plain(often, references[0]) > cider.plain(once, references[0])
    assert cider.robust(often, references[0]) < cider.robust(once, references[0])


def test_a_perfect_answer_has_ten_and_a_foreign_one_none() -> None:
    references = [["the red ball lies left"], ["one blue box stands above"], ["two green cars drive on"]]
    perfect = figures_of_captions([one[0] for one in references], references)
    assert perfect["cider"] == pytest.approx(10)
    assert perfect["cider_d"] == pytest.approx(10)
    assert (perfect["bleu"], perfect["exact"]) == (pytest.approx(100), 1.0)
    foreign = figures_of_captions(["nothing alike here now"] * 3, references)
    assert foreign == {"cider": 0, "cider_d": 0, "bleu": pytest.approx(0, abs=1e-9), "exact": 0}


def test_more_of_a_caption_right_is_never_worse() -> None:
    references = [["a small red ball lies left of the box"], ["three dogs run"], ["the sun shines over a hill"]]
    cider = Cider.of(references)
    begun = [" ".join(references[0][0].split()[:k]) for k in range(1, 10)]
    values = [cider.robust(one, references[0]) for one in begun]
    assert all(one <= two for one, two in pairwise(values))


def test_bleu_is_sacrebleus_own_with_any_number_of_references() -> None:
    import sacrebleu

    answers, references = drawn(3)
    two = [[one[0], one[-1]] for one in references]
    columns = [[one[0] for one in two], [one[1] for one in two]]
    own = sacrebleu.corpus_bleu(answers, columns, tokenize="none", force=True)
    assert bleu_of_words(answers, two) == pytest.approx(own.score)
    assert bleu_of_words(answers, references) >= bleu_of_words(answers, [one[:1] for one in references])


def test_case_and_punctuation_do_not_count() -> None:
    assert caption_words("Two dogs -- running, fast!") == ["two", "dogs", "running", "fast"]
    assert exact_match(["A DOG.", "a cat"], [["no", "a dog"], ["a  cats"]]) == 0.5


def test_a_picture_without_references_is_named() -> None:
    with pytest.raises(DataError, match="picture 1 has none"):
        Cider.of([["a"], []])
