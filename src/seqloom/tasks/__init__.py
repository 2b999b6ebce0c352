"""Estimators: one for each task that a user has."""

from seqloom.tasks.estimator import Estimator, NotFittedError
from seqloom.tasks.evaluation import Evaluation
from seqloom.tasks.generation import Beam
from seqloom.tasks.language_model import LanguageModel

__all__ = ["Beam", "Estimator", "Evaluation", "LanguageModel", "NotFittedError"]
