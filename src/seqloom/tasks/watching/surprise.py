"""How surprising one step of a stream is: what every model says that predicts its own input."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Observed", "Surprise", "SurpriseStream"]

Floats = NDArray[np.float64]


def _nothing() -> Floats:
    return np.zeros(0)


@final
@dataclass(frozen=True, eq=False)
class Surprise:
    """``nats`` = −ln p(step | all before it), the sum over ``parts``, as the tokens of a line are.

    Where the step is D numbers, ``residuals`` (D,) are signed and N(0, 1) where the model is right, ``moves`` (D,) are
    the distances from the step before, in any fixed unit, and ``values`` (D,) what came; NaN where one is missing. A
    step that is not ``settled`` came before the model had read enough to be judged.
    """

    nats: float
    parts: int = 1
    residuals: Floats = field(default_factory=_nothing)
    moves: Floats = field(default_factory=_nothing)
    values: Floats = field(default_factory=_nothing)
    settled: bool = True


class Observed(NamedTuple):
    """A step of a line of text: what it is called, and its surprise, None where nothing could be scored."""

    label: str
    surprise: Surprise | None


class SurpriseStream(ABC):
    """``stream.push(step)``: how surprising one more step is, given all that came before it."""

    columns: Sequence[str] = ()
    """The names (D,) of the numbers of a step."""

    @abstractmethod
    def push(self, observation: Any, *args: Any, **kwargs: Any) -> Surprise | None:
        """Read one step; None where nothing can be scored: the first step of a series, or a missing one. What else a
        step has, as its moment, a stream may take beside it."""

    @abstractmethod
    def line(self, text: str) -> list[Observed]:
        """Read a line of a file: the steps in it, none in the names of columns. DataError for what cannot be read."""

    @abstractmethod
    def reset(self) -> None:
        """Begin another sequence."""
