"""An estimator under test, and how what it says is compared."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seqloom.errors import DataError, UsageError

__all__ = ["Trial", "agree", "chosen", "error_of", "refusal"]


@dataclass(frozen=True)
class Trial:
    """An estimator under test: ``make`` gives one that has learned nothing, ``X`` and ``y`` what it learns from.

    Sequences of different lengths, of which it learns in a moment; at least five rows. What is compared is what the
    method ``asks`` says of the rows, one answer each (None: ``predict_proba`` where there is one, else ``predict``).
    ``exempt`` names laws that do not apply, each with the reason.
    """

    make: Callable[[], Any]
    X: Sequence[Any]
    y: Sequence[Any] | None = None
    asks: str | None = None
    exempt: Mapping[str, str] = field(default_factory=dict)

    def fit(self, model: Any, **more: Any) -> Any:
        """``model`` once it has learned from all rows."""
        return model.fit(self.X, self.y, **more)

    def answers(self, model: Any, X: Sequence[Any] | None = None) -> Any:
        """What a fitted model says of each row of ``X``, by default of those that it learned from."""
        asks = self.asks or ("predict_proba" if hasattr(model, "predict_proba") else "predict")
        return getattr(model, asks)(self.X if X is None else X)


def chosen(rows: Any, places: Sequence[int]) -> list[Any]:
    """Some of the rows, in this order."""
    return [rows[place] for place in places]


def agree(found: Any, wanted: Any, tolerance: float = 0.0) -> bool:
    """Whether two answers are the same: words and shapes as they are, numbers within a relative ``tolerance``.

    >>> agree([["a"], [1.0, 2.0]], [["a"], [1.0, 2.0 + 1e-9]], tolerance=1e-6)
    True
    >>> agree([1, 2], [1])
    False
    """
    if isinstance(wanted, str | bytes) or wanted is None:
        return bool(found == wanted)
    if isinstance(wanted, Mapping):
        return list(found) == list(wanted) and all(agree(found[key], wanted[key], tolerance) for key in wanted)
    if hasattr(wanted, "tolist"):
        return agree(np.asarray(found).tolist(), wanted.tolist(), tolerance)
    if isinstance(wanted, Sequence):
        return len(found) == len(wanted) and all(agree(a, b, tolerance) for a, b in zip(found, wanted, strict=True))
    if isinstance(wanted, float):
        return math.isclose(found, wanted, rel_tol=tolerance, abs_tol=tolerance) or (
            found != found and wanted != wanted
        )
    return bool(found == wanted)


def error_of(work: Callable[..., Any], *arguments: Any) -> Exception | None:
    """The error that a call raises, if any."""
    try:
        work(*arguments)
    except Exception as error:
        return error
    return None


def refusal(what: str, work: Callable[..., Any], *arguments: Any) -> str:
    """The words in which a call is refused; AssertionError unless they are meant for its user."""
    error = error_of(work, *arguments)
    assert error is not None, f"{what}: it is not refused"
    assert isinstance(error, DataError | UsageError), f"{what}: expected DataError or UsageError, got {error!r}"
    return str(error)
