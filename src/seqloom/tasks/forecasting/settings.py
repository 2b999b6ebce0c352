"""The settings of a forecaster; light, for the command line."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated

from seqloom.choice import Choice
from seqloom.settings import COUNT, SHARE, Key, OneOf, Range, Section
from seqloom.tasks.examples.settings import ExampleSettings, without_pooling
from seqloom.tasks.tables.columns import Names

__all__ = ["DistributionKind", "ForecasterSettings", "HorizonBy"]

_STEPS = Range(least=1, most=1 << 14)
_MODEL, _COLUMNS = Section("Model"), Section("Columns")


class DistributionKind(Choice):
    """What a forecast is made of."""

    QUANTILES = "quantiles"
    GAUSSIAN = "gaussian"
    STUDENT_T = "student-t"


class HorizonBy(Choice):
    """How steps ahead are forecast."""

    DIRECT = "direct"
    """All of them at once."""
    RECURSIVE = "recursive"
    """One after another: what is said of one is read as if it had come."""


@dataclass(frozen=True)
class ForecasterSettings(ExampleSettings):
    """See :class:`seqloom.tasks.forecasting.forecaster.Forecaster`. What is None is picked by the data."""

    title = "the forecaster"

    spec: Annotated[str, "Layers that look back only.", _MODEL, Key("model")] = "gru(32)"
    horizon: Annotated[int | None, _STEPS, "Steps ahead that are forecast.", _MODEL] = None
    past: Annotated[int | None, _STEPS, "Steps that are read to learn from.", _MODEL] = None
    lags: Annotated[
        int | None, Range(least=0, most=1 << 12), "Last moves that a linear model reads; 0 for none.", _MODEL
    ] = None
    season: Annotated[int | None, _STEPS, "Steps after which things come again.", _MODEL] = None
    distribution: Annotated[DistributionKind, "What a forecast is made of.", _MODEL] = DistributionKind.QUANTILES
    horizon_by: Annotated[HorizonBy, "How steps ahead are forecast.", _MODEL] = HorizonBy.DIRECT
    logarithms: Annotated[bool | None, "Forecast the logarithms, for moves that grow with the level.", _MODEL] = None
    dropout: Annotated[float, SHARE, "Share of units dropped before the head in training.", _MODEL] = 0.3
    target: Annotated[str | None, Names(), "The columns to forecast, with commas between.", _COLUMNS] = None
    known: Annotated[str | None, Names(), "Columns that are known ahead, and read.", _COLUMNS] = None
    also: Annotated[str | None, Names(), "Columns that are read up to the present.", _COLUMNS] = None
    static: Annotated[str | None, Names(), "Columns that say what a series is, and are read.", _COLUMNS] = None
    time: Annotated[str | None, "The column that says when.", _COLUMNS] = None
    group: Annotated[str | None, "The column that says which series a row is of.", _COLUMNS] = None
    time_zone: Annotated[str | None, "Of the times, where clocks are put on and back.", _COLUMNS] = None
    encoding: Annotated[str | None, "Of the file, as Python names it: utf-8, cp1252, …", _COLUMNS] = None
    decimal: Annotated[str | None, OneOf((".", ",")), "What stands before decimals.", _COLUMNS] = None
    strict: Annotated[bool, "Refuse a file that would be repaired.", _COLUMNS] = False
    batch_size: Annotated[int | None, COUNT, "Windows of a batch.", Section("Training")] = field(  # type: ignore[assignment]
        default=None, kw_only=True
    )

    def conflicts(self) -> Iterator[str]:
        return without_pooling(self.spec, "a forecast is made at every step")
