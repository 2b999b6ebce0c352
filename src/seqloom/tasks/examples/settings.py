"""The settings that every task over examples has, and what is asked of any ``fit``; light, for the command line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from seqloom.errors import UsageError
from seqloom.settings import COUNT, SHARE, Kind, Number, Section, Settings
from seqloom.training.settings import TrainingSettings

__all__ = ["ExampleSettings", "FitSettings", "without_pooling"]


def without_pooling(spec: str, why: str) -> Iterator[str]:
    """What conflicts in the words of a model that answers at every step: they are none, or they pool.

    >>> list(without_pooling("gru(4) + pool(mean)", "music goes on at every step"))
    ['spec: music goes on at every step. Leave pool(…) out.']
    """
    from seqloom.layers import parse_spec

    try:
        if parse_spec(spec).pooling is not None:
            yield f"spec: {why}. Leave pool(…) out."
    except UsageError as error:
        yield f"spec: {error}"


@dataclass(frozen=True, kw_only=True)
class ExampleSettings(Settings):
    """What an estimator over examples is made with, beside what is its own. Where its ``training`` is a mapping, that
    is what was given, and the rest is as the data suggest. ``may_change`` names those that are not of the model itself:
    a trained one can go on with others."""

    may_change: ClassVar[tuple[str, ...]] = ("batch_size", "training")

    batch_size: Annotated[int, COUNT, "Examples of a batch.", Section("Training")] = 32
    training: TrainingSettings = field(default_factory=TrainingSettings)


class ShareOrFile(Kind):
    """A share, or the path of a file. What is a number is no path.

    >>> ShareOrFile().take("held_out.txt"), ShareOrFile().parse("0.2")
    ('held_out.txt', 0.2)
    """

    metavar = "SHARE|FILE"
    expected = (f"a share {SHARE}, or a file",)

    def parse(self, text: str) -> float | str:
        return Number().parse(text)

    def take(self, value: object) -> float | str:
        return value if isinstance(value, str) and value.strip() else Number(SHARE).take(value)


@dataclass(frozen=True)
class FitSettings(Settings):
    """What is asked of ``fit`` beside the data."""

    validation: Annotated[
        float | str,
        ShareOrFile(),
        "What is held out to judge by: a share (default: 0.1), or a file.",
        Section("Data"),
    ] = 0.1
