"""A cost, taken apart by what kind of item it comes from; the parts add up to the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqloom.errors import UsageError
from seqloom.inspection.picture import check_picture, new_figure, plain, save

__all__ = ["Breakdown", "broken_down", "by_doubling", "by_quarters", "draw_breakdowns"]

Floats = NDArray[np.float64]
_LONGEST = 28
_WIDE, _HIGH = 7.2, 0.17
_FEWEST = 50


@dataclass(frozen=True, eq=False)
class Breakdown:
    """What items of each kind cost: ``by`` says what tells kinds apart, ``unit`` what is counted.

    ``names`` are the kinds (K,), ``counts`` (K,) how many items there are of each, ``costs`` (K,) their sums;
    ``beside`` has the sums (K,) of simple models for the same items, by name.

    >>> found = broken_down("letter", ["a", "b", "a"], [1.0, 5.0, 2.0], "nats")
    >>> found.names, found.costs.tolist(), found.shares.tolist(), found.means.tolist()
    (('b', 'a'), [5.0, 3.0], [0.625, 0.375], [5.0, 1.5])
    """

    by: str
    unit: str
    names: Sequence[str]
    counts: NDArray[np.int64]
    costs: Floats
    beside: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def shares(self) -> Floats:
        """The share (K,) of each kind in the whole cost; 0 where nothing costs anything."""
        found: Floats = self.costs / max(float(self.costs.sum()), np.finfo(float).tiny)
        return found

    @property
    def means(self) -> Floats:
        """The mean cost (K,) of an item of each kind."""
        found: Floats = self.costs / self.counts
        return found


def broken_down(
    by: str,
    kinds: Sequence[str],
    costs: ArrayLike,
    unit: str,
    beside: Mapping[str, ArrayLike] | None = None,
    order: Sequence[str] | None = None,
) -> Breakdown:
    """Sum the ``costs`` (N,) of items of some ``kinds`` (N,), and those of simple models ``beside`` them.

    Kinds stand in this ``order``, those without an item left out; by default that which costs most is first. UsageError
    where there are not as many kinds as costs.
    """
    each = np.asarray(costs, np.float64)
    if len(kinds) != len(each):
        raise UsageError(f"There are {len(kinds):,} kinds and {len(each):,} costs; one for each is expected.")
    found, places = np.unique(np.asarray(kinds, object).astype(str), return_inverse=True)
    names = found.tolist()
    sums = np.bincount(places, each, len(names))
    if order is None:
        chosen = np.argsort(-sums, kind="stable").tolist()
    else:
        chosen = [names.index(name) for name in order if name in names]
    return Breakdown(
        by,
        unit,
        tuple(names[k] for k in chosen),
        np.bincount(places, minlength=len(names))[chosen],
        sums[chosen],
        {
            name: np.bincount(places, np.asarray(values, np.float64), len(names))[chosen]
            for name, values in (beside or {}).items()
        },
    )


def by_doubling(
    by: str, values: ArrayLike, costs: ArrayLike, unit: str, beside: Mapping[str, ArrayLike] | None = None
) -> Breakdown:
    """The same of items told apart by whole numbers: 0, 1, 2–3, 4–7, and so on; ranges with less than a fiftieth of
    the items are joined with the next.

    >>> by_doubling("place", [0, 1, 2, 3, 9], [1.0] * 5, "nats").names
    ('0', '1', '2–3', '4–15')
    """
    powers = np.frexp(np.asarray(values, np.float64))[1]  # 0 for 0, and k + 1 from 2**k on
    counts = np.bincount(powers)
    names: dict[int, str] = {}
    first = items = 0
    for power, count in enumerate(counts.tolist()):
        items += count
        if items * _FEWEST >= len(powers) or power + 1 == len(counts):
            least, most = (1 << first) >> 1, (1 << power) - 1
            name = f"{least:,}" if least >= most else f"{least:,}–{most:,}"
            names |= dict.fromkeys(range(first, power + 1), name)
            first, items = power + 1, 0
    order = list(dict.fromkeys(names.values()))
    return broken_down(by, [names[power] for power in powers.tolist()], costs, unit, beside, order)


def by_quarters(
    by: str, values: ArrayLike, costs: ArrayLike, unit: str, beside: Mapping[str, ArrayLike] | None = None
) -> Breakdown:
    """The same of items told apart by numbers, in quarters from the smallest to the largest; equal ones stand together.

    >>> by_quarters("length", [3, 1, 2, 9, 9], [1.0] * 5, "errors").names
    ('1–2', '3', '9')
    """
    numbers = np.asarray(values, np.float64)
    edges = np.unique(np.quantile(numbers, (0.25, 0.5, 0.75), method="lower")) if len(numbers) else np.zeros(0)
    quarters = np.searchsorted(edges, numbers, "left")
    names = {}
    for quarter in np.unique(quarters).tolist():
        least, most = numbers[quarters == quarter].min(), numbers[quarters == quarter].max()
        names[quarter] = f"{least:.4g}" if least == most else f"{least:.4g}–{most:.4g}"
    return broken_down(by, [names[one] for one in quarters.tolist()], costs, unit, beside, list(names.values()))


def draw_breakdowns(breakdowns: Sequence[Breakdown], picture: Path) -> None:
    """Draw the share of each kind in the whole cost, beside its share of the items, into a file: two bars each.

    Raises MissingExtraError without matplotlib, UsageError for a kind of file that there is not.
    """
    check_picture(picture)
    largest = max(0.1, *(float(shares.max()) for one in breakdowns for shares in (one.shares, _items(one))))
    heights = [len(one.names) + 1.6 for one in breakdowns]
    figure = new_figure((_WIDE, 0.7 + 2 * _HIGH * sum(heights)), "")
    panels = figure.subplots(len(breakdowns), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axes, one in zip(panels, breakdowns, strict=True):
        _panel(axes, one)
        axes.set_xlim(0, largest)
    panels[0].legend(frameon=False, fontsize=8, loc="lower right")
    panels[-1].set_xlabel("share")
    save(figure, picture)


def _panel(axes: Any, one: Breakdown) -> None:
    places, items = np.arange(len(one.names)), _items(one)
    axes.barh(places - 0.19, one.shares, 0.38, color="tab:blue", label="of the whole cost")
    axes.barh(places + 0.19, items, 0.38, color="white", edgecolor="black", linewidth=0.8, label="of the items")
    axes.set_yticks(places, [plain(_short(name)) for name in one.names], fontsize=8)
    axes.invert_yaxis()
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
    axes.set_title(f"by {one.by}", fontsize=9, loc="left")
    axes.spines[["top", "right"]].set_visible(False)


def _items(one: Breakdown) -> Floats:
    """The share (K,) of each kind in the items."""
    found: Floats = one.counts / max(1, one.counts.sum())
    return found


def _short(name: str) -> str:
    shown = name.replace("\n", "↵")
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"
