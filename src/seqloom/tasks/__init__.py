"""Estimators: one for each task that a user has."""

from seqloom.tasks.estimator import Estimator, NotFittedError
from seqloom.tasks.evaluation import Evaluation
from seqloom.tasks.generation import Beam
from seqloom.tasks.language_model import LanguageModel
from seqloom.tasks.text_score import TextScore
from seqloom.tasks.writing import Ending, Writing

__all__ = ["Beam", "Ending", "Estimator", "Evaluation", "LanguageModel", "NotFittedError", "TextScore", "Writing"]
