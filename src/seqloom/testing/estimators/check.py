"""The laws of estimators, each a function of a trial and a fitted model, and all of them as one check.

A model that passes can be searched over, cross-validated, piped, copied, pickled, saved and interrupted, and nothing
but what it learned from decides what it says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seqloom.testing.estimators import keeping, learning, manners, refusals
from seqloom.testing.estimators.trial import Trial

__all__ = ["ESTIMATOR_LAWS", "check_estimator"]


ESTIMATOR_LAWS: dict[str, Callable[[Trial, Any], None]] = {
    "the constructor stores": manners.check_constructor,
    "parameters are got and set": manners.check_parameters,
    "a clone has learned nothing": manners.check_clones,
    "the representation evaluates": manners.check_code,
    "scikit-learn's questions are answered": manners.check_manners,
    "before fit all is refused": manners.check_unfitted,
    "fit leaves its arguments alone": learning.check_arguments,
    "fit twice is fit once": learning.check_fit_again,
    "rows do not hear of each other": learning.check_rows,
    "the number of rows changes nothing": learning.check_batches,
    "pickle keeps everything": learning.check_pickle,
    "saved and loaded in a new process": keeping.check_saved,
    "missing values are refused": refusals.check_missing,
    "missing targets are refused": refusals.check_missing_targets,
    "no rows are refused": refusals.check_no_rows,
    "empty rows are refused": refusals.check_empty_rows,
    "targets of another number are refused": refusals.check_unequal,
    "killed and resumed is fit": keeping.check_killed,
}


def check_estimator(trial: Trial) -> None:
    """Raise AssertionError, naming the law, unless the estimator on trial obeys every law that it is not exempt from.

    The laws are those of scikit-learn, over sequences of any lengths: the constructor stores, ``get_params``,
    ``set_params`` and clones, a representation that evaluates, tags and signatures, methods before ``fit``, what
    ``fit`` leaves alone, ``fit`` twice as once; rows in any order, company and number; pickle; a model that is saved
    and read in a new process; refusals of what is missing, empty or of unequal length; and ``fit`` that is killed and
    resumed. Each is also in ``ESTIMATOR_LAWS``, by name, to be a test of its own: ``law(trial, fitted_model)``. Takes
    a few seconds for the two new processes. Raises ValueError for a name in ``exempt`` that is no law.

    >>> from seqloom import LanguageModel, TrainingSettings
    >>> training = TrainingSettings(steps=3, epochs=None, device="cpu")
    >>> texts = ["one", "three", "seven"] * 9
    >>> trial = Trial(lambda: LanguageModel("gru(4)", training=training), texts, asks="log_probabilities")
    >>> ESTIMATOR_LAWS["rows do not hear of each other"](trial, trial.fit(trial.make()))
    """
    if unknown := set(trial.exempt) - set(ESTIMATOR_LAWS):
        raise ValueError(f"exempt: no such laws: {sorted(unknown)}; there are {list(ESTIMATOR_LAWS)}.")
    model = trial.fit(trial.make())
    for name, law in ESTIMATOR_LAWS.items():
        if name not in trial.exempt:
            try:
                law(trial, model)
            except AssertionError as error:
                raise AssertionError(f"{name}: {error}") from error
