from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from seqloom.errors import ModelFileError
from seqloom.tasks.measures import (
    baseline_files,
    baselines,
    baselines_of_classes,
    baselines_of_labels,
    baselines_of_numbers,
    features,
    read_baselines,
)
from seqloom.tasks.measures.features import Summary, Terms

GOOD, BAD = ["a fine film", "fine acting, and fun", "fun for all"], ["a dull film", "dull, and long", "long and bad!"]
TEXTS, MOODS = GOOD + BAD, ["good"] * 3 + ["bad"] * 3
CLASSES = ["bad", "good"]


def series(rows: int = 40, channels: int = 2) -> tuple[list[torch.Tensor], list[str], list[float]]:
    """Ragged ones, that rise or fall; the number is where they begin."""
    draw = np.random.default_rng(0)
    X, labels, numbers = [], [], []
    for row in range(rows):
        time = np.arange(draw.integers(3, 9))
        slope, start = (1.0 if row % 2 else -1.0), draw.normal()
        values = start + slope * time + 0.1 * draw.normal(size=len(time))
        X.append(torch.tensor(np.stack([values] * channels, axis=1), dtype=torch.float32))
        labels.append("up" if row % 2 else "down")
        numbers.append(float(values.mean()))
    return X, labels, numbers


def test_the_majority_is_scikit_learns() -> None:
    constant, _ = baselines_of_classes(TEXTS[:5], MOODS[:5], CLASSES)
    wanted = DummyClassifier(strategy="prior").fit(TEXTS[:5], MOODS[:5]).predict_proba(["any", "thing"])
    assert constant.name == "majority"
    assert constant.answers(["any", "thing"]) == pytest.approx(wanted)


def test_words_and_letters_with_logistic_regression_are_scikit_learns() -> None:
    _, found = baselines_of_classes(TEXTS, MOODS, CLASSES)
    vectors = make_union(
        TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\w+|[^\w\s]", sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True),
    )
    wanted = make_pipeline(vectors, LogisticRegression(C=5.0, tol=1e-3, max_iter=200)).fit(TEXTS, MOODS)
    new = ["a fun film", "unseen words", "bad"]
    assert found.name == "TF-IDF + logistic regression"
    assert found.answers(new) == pytest.approx(wanted.predict_proba(new), abs=1e-5)
    assert found.answers([text.split() for text in new]) == pytest.approx(found.answers(new))


def test_letters_are_looked_at_in_texts_of_few_words() -> None:
    assert set(Terms.fit(["Smith", "van der Berg"]).terms) == {"word", "char"}
    assert set(Terms.fit(["it has more words than four", "and so has this one"]).terms) == {"word"}


def test_three_classes_and_one_that_never_came() -> None:
    names = ["bad", "good", "ugly", "unseen"]
    _, found = baselines_of_classes([*TEXTS, "ugly", "ugly film"], [*MOODS, "ugly", "ugly"], names)
    p = found.answers(TEXTS)
    assert p.argmax(1).tolist() == [1] * 3 + [0] * 3
    assert p.sum(1) == pytest.approx(np.ones(6))
    assert (p[:, 3] > 0).all()
    assert (p[:, 3] < 0.1).all()


def test_series_are_seen_by_means_deviations_and_slopes() -> None:
    X, labels, numbers = series()
    x = X[0].double().numpy()
    wanted = [*x.mean(0), *x.std(0), *np.polyfit(range(len(x)), x, 1)[0], np.log(len(x))]
    assert Summary().of(X[:1])[0] == pytest.approx(wanted)
    assert Summary().of([[1.0, 2.0], [3.0]]).shape == (2, 4)
    _, line = baselines_of_classes(X[:30], labels[:30], ["down", "up"])
    assert line.name == "logistic regression on means, deviations, slopes"
    seen = make_pipeline(StandardScaler(), LogisticRegression(C=5.0, tol=1e-3, max_iter=200))
    seen.fit(Summary().of(X[:30]), labels[:30])
    assert line.answers(X[30:]) == pytest.approx(seen.predict_proba(Summary().of(X[30:])), abs=1e-4)
    mean, ridge = baselines_of_numbers(X[:30], numbers[:30])
    assert mean.answers(X[:2]) == pytest.approx([np.mean(numbers[:30])] * 2)
    seen = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-4, 4, 9))).fit(Summary().of(X[:30]), numbers[:30])
    assert ridge.answers(X[30:]) == pytest.approx(seen.predict(Summary().of(X[30:])), abs=1e-4)


def test_texts_with_a_number_each() -> None:
    _, ridge = baselines_of_numbers(TEXTS, [5.0, 4.0, 4.5, 1.0, 2.0, 1.5])
    assert ridge.name == "TF-IDF + ridge regression"
    good, bad = ridge.answers(["a fine film", "dull and long"])
    assert good > 3 > bad


def test_several_labels() -> None:
    there = [["good"], ["good", "long"], ["good"], [], ["long"], ["long"]]
    shares, found = baselines_of_labels(TEXTS, there, ["good", "long", "never"])
    assert shares.answers(["any"])[0] == pytest.approx([0.5, 0.5, 1 / 12])
    p = found.answers(["a fine film", "long and bad!"])
    assert (p[0, 0] > 0.5 > p[1, 0], p[1, 1] > 0.5 > p[0, 1], p[0, 2]) == (True, True, pytest.approx(1 / 12))


@pytest.mark.parametrize(
    "find",
    [
        lambda: baselines_of_classes(TEXTS[:3], MOODS[:3], CLASSES),
        lambda: baselines_of_labels(TEXTS, [["good"]] * 6, ["good"]),
        lambda: baselines_of_numbers(TEXTS, [1.0] * 6),
    ],
)
def test_where_there_is_nothing_to_tell_apart_there_is_the_constant_only(find: Any) -> None:
    (constant,) = find()
    assert np.isfinite(constant.answers(TEXTS)).all()


def test_texts_without_a_word() -> None:
    _, found = baselines_of_classes([" ", "…", "a", "b"], ["x", "y", "x", "y"], ["x", "y"])
    assert np.isfinite(found.answers([" ", "", "a"])).all()
    assert len(baselines_of_classes([" ", "  "], ["x", "y"], ["x", "y"])) == 1


def test_a_directory_keeps_them_as_plain_data() -> None:
    X, labels, numbers = series()
    for found, rows in (
        (baselines_of_classes(TEXTS, MOODS, CLASSES), TEXTS),
        (baselines_of_classes(X, labels, ["down", "up"]), X),
        (baselines_of_labels(TEXTS, [[mood] for mood in MOODS], CLASSES), TEXTS),
        (baselines_of_numbers(X, numbers), X),
    ):
        files = baseline_files(found)
        again = read_baselines(files)
        assert set(files) == {"baselines.json", "baselines.safetensors"}
        assert [one.name for one in again] == [one.name for one in found]
        for one, other in zip(found, again, strict=True):
            assert np.array_equal(one.answers(rows), other.answers(rows))
    assert read_baselines({}) == []
    for damage in ({"baselines.json": b"[{}]"}, {"baselines.json": b"{"}, {"baselines.safetensors": b""}):
        with pytest.raises(ModelFileError, match=r"baselines.json is damaged"):
            read_baselines(files | damage)


def test_rows_are_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    for found in baselines_of_classes(TEXTS, MOODS, CLASSES):
        whole = found.answers(TEXTS)
        with monkeypatch.context() as smaller:
            smaller.setattr(baselines, "_PIECE", 4)
            assert np.array_equal(found.answers(TEXTS), whole)


def test_size_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "MOST_ROWS", 4)
    seen = []
    monkeypatch.setattr(Terms, "fit", classmethod(lambda cls, texts: seen.append(len(texts)) or cls({}, {})))
    for find, y in ((baselines_of_classes, MOODS * 5), (baselines_of_labels, [[mood] for mood in MOODS * 5])):
        find(TEXTS * 5, y, CLASSES)
    baselines_of_numbers(TEXTS * 5, list(range(30)))
    assert seen == [4, 4, 4]
    monkeypatch.setattr(baselines, "MOST_CHARACTERS", 3 * max(map(len, TEXTS)))
    monkeypatch.setattr(baselines, "MOST_ROWS", 30)
    baselines_of_numbers(TEXTS * 5, list(range(30)))
    assert 3 <= seen[-1] < 10
    monkeypatch.undo()
    assert Terms.fit(["a " * 15_000 + "zebra", "ab"]).of(["zebra"])[:, :3].nnz == 0


def test_terms_are_counted_in_some_texts_where_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{'good' if row % 2 else 'bad'} film {row}" for row in range(400)]
    every = Terms.fit(texts)
    monkeypatch.setattr(features, "COUNTED", sum(map(len, texts)) // 8)
    some = Terms.fit(texts)
    assert {"good", "bad", "film"} <= {*some.terms["word"]} < {*every.terms["word"]}
    assert len(some.terms["word"]) < len(every.terms["word"]) / 4
    found = baselines_of_classes(texts, ["+-"[row % 2] for row in range(400)], ["+", "-"])
    assert found[1].answers(["good film"]).round().tolist() == [[0, 1]]
