"""The settings of a classifier; light, for the command line."""

from dataclasses import dataclass
from typing import Annotated, Literal

from seqloom.settings import SHARE, Section
from seqloom.tasks.measures.thresholds import ThresholdRule
from seqloom.tasks.sequences.settings import SequenceSettings

__all__ = ["ClassifierSettings"]

_CLASSES = Section("Classes")


@dataclass(frozen=True)
class ClassifierSettings(SequenceSettings):
    """See :class:`seqloom.tasks.classification.classifier.Classifier`, whose arguments these are.

    >>> ClassifierSettings(class_weights="balance")
    Traceback (most recent call last):
    ...
    seqloom.errors.UsageError: 1 problem in the classifier:
      class_weights: expected one of none, balanced, sqrt, got 'balance'. Did you mean 'balanced'?
    """

    title = "the classifier"
    may_change = (*SequenceSettings.may_change, "class_weights", "label_smoothing", "threshold")

    class_weights: Annotated[
        Literal["none", "balanced", "sqrt"],
        "What an example counts: 1; or 1 / n of its class; or 1 / √n.",
        _CLASSES,
    ] = "sqrt"
    label_smoothing: Annotated[float | None, SHARE, "Share of a target that all classes have alike.", _CLASSES] = None
    threshold: Annotated[
        float | str | None,
        ThresholdRule(),
        "From which probability on a row is of the second of two classes, or has a label (default: the likelier).",
        _CLASSES,
    ] = None
