"""What scikit-learn has for estimators works with ours, over texts and pairs of words of any length."""

from __future__ import annotations

from functools import partial
from io import BytesIO
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    validation_curve,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from seqloom.tasks.regression.regressor import Regressor
from tests.tasks.conftest import small
from tests.tasks.test_laws import BRIEF, LENGTHY, RAGGED, TEXTS, TRIALS, classifier, ranker

PAIRS, FIRST = list(TRIALS["ranker"].X), list(TRIALS["ranker"].y or ())
RATES = [0.01, 0.1]
CASES = {"texts": (lambda: small(steps=2), TEXTS, None), "pairs": (ranker, PAIRS, FIRST)}
SIGNS = ["+", "-"] * 12


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Any:
    make, X, y = CASES[request.param]
    return make(), X, y


def test_cross_validation(case: Any) -> None:
    model, X, y = case
    assert np.isfinite(cross_val_score(model, X, y, cv=3)).all()
    found = cross_validate(model, X, y, cv=2, return_train_score=True, return_estimator=True, error_score="raise")
    assert found["estimator"][0].score(X, y) == found["estimator"][0].score(X, y)


def test_searches_find_the_best_settings_of_training(case: Any) -> None:
    model, X, y = case
    search = GridSearchCV if y else partial(RandomizedSearchCV, n_iter=2)
    found = search(model, {"training__learning_rate": RATES}, cv=2, error_score="raise").fit(X, y)
    assert found.best_estimator_.training.learning_rate == found.best_params_["training__learning_rate"]
    assert found.score(X, y) == found.best_estimator_.score(X, y)
    assert "learning_rate" in found._repr_html_()


def test_curves(case: Any) -> None:
    model, X, y = case
    sizes, *scores = learning_curve(model, X, y, cv=2, train_sizes=[0.8, 1.0], error_score="raise")
    assert len(sizes) == 2
    scores += validation_curve(
        model, X, y, param_name="training__learning_rate", param_range=RATES, cv=2, error_score="raise"
    )
    assert all(np.isfinite(score).all() for score in scores)


def test_pipelines_and_searches_over_them(case: Any) -> None:
    model, X, y = case
    pipeline = make_pipeline(FunctionTransformer(lower), clone(model)).fit(X, y)
    assert np.isfinite(pipeline.score(X, y))
    name = f"{type(model).__name__.lower()}__training__learning_rate"
    found = GridSearchCV(pipeline, {name: RATES}, cv=2, error_score="raise").fit(X, y)
    assert set(found.best_params_) == {name}
    assert "learning_rate" in repr(found) + found._repr_html_()


def test_a_classifier_is_known_as_one() -> None:
    assert is_classifier(ranker())
    assert not is_classifier(small())
    scores = cross_val_score(ranker(), PAIRS, FIRST, cv=StratifiedKFold(2), scoring="accuracy", error_score="raise")
    answers = cross_val_predict(ranker(), PAIRS, FIRST, cv=2)
    assert len(scores) == 2
    assert set(answers) <= {0, 1}


@pytest.mark.parametrize("X", [LENGTHY, pytest.param(RAGGED, marks=pytest.mark.slow)], ids=["texts", "series"])
def test_scorers_and_answers_of_a_classifier(X: Any) -> None:
    scoring = ("accuracy", "f1_macro", "neg_log_loss", "roc_auc")
    found = cross_validate(classifier(), X, SIGNS, cv=2, scoring=scoring, error_score="raise")
    assert all(np.isfinite(found[f"test_{name}"]).all() for name in scoring)
    assert cross_val_predict(classifier(), X, SIGNS, cv=2, method="predict_proba").shape == (24, 2)
    search = GridSearchCV(classifier(), {"training__learning_rate": RATES}, cv=2, error_score="raise").fit(X, SIGNS)
    best = search.best_params_["training__learning_rate"]
    assert search.best_estimator_.training == {**BRIEF, "learning_rate": best}
    assert list(search.classes_) == ["+", "-"]
    together = VotingClassifier([("a", classifier()), ("b", classifier("gru(4) + pool(last)"))], voting="soft")
    assert set(together.fit(X, SIGNS).predict(X)) <= {"+", "-"}


@pytest.mark.parametrize("library", ["pandas", pytest.param("polars", marks=pytest.mark.slow)])
def test_columns_of_frames_are_values(library: str) -> None:
    frames = pytest.importorskip(library)
    table = frames.DataFrame({"text": LENGTHY, "mood": SIGNS, "first": [0.5] * 24, "second": [1.0] * 24})
    table = table.iloc[::-1] if library == "pandas" else table.reverse()
    wanted = classifier().fit(LENGTHY[::-1], SIGNS[::-1]).predict_proba(LENGTHY)
    for X in (table["text"], table[["text"]]):
        assert np.array_equal(classifier().fit(X, table["mood"]).predict_proba(LENGTHY), wanted)
    numbers = table[["first", "second"]]
    assert classifier().fit(numbers, table["mood"]).predict(numbers).shape == (24,)
    assert len(cross_val_score(classifier(), table["text"], table["mood"], cv=2, error_score="raise")) == 2


def test_scorers_of_a_regressor() -> None:
    numbers, model = [float(row.sum()) for row in RAGGED], Regressor("gru(4) + pool(mean)", training=BRIEF)
    scoring = ("r2", "neg_mean_absolute_error")
    found = cross_validate(model, RAGGED, numbers, cv=2, scoring=scoring, error_score="raise")
    assert all(np.isfinite(found[f"test_{name}"]).all() for name in scoring)
    scaled = TransformedTargetRegressor(model, func=np.arcsinh, inverse_func=np.sinh)
    assert scaled.fit(RAGGED, numbers).predict(RAGGED).shape == (24,)


def test_joblib_keeps_a_fitted_model(case: Any) -> None:
    model, X, y = case
    file = BytesIO()
    joblib.dump(model.fit(X, y), file)
    file.seek(0)
    assert joblib.load(file).score(X, y) == model.score(X, y)


@pytest.mark.slow
def test_two_processes_search_as_one_does(case: Any) -> None:
    model, X, y = case
    found = [
        GridSearchCV(model, {"training__learning_rate": RATES}, cv=2, n_jobs=jobs, error_score="raise").fit(X, y)
        for jobs in (1, 2)
    ]
    for name in ("split0_test_score", "split1_test_score"):
        assert found[0].cv_results_[name] == pytest.approx(found[1].cv_results_[name], rel=1e-4)


def lower(texts: list[str]) -> list[str]:
    return [text.lower() for text in texts]
