"""Where a model looks: the weights of its attention over one example, and those that linear recurrences imply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from torch import Tensor

from seqloom.inspection import trace
from seqloom.inspection.head_maps import HeadMaps, aggregated, draw_heads, draw_part, part_around
from seqloom.inspection.report import Figure, Section, Table
from seqloom.inspection.report.section import drawn
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.tasks.estimator import Estimator
from seqloom.tasks.examples.estimator import ExampleEstimator
from seqloom.tasks.examples.values import taken
from seqloom.tasks.inspecting.subject import Subject

__all__ = ["attending_of", "section"]

_OF: Final = ("attention", "implicit_attention")
_SHOWN: Final = 4
"""Layers of a report."""
_SHORT: Final = 24
_LISTED: Final = 8


def attending_of(estimator: Estimator, X: Any, y: Any, subject: Subject | None, number: int) -> list[HeadMaps]:
    """The maps of all layers over example ``number``, those of the first layer first; none of a model without.

    What writes a text writes ``y``, or what it would write. UsageError for an example so long that its maps would take
    more than 1 GiB.
    """
    if isinstance(estimator, ExampleEstimator) and isinstance(estimator.model_, EncoderDecoder):
        return _of_a_writer(estimator, X, y, number)
    if subject is None:
        return []
    vectors, lengths = subject.vectors(subject.row(number))
    found = trace(subject.model.body, vectors, lengths, of=_OF)
    return [_maps(key, value, subject.pieces(number), ()) for key, value in found.quantities.items()]


def section(maps: Sequence[HeadMaps], step: int | None, command: str) -> Section:
    """The answer for a report, of the first four layers; the part that is shown whole lies around ``step`` (default:
    the last one)."""
    says, shown = [], list[Figure | Table]()
    if len(maps) > _SHOWN:
        says.append(f"Shown are the first {_SHOWN} of {len(maps)} layers with maps; trace gives all of them.")
    for one in maps[:_SHOWN]:
        heads, time, steps = one.weights.shape
        place = step if step is not None and -time <= step < time else -1
        part = part_around(one, place)
        says.append(
            f"{one.name}: {heads} head{'s' * (heads > 1)} over {steps:,} steps. Step {place % time:,} "
            f"({_name(one.rows, place)}) has {part.share:.0%} of its weight on those drawn with their names."
        )
        if heads > 1 or max(time, steps) > _SHORT:
            cells = aggregated(one.weights)
            window = f" A cell is {cells.rows:,} × {cells.columns:,} steps." if cells.rows * cells.columns > 1 else ""
            shown.append(drawn(lambda path, one=one: draw_heads(one, path), f"{_READ}{window}", "png"))  # type: ignore[misc]
        shown.append(
            drawn(
                lambda path, one=one, part=part, place=place: draw_part(one, part, place, path),  # type: ignore[misc]
                f"The neighbourhood of step {place % time:,}, at the arrow; --step shows that of another.",
                "png",
            )
        )
        row = one.mean[place]
        order = np.argsort(-np.abs(row), kind="stable")[:_LISTED].tolist()
        head = (f"step that {one.name} looked at", "weight", "of the strongest head")
        rows = [
            (f"{at:,} {_name(one.columns, at)}", f"{row[at]:+.3f}", _strongest(one.weights[:, place, at]))
            for at in order
        ]
        shown.append(Table(head, [line for at, line in zip(order, rows, strict=True) if row[at]]))
    return Section("Where does it look?", says, shown, command)


_READ: Final = "A row is a step that looks, the darker a cell, the more it looks there; orange cells count against."


def _of_a_writer(estimator: ExampleEstimator, X: Any, y: Any, number: int) -> list[HeadMaps]:
    facts = estimator.facts_
    given = taken(estimator, X, y, facts, targets=False).rows([number])
    wanted = estimator.predict(given.X) if given.y is None else given.y
    found = trace(estimator, (given.X, wanted), of=_OF)
    written = [*map(estimator._explained(facts).name, estimator._examples(facts, given.X, wanted).targets[0].tolist())]
    read = found.steps[0] if found.steps else ()
    return [_maps(key, value, read, written) for key, value in found.quantities.items()]


def _maps(key: str, value: Tensor, read: Sequence[str], written: Sequence[str]) -> HeadMaps:
    """Of the first row of a batch, (B, N, T, S) or (B, T, S), with the names of steps where as many are known."""
    weights = value[0].double().cpu().numpy()
    weights = weights if weights.ndim == 3 else weights[None]
    rows, columns = (_named(count, read, written) for count in weights.shape[1:])
    if key.startswith("decoder") and len(written) == weights.shape[1]:
        rows = written
    return HeadMaps(key.replace("_", " "), weights, rows, columns)


def _named(count: int, read: Sequence[str], written: Sequence[str]) -> Sequence[str]:
    for names in (read, written):
        if len(names) == count:
            return names
    return [str(step) for step in range(count)]


def _name(names: Sequence[str], place: int) -> str:
    return repr(names[place]) if len(names) else str(place)


def _strongest(weights: Any) -> str:
    """The weight of the head that has the largest, and its number."""
    head = int(np.abs(weights).argmax())
    return f"{weights[head]:+.3f} ({head + 1})"
