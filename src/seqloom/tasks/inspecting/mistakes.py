"""Where a model errs, as a section of a report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from seqloom.inspection.errors import Breakdown, Mistakes
from seqloom.inspection.errors.breakdown import draw_breakdowns
from seqloom.inspection.errors.reliability import draw_reliability
from seqloom.inspection.report import Figure, Section, Table
from seqloom.inspection.report.section import drawn

__all__ = ["section"]

_LISTED: Final = 12
"""Kinds in a table."""


def section(found: Mistakes, command: str) -> Section:
    """The answer for a report; where all items are of one kind, the kind says nothing."""
    found = replace(found, breakdowns=[one for one in found.breakdowns if len(one.names) > 1])
    shown = list[Figure | Table]()
    if found.breakdowns:
        shown.append(
            drawn(
                lambda path: draw_breakdowns([_few(one) for one in found.breakdowns], path),
                "Where the filled bar is longer than the empty one, items cost more than their number says.",
            )
        )
    shown += [_table(one) for one in found.breakdowns]
    if found.reliable:
        shown.append(
            drawn(
                lambda path: draw_reliability(found.reliable, path),
                "Points below the dotted diagonal are answers that are right less often than they claim.",
            )
        )
    if found.worst:
        head = (found.item, "read", "right", "said", "cost")
        rows = [(f"{one.number}", one.read, one.right, one.said, f"{one.cost:.3g}") for one in found.worst]
        kept = [place for place in range(len(head)) if any(row[place] for row in rows)]
        shown.append(Table([head[place] for place in kept], [[row[place] for place in kept] for row in rows]))
    return Section("Where does it err?", [*_said(found), *found.says], shown, command)


def _said(found: Mistakes) -> Iterator[str]:
    for one in found.breakdowns:
        total = float(one.costs.sum())
        if not total:
            yield f"By {one.by}: nothing costs anything."
            continue
        items = one.counts / one.counts.sum()
        most = int((one.shares - items).argmax())
        has = f"{one.shares[most]:.0%} of the {one.unit}, and {items[most]:.0%} of the items"
        yield f"By {one.by}: {one.names[most]!r} stands out most, with {has}."
    for name, reliable in list(found.reliable.items())[:1]:
        sure = "too sure" if reliable.too_sure > 0 else "not sure enough"
        yield (
            f"Probabilities of {name} are off by {reliable.error:.3f} (expected calibration error in "
            f"{len(reliable.counts)} ranges); in the mean it is {sure} by {abs(reliable.too_sure):.3f}."
        )


def _few(one: Breakdown) -> Breakdown:
    """The kinds that are shown."""
    if len(one.names) <= _LISTED:
        return one
    return Breakdown(one.by, one.unit, one.names[:_LISTED], one.counts[:_LISTED], one.costs[:_LISTED])


def _table(one: Breakdown) -> Table:
    whole = max(1, int(one.counts.sum()))
    head = (one.by, "items", "share of items", f"share of {one.unit}", f"{one.unit} each", *one.beside)
    rows = []
    for place in range(min(len(one.names), _LISTED)):
        count = int(one.counts[place])
        rows.append(
            (
                one.names[place],
                f"{count:,}",
                f"{count / whole:.1%}",
                f"{one.shares[place]:.1%}",
                f"{one.means[place]:.3g}",
                *(f"{sums[place] / count:.3g}" for sums in one.beside.values()),
            )
        )
    if (left := len(one.names) - _LISTED) > 0:
        rows.append((f"{left:,} more", *[""] * (len(head) - 1)))
    return Table(head, rows)
