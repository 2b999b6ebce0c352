"""The settings of a regressor; light, for the command line."""

from dataclasses import dataclass
from typing import Annotated, Literal

from seqloom.settings import Section
from seqloom.tasks.sequences.settings import SequenceSettings

__all__ = ["RegressorSettings"]


@dataclass(frozen=True)
class RegressorSettings(SequenceSettings):
    """See :class:`seqloom.tasks.regression.regressor.Regressor`, whose arguments these are."""

    title = "the regressor"
    may_change = (*SequenceSettings.may_change, "loss")

    loss: Annotated[
        Literal["squared", "huber"],
        "What is minimised: the squared error, or one that outliers weigh less in.",
        Section("Training"),
    ] = "squared"
