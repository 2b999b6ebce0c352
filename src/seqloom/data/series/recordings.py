"""Labelled series as one value, whatever kind of file they come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.named import named_table
from seqloom.data.problems import Problems
from seqloom.data.tables.numerals import Decimal, number, readings
from seqloom.errors import DataError

__all__ = ["Recordings", "Sample", "gather"]


class Sample(NamedTuple):
    """One recording as a door reads it: ``values`` (T, D), NaN where one is missing.

    ``label`` is for the whole, ``step_labels`` (T) for its steps; ``categories`` has columns of words (T) by name.
    """

    name: str
    values: NDArray[np.floating[Any]]
    channels: tuple[str, ...]
    label: str | None = None
    step_labels: list[str] | None = None
    categories: Mapping[str, list[str]] = {}


@final
@dataclass(frozen=True)
class Recordings:
    """N series of the same channels.

    ``series`` has a float32 tensor (T, D) for each, NaN where a number is missing; ``names`` says which file, line or
    id each came from, ``remarks`` what was repaired. There are ``labels``, one for each series, or ``step_labels``,
    one for each step, or neither. ``categories`` has the columns that hold words, by name, a list for each series.
    """

    source: str
    series: list[Tensor] = field(repr=False)
    channels: tuple[str, ...]
    names: list[str] = field(repr=False)
    labels: list[str] | None = field(default=None, repr=False)
    step_labels: list[list[str]] | None = field(default=None, repr=False)
    categories: Mapping[str, list[list[str]]] = field(default_factory=dict, repr=False)
    remarks: tuple[str, ...] = ()
    one: ClassVar[str] = "recording"
    """What an example is called, in tables and JSON."""

    def __len__(self) -> int:
        return len(self.series)

    def numbers(self, decimal: str | None = None) -> list[float]:
        """The labels as numbers, with what stands before decimals; DataError that names those that are none."""
        return [one for row in self._numbers([[label] for label in self.labels or ()], decimal) for one in row]

    def step_numbers(self, decimal: str | None = None) -> list[list[float]]:
        """The same of the labels of steps, a list for each series."""
        return self._numbers(self.step_labels or (), decimal)

    def _numbers(self, rows: Sequence[Sequence[str]], decimal: str | None) -> list[list[float]]:
        told = Counter(reading for row in rows for label in row for reading in readings(label))
        comma = decimal == "," if decimal is not None else told[Decimal.COMMA] > told[Decimal.POINT]
        mark = Decimal.COMMA if comma else Decimal.POINT
        problems = Problems(self.source)
        for name, row in zip(self.names, rows, strict=True):
            for label in row:
                if mark not in readings(label):
                    problems.add(name, f"expected a number, got {label[:40]!r}.")
        problems.refuse()
        return [[number(label, mark) for label in row] for row in rows]

    def written(self, columns: Mapping[str, Sequence[object]]) -> Iterator[str]:
        """A table (csv), a line for each series: its name, then the columns, such as predictions."""
        return named_table(self.one, self.names, columns)


def gather(source: str, samples: Iterable[Sample], strict: bool = False, remarks: Sequence[str] = ()) -> Recordings:
    """The samples as one value.

    A recording without steps is left out, a value that is missing or infinite becomes NaN; both are counted in
    ``remarks``, after those that are given. With ``strict`` they are refused. Channels of the same names come in the
    order of the first sample. Raises DataError for samples that differ in their channels, of which only some have
    labels, and for none at all.
    """
    problems, kept = Problems(source), list[Sample]()
    empty = missing = 0
    for sample in samples:
        with np.errstate(over="ignore"):
            values = np.asarray(sample.values, np.float32)
        holes = ~np.isfinite(values)
        if strict and holes.any():
            step, channel = np.argwhere(holes)[0]
            problems.add(sample.name, f"no number in step {step + 1} of channel {sample.channels[channel]}.")
        if not len(values):
            empty += 1
            if strict:
                problems.add(sample.name, "expected at least one step, got none.")
            continue
        missing += int(holes.sum())
        sample = sample._replace(values=np.where(holes, np.float32(np.nan), values))
        kept.append(_in_order_of(kept[0], sample) if kept else sample)
        _compare(kept[0], kept[-1], problems)
    problems.refuse()
    if not kept:
        raise DataError(f"{source}: expected recordings, found none with a step in it.")
    counts = [f"{empty:,} recordings without a step left out"] * bool(empty)
    counts += [f"{missing:,} missing values masked"] * bool(missing)
    return Recordings(
        source,
        [torch.from_numpy(sample.values) for sample in kept],
        kept[0].channels,
        [sample.name for sample in kept],
        [sample.label for sample in kept if sample.label is not None] or None,
        [sample.step_labels for sample in kept if sample.step_labels is not None] or None,
        {name: [sample.categories[name] for sample in kept] for name in kept[0].categories},
        (*remarks, *counts),
    )


def _in_order_of(first: Sample, other: Sample) -> Sample:
    """A sample whose channels have the same names in another order, as the first has them."""
    names = other.channels
    if names != first.channels and sorted(names) == sorted(first.channels) and len({*names}) == len(names):
        places = [names.index(name) for name in first.channels]
        other = other._replace(values=other.values[:, places], channels=first.channels)
    if other.categories.keys() == first.categories.keys():
        other = other._replace(categories={name: other.categories[name] for name in first.categories})
    return other


def _compare(first: Sample, other: Sample, problems: Problems) -> None:
    mine, others = ([*one.channels, *(f"{name} (words)" for name in one.categories)] for one in (first, other))
    if mine != others:
        what = f"{len(mine)} channels, got {len(others)}" if len(mine) != len(others) else f"{_differing(mine, others)}"
        problems.add(other.name, f"expected the channels of {first.name}: {what}.")
    for kind, one, two in (
        ("label", first.label, other.label),
        ("label for each step", first.step_labels, other.step_labels),
    ):
        if (one is None) != (two is None):
            problems.add(other.name, f"expected {'a' if two is None else 'no'} {kind}, as {first.name} has.")


def _differing(mine: Sequence[str], others: Sequence[str]) -> str:
    pairs = (pair for pair in zip(mine, others, strict=True) if pair[0] != pair[1])
    return "{!r}, got {!r}".format(*next(pairs))
