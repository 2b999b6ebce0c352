"""Estimators: one for each task that a user has. Each is imported when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqloom.lazy import lazily

if TYPE_CHECKING:
    from seqloom.tasks.captioning.captioner import Captioner
    from seqloom.tasks.classification.classifier import Classifier
    from seqloom.tasks.estimator import Estimator, NotFittedError
    from seqloom.tasks.forecasting.forecaster import Forecaster
    from seqloom.tasks.language.evaluation import Evaluation
    from seqloom.tasks.language.generation import Beam
    from seqloom.tasks.language.language_model import LanguageModel
    from seqloom.tasks.language.text_score import TextScore
    from seqloom.tasks.language.writing import Ending, Writing
    from seqloom.tasks.music.events.event_model import MusicEventModel
    from seqloom.tasks.music.music_model import MusicModel
    from seqloom.tasks.recognition.recognizer import Recognizer
    from seqloom.tasks.regression.regressor import Regressor
    from seqloom.tasks.tagging.tagger import Tagger
    from seqloom.tasks.translation.seq2seq import Seq2Seq

__all__ = [
    "Beam",
    "Captioner",
    "Classifier",
    "Ending",
    "Estimator",
    "Evaluation",
    "Forecaster",
    "LanguageModel",
    "MusicEventModel",
    "MusicModel",
    "NotFittedError",
    "Recognizer",
    "Regressor",
    "Seq2Seq",
    "Tagger",
    "TextScore",
    "Writing",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "Beam": "seqloom.tasks.language.generation",
        "Captioner": "seqloom.tasks.captioning.captioner",
        "Classifier": "seqloom.tasks.classification.classifier",
        "Ending": "seqloom.tasks.language.writing",
        "Estimator": "seqloom.tasks.estimator",
        "Evaluation": "seqloom.tasks.language.evaluation",
        "Forecaster": "seqloom.tasks.forecasting.forecaster",
        "LanguageModel": "seqloom.tasks.language.language_model",
        "MusicEventModel": "seqloom.tasks.music.events.event_model",
        "MusicModel": "seqloom.tasks.music.music_model",
        "NotFittedError": "seqloom.tasks.estimator",
        "Recognizer": "seqloom.tasks.recognition.recognizer",
        "Regressor": "seqloom.tasks.regression.regressor",
        "Seq2Seq": "seqloom.tasks.translation.seq2seq",
        "Tagger": "seqloom.tasks.tagging.tagger",
        "TextScore": "seqloom.tasks.language.text_score",
        "Writing": "seqloom.tasks.language.writing",
    },
)
