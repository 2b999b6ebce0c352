"""What a model says of the examples of a file, written as the file names them, and how right it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from seqloom.data.named import Named, step_table
from seqloom.tasks.examples.values import Given
from seqloom.tasks.tables.predicting import unseen_remark

__all__ = ["Said"]


class Said(NamedTuple):
    """Columns of answers, of which the first are the predictions, for the examples ``given``; ``known`` are the labels
    that were learned, none of numbers. With ``of_steps`` an answer has a value for each step."""

    given: Given
    columns: Mapping[str, Sequence[Any]]
    known: Sequence[Any] = ()
    of_steps: bool = False

    def written(self) -> Iterator[str]:
        """A table (csv): the name of each example, the prediction, and of classes its probability. Where examples have
        no names the predictions alone, a line each."""
        source = self.given.source
        if isinstance(source, Named) and self.of_steps:
            return step_table(source.one, source.names, *next(iter(self.columns.items())))
        if isinstance(source, Named):
            return source.written({name: list(map(_cell, column)) for name, column in self.columns.items()})
        return (f"{answer}\n" for answer in self.columns["prediction"])

    def records(self) -> Iterator[dict[str, Any]]:
        """The same as values by the names of the columns, for JSON; what has no name is known by its place."""
        source = self.given.source
        if isinstance(source, Named):
            columns = {source.one: source.names, **self.columns}
        else:
            columns = {"example": range(len(self.given.X)), **self.columns}
        rows = zip(*columns.values(), strict=True)
        return (dict(zip(columns, map(_plain, values), strict=True)) for values in rows)

    def score(self) -> str:
        """A sentence on how right the predictions are, by labels of the examples; nothing where no label is known."""
        y, said = self.given.y, list(self.columns["prediction"])
        if y is None or not len(y) or self.of_steps:
            return ""
        if not len(self.known):
            error = float(np.mean(np.abs(np.asarray(said, float) - np.asarray(y, float))))
            return f"{len(y):,} examples have a number: mean absolute error {error:.4g}."
        wanted, found = ([_labels(one) for one in ones] for ones in (y, said))
        learned = {label for one in self.known for label in _labels(one)}
        unseen = list(dict.fromkeys(label for labels in wanted for label in sorted(labels - learned)))
        if not any(labels & learned for labels in wanted):
            return ""
        right = sum(a == b for a, b in zip(wanted, found, strict=True)) / len(y)
        more = f" {unseen_remark(sum(bool(one - learned) for one in wanted), unseen)}" if unseen else ""
        return f"{len(y):,} examples have a label: accuracy {right:.3f}.{more}"


def _labels(one: Any) -> frozenset[str]:
    return frozenset(map(str, one)) if isinstance(one, list | tuple | set) else frozenset((str(one),))


def _cell(value: Any) -> Any:
    """Several labels as one cell; all else as it is."""
    return "|".join(map(str, value)) if isinstance(value, list | tuple) else value


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
