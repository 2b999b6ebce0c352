"""Where each task errs: the costs are those that its figures are of."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from seqloom import Captioner, Classifier, LanguageModel, Recognizer, Regressor, Seq2Seq, Tagger
from seqloom.inspection.errors import Mistakes
from seqloom.inspection.errors.tokens import KNOWN_BETTER, KNOWN_TOO, MEMORY
from seqloom.tasks.examples.values import Given
from seqloom.tasks.inspecting.excerpts import excerpts
from seqloom.tasks.inspecting.mistakes import section

BRIEF = {"steps": 3, "epochs": None, "device": "cpu"}
TEXTS = ["a red cat", "the blue dog", "one cat", "a big blue cat and a dog"] * 6
SERIES = [np.random.default_rng(seed).normal(size=(9 + seed % 4, 2)).astype(np.float32) for seed in range(24)]
TAGS = [["T", "U", *"T" * len(t.split())][: len(t.split())] for t in TEXTS]
PICTURES = np.zeros((8, 8, 8, 1), np.uint8)
CASES: dict[str, tuple[Any, Any, Any]] = {
    "classes": (Classifier("gru(6)", tokens="words", training=BRIEF), TEXTS, ["x", "y", "y", "z"] * 6),
    "labels": (Classifier("gru(6)", tokens="words", training=BRIEF), TEXTS, [["x"], ["x", "y"], [], ["y"]] * 6),
    "numbers": (Regressor("lstm(6)", training=BRIEF), SERIES, [float(len(row)) for row in SERIES]),
    "tags of words": (Tagger("lstm(6)", training=BRIEF), [t.split() for t in TEXTS], TAGS),
    "tags of series": (Tagger("lstm(6)", training=BRIEF), SERIES, [["x"] * 4 + ["y"] * (len(s) - 4) for s in SERIES]),
    "pairs": (Seq2Seq("gru(6) -> luong(6)", embedding=6, training=BRIEF), TEXTS[:8], [t[::-1] for t in TEXTS[:8]]),
    "speech": (Recognizer("gru(6)", tokens="characters", training=BRIEF), SERIES[:8], ["a", "b a"] * 4),
    "captions": (Captioner("grid(4, cell=4) -> luong(6)", training=BRIEF), PICTURES, ["a dog", ["a cat", "cats"]] * 4),
}
FAST = ("classes", "numbers", "pairs")


def _mean(found: Mistakes) -> float:
    return float(found.breakdowns[0].costs.sum() / found.breakdowns[0].counts.sum())


def _expected(name: str, figures: Any) -> float | None:
    match name:
        case "classes":
            return figures["log_loss"]
        case "numbers":
            return figures["mean_absolute_error"]
        case "tags of words" | "tags of series":
            return 1 - figures["accuracy"]
    return None


@pytest.mark.parametrize("name", [pytest.param(one, marks=[pytest.mark.slow] * (one not in FAST)) for one in CASES])
def test_every_task_says_where_it_errs(name: str) -> None:
    pytest.importorskip("matplotlib")
    model, X, y = CASES[name]
    model = model.clone().fit(X, y, validation=0.0, progress=False)
    found = model.mistakes(X, y)
    for one in found.breakdowns:
        assert one.costs.sum() == pytest.approx(found.breakdowns[0].costs.sum())
    expected = _expected(name, model.evaluate(X, y).model)
    assert expected is None or _mean(found) == pytest.approx(expected, rel=1e-4)
    costs = [one.cost for one in found.worst]
    assert costs == sorted(costs, reverse=True)
    for one in found.worst:
        assert one.right != one.said or name in ("classes", "labels")
    shown = section(found, "seqloom inspect")
    assert all(shown.says)
    assert len(shown.shown) >= 2
    assert bool(found.reliable) == (name in ("classes", "labels"))


def test_nothing_is_said_where_nothing_says_what_is_right() -> None:
    model, X, y = CASES["classes"]
    assert model.clone().fit(X, y, validation=0.0, progress=False).mistakes(X) is None


def test_classes_that_are_new_are_left_out() -> None:
    model, X, y = CASES["classes"]
    found = model.clone().fit(X, y, validation=0.0, progress=False).mistakes(["a cat", "a dog"], ["x", "q"])
    assert found.breakdowns[0].names == ("x",)
    assert [one.number for one in found.worst] == [0]
    assert any("1 row of a class that is new" in line for line in found.says)
    assert not section(replace(found, breakdowns=(), worst=(), reliable={}), "").shown


def test_names_of_words_that_are_new() -> None:
    model, X, y = CASES["tags of words"]
    found = model.clone().fit(X, y, validation=0.0, progress=False).mistakes([["a", "zebra"]], [["T", "U"]])
    assert dict(zip(found.breakdowns[1].names, found.breakdowns[1].counts.tolist(), strict=True)) == {
        "known": 1,
        "new": 1,
    }


def _language_model() -> LanguageModel:
    return LanguageModel("lstm(12)", window=16, training={"epochs": 3, "learning_rate": 0.02, "device": "cpu"})


@pytest.mark.parametrize(
    "texts", [["one two. three 4 five! " * 40], ["one two", "three"] * 30], ids=["one text", "many texts"]
)
def test_the_loss_of_a_text_is_that_of_its_evaluation(texts: list[str]) -> None:
    model = _language_model().fit(texts, progress=False)
    found, whole = model.mistakes(texts), model.evaluate(texts)
    for one in found.breakdowns:
        assert one.counts.sum() == whole.tokens
        assert one.costs.sum() == pytest.approx(whole.nats, rel=1e-4)
        (name, sums), *_ = one.beside.items()
        assert sums.sum() / whole.tokens == pytest.approx(whole.baselines[name], rel=1e-4)
        assert whole.baselines[name] == min(whole.baselines.values())
    assert section(found, "").says


def test_what_n_grams_know_and_what_needs_memory() -> None:
    """Of "ab" again and again n-grams know all; what was said five signs before they cannot know."""
    model = _language_model().fit(["ab" * 300], progress=False)
    names = model.mistakes(["ab" * 50]).breakdowns[0].names
    assert set(names) <= {KNOWN_TOO, KNOWN_BETTER, MEMORY}
    assert KNOWN_TOO in names or KNOWN_BETTER in names


def test_a_word_is_rare_by_its_rarest_n_gram() -> None:
    from seqloom.inspection.errors.tokens import kinds_of_tokens, words_of_tokens
    from seqloom.tasks.language.baselines import Baselines
    from seqloom.tasks.language.mistakes import _rare

    learned, text = "the cat sat on the mat. " * 20 + "a quince. ", "the quince sat"
    signs = sorted({*learned})
    baselines = Baselines.fit([signs.index(one) for one in learned], len(signs))
    seen = baselines.seen([signs.index(one) for one in text])
    rare = _rare(words_of_tokens(kinds_of_tokens(list(text))), seen)
    assert "".join(sign for sign, one in zip(text, rare, strict=True) if one) == "quince"


def test_examples_are_called_by_their_names_in_the_folder() -> None:
    source = SimpleNamespace(names=["a.csv", "b.csv"])
    assert excerpts(Given(SERIES[:2], None, {}, source)) == ["a.csv", "b.csv"]
    assert excerpts(Given(SERIES[:1], None, {}, source)) == ["9 steps"]
    assert excerpts(Given(["x " * 90])) == [("x " * 90)[:99] + "…"]
