"""What the units of a model track over some examples, and whether it is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.batch import IGNORED
from seqloom.inspection import trace
from seqloom.inspection.report import Coloured, Section, Table
from seqloom.inspection.state_vectors import has_one_size
from seqloom.inspection.units import (
    Direction,
    Pattern,
    Search,
    ablate,
    bracket_depth,
    in_quotes,
    line_position,
    matches,
    search_direction,
    search_patterns,
    walk,
)
from seqloom.layers import CausalLayer, CausalSelfAttention
from seqloom.tasks.inspecting.subject import Subject

__all__ = ["PATTERNS", "Taken", "Tracked", "Tracking", "section", "units_of"]


def _late_in_a_line(text: str) -> NDArray[np.bool_]:
    """Forty characters into a line whose beginning is seen: windows begin amid one."""
    found = line_position(text)
    found[: text.find("\n") + 1 or len(text)] = False
    return found


PATTERNS: Final[Mapping[str, Pattern]] = {
    "in double quotes": in_quotes,
    "in single quotes": partial(in_quotes, quote="'"),
    "in brackets": bracket_depth,
    "in a comment": matches(r"#.*"),
    "40 characters into a line": _late_in_a_line,
    "in an indented line": matches(r"(?m)^[ \t]+\S.*\n?"),
    "in a number": matches(r"\d+"),
    "in capitals": matches(r"[A-Z]{2,}"),
}
"""What is looked for in texts."""

_ROWS, _ABLATED, _DRAWS = 64, 16, 3
_LEAST, _MOST, _ASKED, _TRACKS, _LISTED = 0.02, 8, 3, 0.75, 3

Labels = NDArray[np.bool_]


class Taken(NamedTuple):
    """What a token costs more where a pattern is, in nats, without what tracks it (``cost``), and without as much of
    other units (``usual``); it is ``used`` where it costs more than every draw of others. ``shifts`` are the next
    tokens that become likelier, and by how much, those that lose most last."""

    cost: float
    usual: float
    used: bool
    shifts: Sequence[tuple[str, float]]


class Tracked(NamedTuple):
    """A pattern, with the units and the sparse direction that track it best, and what it costs to go without the best
    unit and the direction; None where that is not asked."""

    pattern: str
    units: Search
    directions: Search
    without_unit: Taken | None = None
    without_direction: Taken | None = None


@dataclass(frozen=True)
class Tracking:
    """The patterns, the best tracked first, and one example in ``pieces``: the best unit has ``values`` there, above 0
    where it is nearer to its mean in the pattern than to that elsewhere; the pattern is where ``marked``."""

    tracked: Sequence[Tracked]
    pieces: Sequence[str]
    values: NDArray[np.floating]
    marked: Labels


def units_of(subject: Subject, expression: str | None = None) -> Tracking | None:
    """Search the units of a model for what its texts are like, for its labels where each step has one, or for matches
    of a regular ``expression``; None where there is nothing to look for.

    The first half of the examples chooses, the second judges. Units are the numbers of the state; taking them out is
    asked of models of tokens whose state has one size. UsageError for an expression that is none, or that matches
    nowhere or everywhere in a half.
    """
    if not trace(subject.model.body, *subject.vectors(subject.row(0)), of="states").quantities:
        return None  # a window that is kept is not a state, though it has one size
    numbers = np.unique(np.linspace(0, subject.size - 1, min(_ROWS, subject.size)).astype(int)).tolist()
    model = _walking(subject)
    each = dict(_traced(subject, numbers) if model is None else _walked(subject, model, numbers))
    labels = {number: found for number in each if (found := _labels(subject, number, len(each[number]), expression))}
    patterns = _patterns(labels, expression)
    if not patterns:
        return None
    states = np.concatenate([each[number] for number in labels])
    searched = search_patterns(states, patterns)
    order = sorted(searched, key=lambda name: -searched[name].best[0].area)[:_MOST]
    judged = [*labels][len(labels) // 2 :]
    tracked = [Tracked(name, searched[name], search_direction(states, patterns[name])) for name in order]
    if model is not None:
        rows = judged[:: max(1, len(judged) // _ABLATED)][:_ABLATED]
        asked = [_without(subject, model, rows, one, [labels[row] for row in rows]) for one in tracked[:_ASKED]]
        tracked = [*asked, *tracked[_ASKED:]]
    first = order[0]
    shown = min(judged, key=lambda number: abs(_where(labels[number], first).mean() - 0.5))
    unit, there = tracked[0].units.best[0], patterns[first]
    everywhere = unit.along(states)
    between = (everywhere[there].mean() + everywhere[~there].mean()) / 2
    values = unit.along(each[shown], states) - between
    return Tracking(tracked, subject.pieces(shown)[-len(values) :], values, _where(labels[shown], first))


def section(found: Tracking, command: str) -> Section:
    """The answer for a report."""
    best = found.tracked[0]
    rows = [
        (
            one.pattern,
            f"{one.units.positive:.0%}",
            *(cell for searched in (one.units, one.directions) for cell in _cells(searched)),
            *(_cost(taken) for taken in (one.without_unit, one.without_direction)),
        )
        for one in found.tracked
    ]
    head = (
        "pattern",
        "steps",
        "unit",
        "AUC",
        "shuffled",
        "direction",
        "AUC",
        "shuffled",
        "unit costs",
        "direction costs",
    )
    says = (
        f"Blue is where {best.units.best[0]} says {best.pattern!r}, orange (underlined) where it says the opposite; a "
        "line stands above the steps that are so."
    )
    text = Coloured(found.pieces, found.values.tolist(), says, found.marked.tolist())
    return Section("What does a unit track, and is it used?", [*_says(best)], [text, Table(head, rows)], command)


def _says(best: Tracked) -> Iterator[str]:
    unit, direction = best.units.best[0], best.directions.best[0]
    tracks = max(unit.area, direction.area) > _TRACKS
    begins = (
        f"Best tracked is {best.pattern!r}" if tracks else f"No pattern is tracked well. The best is {best.pattern!r}"
    )
    yield (
        f"{begins}: {unit} tells these steps from others with an area under the ROC curve (AUC) of {unit.area:.2f} on "
        f"examples that did not choose it, of {best.units.tried:,} units ({best.units.control.area:.2f} for the same "
        f"pattern at shuffled steps); {direction} with {direction.area:.2f} ({best.directions.control.area:.2f})."
    )
    for name, taken in ((str(unit), best.without_unit), (str(direction), best.without_direction)):
        if taken is None:
            continue
        changes = ", ".join(f"{token!r} {shift:+.1%}" for token, shift in taken.shifts)
        yield (
            f"Without {name}, held at its mean, a token there costs {taken.cost:+.4f} nats more, and without as many "
            f"others {taken.usual:+.4f}: it is {'used' if taken.used else 'not used more than others'}. What changes "
            f"most of the next token: {changes}."
        )


def _cells(searched: Search) -> Iterator[str]:
    best = searched.best[0]
    yield str(best).removeprefix("unit ").removeprefix("a direction of ")
    yield f"{best.area:.2f}"
    yield f"{searched.control.area:.2f}"


def _cost(taken: Taken | None) -> str:
    return "" if taken is None else f"{taken.cost:+.4f} (others {taken.usual:+.4f})"


def _walked(subject: Subject, model: CausalLayer, numbers: Sequence[int]) -> Iterator[tuple[int, NDArray[np.floating]]]:
    """The states (T, S) of each example; of windows without their first quarter, before which nobody has read."""
    tokens = _tokens(subject, numbers)
    seen = torch.stack([vectors for _, vectors in walk(model, tokens)], 1)
    yield from zip(numbers, seen[:, tokens.shape[1] // 4 :].numpy(), strict=True)


def _traced(subject: Subject, numbers: Sequence[int]) -> Iterator[tuple[int, NDArray[np.floating]]]:
    """The states of all layers that keep the number of steps, those read backwards too."""
    for number in numbers:
        vectors, lengths = subject.vectors(subject.row(number))
        found = trace(subject.model.body, vectors, lengths, of="states").quantities.values()
        kept = [value[0].flatten(1) for value in found if value.shape[:2] == vectors.shape[:2]]
        if kept:
            yield number, torch.cat(kept, 1).numpy()


def _tokens(subject: Subject, numbers: Sequence[int]) -> Tensor:
    """Examples of one length (R, T)."""
    rows = [subject.row(number).x for number in numbers]
    least = min(row.shape[1] for row in rows)
    return torch.cat([row[:, -least:] for row in rows])


def _labels(subject: Subject, number: int, steps: int, expression: str | None) -> dict[str, Labels]:
    """The patterns of the last ``steps`` of an example: its labels, where each step has one, or those of its text:
    a piece has a pattern where one of its characters has."""
    targets = subject.row(number).targets
    classes = not targets.is_floating_point() and targets.shape[1:] == (steps,) and not bool((targets == IGNORED).any())
    if expression is None and classes:
        return {subject.asked.name(k): (targets[0] == k).numpy() for k in targets.unique().tolist() if k >= 0}
    pieces = subject.pieces(number)
    if len(pieces) < steps or not all(pieces) or not (subject.of_text or expression):
        return {}
    apart = " " if any(len(piece) > 1 for piece in pieces) and not any(map(_holds_a_space, pieces)) else ""
    text, lengths = apart.join(pieces), [len(piece) + len(apart) for piece in pieces]
    begins = np.cumsum([0, *lengths[:-1]])[-steps:]
    patterns = PATTERNS if expression is None else {repr(expression): matches(expression)}
    return {name: np.logical_or.reduceat(pattern(text), begins) for name, pattern in patterns.items()}


def _holds_a_space(piece: str) -> bool:
    return any(map(str.isspace, piece))


def _occurs(labels: Labels) -> bool:
    half = len(labels) // 2
    return half > 0 and all(_LEAST <= part.mean() <= 1 - _LEAST for part in (labels[:half], labels[half:]))


def _walking(subject: Subject) -> CausalLayer | None:
    """The model, where it reads token by token and its state has one size. What attention looks back at, the last
    tokens themselves, is no unit."""
    model: object = subject.model
    if not isinstance(model, CausalLayer) or any(isinstance(part, CausalSelfAttention) for part in model.modules()):
        return None
    return model if has_one_size(model.initial_state(1)) else None


def _where(labels: Mapping[str, Labels], pattern: str) -> Labels:
    """Where a pattern is in an example; nowhere, if its labels do not know it."""
    known = next(iter(labels.values()))
    return labels.get(pattern, np.zeros(len(known), bool))


def _patterns(labels: Mapping[int, Mapping[str, Labels]], expression: str | None) -> dict[str, Labels]:
    """Every pattern over all examples; without an ``expression`` those that occur often enough in both halves."""
    names = dict.fromkeys(name for found in labels.values() for name in found)
    patterns = {name: np.concatenate([_where(found, name) for found in labels.values()]) for name in names}
    return {name: found for name, found in patterns.items() if expression is not None or _occurs(found)}


def _without(
    subject: Subject, model: CausalLayer, rows: Sequence[int], one: Tracked, labels: Sequence[Mapping[str, Labels]]
) -> Tracked:
    """The same with what it costs to go without the best unit, and without the direction, in some examples."""
    tokens = _tokens(subject, rows)
    where = np.zeros((len(rows), tokens.shape[1] - 1), bool)
    late = np.stack([_where(found, one.pattern) for found in labels])
    where[:, -late.shape[1] + 1 :] = late[:, :-1]
    if not where.any():
        return one
    unit, direction = (_taken(subject, model, tokens, each.best[0], where) for each in (one.units, one.directions))
    return one._replace(without_unit=unit, without_direction=direction)


def _taken(subject: Subject, model: CausalLayer, tokens: Tensor, direction: Direction, where: Labels) -> Taken:
    found = ablate(model, tokens, direction, where, _DRAWS)
    order = np.argsort(-found.shift)
    most = [*order[:_LISTED].tolist(), *order[-_LISTED:].tolist()]
    shifts = [(subject.asked.name(place), float(found.shift[place])) for place in dict.fromkeys(most)]
    return Taken(found.cost(where), found.usual_cost(where), found.used(where), shifts)
