"""Learn from sequences: one protocol for every recurrence, from the file to the trained, streamed model."""

from __future__ import annotations

from seqloom.lazy import lazily

TYPE_CHECKING = False  # that of typing, without its import: the command line begins here
if TYPE_CHECKING:
    from seqloom.decoding.settings import BeamSearch, Sampling
    from seqloom.tasks import (
        Captioner,
        Classifier,
        Forecaster,
        LanguageModel,
        MusicEventModel,
        MusicModel,
        Recognizer,
        Regressor,
        Seq2Seq,
        Tagger,
    )
    from seqloom.tasks.registry import load
    from seqloom.training.settings import TrainingSettings

__all__ = [
    "BeamSearch",
    "Captioner",
    "Classifier",
    "Forecaster",
    "LanguageModel",
    "MusicEventModel",
    "MusicModel",
    "Recognizer",
    "Regressor",
    "Sampling",
    "Seq2Seq",
    "Tagger",
    "TrainingSettings",
    "__version__",
    "load",
]

__version__ = "0.1.0"

__getattr__, __dir__ = lazily(
    __name__,
    {
        "BeamSearch": "seqloom.decoding.settings",
        "Captioner": "seqloom.tasks",
        "Classifier": "seqloom.tasks",
        "Forecaster": "seqloom.tasks",
        "LanguageModel": "seqloom.tasks",
        "MusicEventModel": "seqloom.tasks",
        "MusicModel": "seqloom.tasks",
        "Recognizer": "seqloom.tasks",
        "Regressor": "seqloom.tasks",
        "Seq2Seq": "seqloom.tasks",
        "Sampling": "seqloom.decoding.settings",
        "Tagger": "seqloom.tasks",
        "TrainingSettings": "seqloom.training.settings",
        "load": "seqloom.tasks.registry",
    },
)
