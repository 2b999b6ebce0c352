"""What goes through a fit over examples: as users have them, as tensors, and what is learned of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from torch import Tensor, nn

from seqloom.data.padded import Targets, chosen
from seqloom.errors import UsageError
from seqloom.tasks.figures import Figures
from seqloom.tasks.rows import check_rows
from seqloom.training.log import History

if TYPE_CHECKING:
    from seqloom.tasks.examples import ExampleEstimator

__all__ = ["ROWS", "Examples", "Facts", "Fitted", "taken"]

ROWS = 64
"""Examples that are read at once where nothing is learned."""
Facts = dict[str, Any]
"""What is to be known of the data, ready for JSON."""


class Examples(NamedTuple):
    """Each input by name, tensors (T, …) of any length, and ``targets``: (N, …), one for each example, or a tensor
    (T, …) for each, one for each of its steps."""

    inputs: Mapping[str, Sequence[Tensor]]
    targets: Targets

    def rows(self, order: Sequence[int]) -> Examples:
        """Some of the examples, in this order."""
        inputs = {name: [rows[place] for place in order] for name, rows in self.inputs.items()}
        return Examples(inputs, chosen(self.targets, order))


class Fitted(NamedTuple):
    """What was learned. ``share`` of the examples was held out, None where others were. Until those are scored they
    are ``held_out``, with a ``remark`` on which they are and the figures of simple models, the ``baselines``."""

    module: nn.Module
    facts: Facts
    fingerprint: str
    share: float | None
    history: History | None = None
    validation: Figures | None = None
    held_out: Examples | None = None
    remark: str = ""
    baselines: Mapping[str, Mapping[str, float]] = {}


def taken(estimator: ExampleEstimator, X: Any, y: Any, targets: bool) -> tuple[Sequence[Any], Sequence[Any] | None]:
    """What the estimator reads of what a user gave, one item and target for each example.

    Raises DataError for rows and targets that are missing, empty or of unequal number, UsageError where ``targets`` are
    needed and there are none.
    """
    X, y = estimator._read(X, y)
    check_rows(X, y)
    if targets and y is None:
        raise UsageError("y: expected a target for each example, got None.")
    return X, y
