"""What goes through a fit over examples: as users have them, as tensors, and what is learned of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from torch import Tensor, nn

from seqloom.data.lazy_rows import chosen_rows
from seqloom.data.padded import Padded, Targets, chosen
from seqloom.data.pairs import Pairs
from seqloom.data.pictures.captioned import Captioned
from seqloom.data.pictures.pictures import Pictures
from seqloom.data.series.recordings import Recordings
from seqloom.data.sounds.sounds import Sounds
from seqloom.data.tables.table import Table
from seqloom.errors import DataError, UsageError, did_you_mean, listed
from seqloom.tasks.examples.rows import check_rows
from seqloom.tasks.figures import Figures
from seqloom.training.log import History

if TYPE_CHECKING:
    from seqloom.tasks.examples.estimator import ExampleEstimator
    from seqloom.tasks.measures.baselines import Baseline

__all__ = ["MOST_STEPS", "ROWS", "Division", "Examples", "Facts", "Fitted", "Given", "HeldOut", "taken"]

ROWS = 64
"""Examples that are read at once where nothing is learned."""
MOST_STEPS = 1 << 16
"""Steps that are read at once: what is longer is read alone."""
Facts = dict[str, Any]
"""What is to be known of the data, ready for JSON."""


class Examples(NamedTuple):
    """Each input by name, tensors (T, …) of any length, and ``targets``: (N, …), one for each example, or a tensor
    (T, …) for each, one for each of its steps."""

    inputs: Mapping[str, Sequence[Tensor]]
    targets: Targets
    most_steps: int = MOST_STEPS
    """Of a batch, padding included."""

    def batches(self, rows: int = ROWS, seed: int | None = None) -> Padded:
        """So many at once, fewer where they are long; with a ``seed`` in another order for each epoch."""
        return Padded(self.inputs, self.targets, rows, seed, self.most_steps)

    def rows(self, order: Sequence[int]) -> Examples:
        """Some of the examples, in this order."""
        inputs = {name: chosen_rows(rows, order) for name, rows in self.inputs.items()}
        return Examples(inputs, chosen(self.targets, order), self.most_steps)


class Given(NamedTuple):
    """Examples as a task reads them: an item ``X`` for each, and its target in ``y``, None where there is none.

    Of a file, ``about`` is what was found out about it, ready for JSON (which columns are read, say), to be among the
    facts; ``source`` is the value of the door that read it.
    """

    X: Sequence[Any]
    y: Sequence[Any] | None = None
    about: Mapping[str, Any] = {}
    source: Any = None

    def rows(self, places: Sequence[int]) -> Given:
        """Some of the examples, in this order."""
        y = None if self.y is None else [self.y[place] for place in places]
        return Given(chosen_rows(self.X, places), y, self.about)


class Division(NamedTuple):
    """The places of the examples to learn from and of those held out, and a remark on which these are."""

    learned: Sequence[int]
    held_out: Sequence[int]
    remark: str


class HeldOut(NamedTuple):
    """Examples kept aside, as they were given and as tensors, and a ``remark`` on which they are."""

    given: Given
    examples: Examples
    remark: str


class Fitted(NamedTuple):
    """What was learned. ``share`` of the examples was ``held_out``, None where others were, until they are scored."""

    module: nn.Module
    facts: Facts
    fingerprint: str
    share: float | None
    baselines: Sequence[Baseline] = ()
    history: History | None = None
    validation: Figures | None = None
    held_out: HeldOut | None = None


def taken(estimator: ExampleEstimator, X: Any, y: Any, facts: Facts, targets: bool) -> Given:
    """What the estimator reads of what a user gave.

    Raises DataError for rows and targets that are missing, empty or of unequal number, UsageError where ``targets`` are
    needed and there are none.
    """
    given = estimator._read(X, y, facts)
    check_rows(given.X, given.y)
    if targets and given.y is None and (lacking := _lacking(given.source, facts)):
        raise DataError(f"{lacking} seqloom predict needs none.")
    if targets and given.y is None:
        raise UsageError(
            f"y: expected a target for each example, got None. {type(estimator).__name__} requires y to be passed, but "
            "the target y is None."
        )
    return given


def _lacking(source: Any, facts: Facts) -> str:
    """What a file or folder lacks that has no targets, in a sentence; nothing of what is no file."""
    if isinstance(source, Recordings | Sounds | Pictures):
        return (
            f"{source.source} has no labels: expected a folder for each class, labels.csv (file, label), a "
            "label_pattern for names of files, or a column label with one for each recording."
        )
    if isinstance(source, Captioned):
        return f"{source.source} has no captions: expected a table (file, caption) beside the pictures."
    if isinstance(source, Pairs):
        return f"{source.name} has sources alone: expected their targets in a second column."
    if isinstance(source, Table):
        target, names = facts["columns"]["target"], [*source.columns]
        found = f"{source.name} has no column {target!r}, which says what is right; it has {listed(names)}."
        return f"{found}{did_you_mean(target, names)}"
    return ""
