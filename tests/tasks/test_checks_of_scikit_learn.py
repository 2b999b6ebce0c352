"""scikit-learn's own checks, over 2-D arrays that are read as series of one channel and equal length."""

from __future__ import annotations

import warnings
from typing import Any
from unittest import SkipTest

import pytest

from seqloom.tasks.classification.classifier import Classifier
from seqloom.tasks.regression.regressor import Regressor

LENGTHS = "series of other lengths than those learned from are read: there is no number of features"
WORDS = "what cannot be is refused, in words of our own"
OTHERWISE = {
    "check_n_features_in_after_fitting": LENGTHS,
    "check_n_features_in": LENGTHS,
    "check_estimators_unfitted": "our NotFittedError has the same bases; theirs would have to be imported first",
    "check_estimators_empty_data_messages": WORDS,
    "check_fit2d_1sample": WORDS,
    "check_dtype_object": "a row of objects that are no numbers is a DataError, not a TypeError",
    "check_supervised_y_2d": "a target with a second axis is refused, not made flat with a warning",
}
"""What scikit-learn asks of both and we do otherwise, each with the reason."""
OF_CLASSIFIERS = {"check_classifiers_train": LENGTHS, "check_complex_data": WORDS}


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "otherwise"), [(Classifier, OTHERWISE | OF_CLASSIFIERS), (Regressor, OTHERWISE)])
def test_every_check_passes_or_we_say_why_not(kind: Any, otherwise: dict[str, str]) -> None:
    from sklearn.utils.estimator_checks import estimator_checks_generator

    model = kind("elman(8) + pool(last)", training={"epochs": 20, "device": "cpu", "learning_rate": 0.02})
    failed: dict[str, str] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for one, check in estimator_checks_generator(model, legacy=True):
            try:
                check(one)
            except (AssertionError, TypeError, ValueError, AttributeError) as error:
                failed[getattr(check, "func", check).__name__] = str(error)
            except SkipTest:  # of another array library, which is not installed
                continue
    assert set(failed) == set(otherwise), {name: failed.get(name) for name in set(failed) ^ set(otherwise)}
