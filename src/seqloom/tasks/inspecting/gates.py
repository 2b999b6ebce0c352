"""What the gates of a model do over some examples: how open they are, and whether they still move."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

from torch import Tensor

from seqloom.inspection import trace
from seqloom.inspection.report import Section, Table
from seqloom.inspection.signs import at_an_end, real_values
from seqloom.tasks.inspecting.subject import Subject

__all__ = ["Gate", "gates_of", "section"]

_CLOSED: Final = 0.1
_STILL: Final = 0.01
_MOST_SATURATED: Final = 0.5
_LN_2: Final = math.log(2)
_LEAST: Final = 1e-12


class Gate(NamedTuple):
    """A quantity between 0 and 1 of one layer: its ``mean``, the shares of its values below 0.1 (``closed``), above 0.9
    (``opened``) and within 0.01 of 0 or 1 (``ended``), and of its units that hardly move, with a deviation over steps
    below 0.01 (``still``).

    Were it a forget gate, half of what a unit holds would be left after ``half_life`` steps, of the middle unit, and
    after ``longest`` of the one that keeps longest: −ln 2 over the mean of its logarithm.
    """

    name: str
    mean: float
    closed: float
    opened: float
    ended: float
    still: float
    half_life: float
    longest: float

    @property
    def saturated(self) -> bool:
        """Whether half of its values are at an end, where hardly any gradient comes through."""
        return self.ended > _MOST_SATURATED


def gates_of(subject: Subject) -> list[Gate]:
    """The gates of all layers over the first batch; none of a model that has no gates."""
    vectors, lengths = subject.vectors(subject.batches[0])
    found = trace(subject.model.body, vectors, lengths, of=("gates", "states"))
    return [
        _gate(name, real)
        for name, value in found.quantities.items()
        if name.endswith("gate") and len(real := real_values(value, found.lengths[name]))
    ]


def section(gates: list[Gate], command: str) -> Section:
    """The answer for a report."""
    rows = [(gate.name, *(f"{value:.2f}" for value in gate[1:6])) for gate in gates]
    return Section(
        "What do the gates do?",
        list(_said(gates)),
        [Table(("gate", "mean", "below 0.1", "above 0.9", "at 0 or 1", "units that hardly move"), rows)],
        command,
    )


def _said(gates: list[Gate]) -> Iterator[str]:
    for gate in gates:
        if gate.name.endswith("forget_gate"):
            yield (
                f"By {gate.name} the middle unit has half of what it holds after {gate.half_life:,.1f} steps, the one "
                f"that keeps longest after {gate.longest:,.1f}."
            )
    if saturated := [gate.name for gate in gates if gate.saturated]:
        yield f"Saturated: {', '.join(saturated)}. A smaller learning rate, or a normalised cell (lnlstm), helps."
    else:
        yield "No gate is saturated: none has half of its values within 0.01 of 0 or 1."


def _gate(name: str, real: Tensor) -> Gate:
    """Of values (N, H)."""
    half_lives = _LN_2 / -real.double().clamp(_LEAST, 1 - _LEAST).log().mean(0)
    return Gate(
        name,
        float(real.mean()),
        float((real < _CLOSED).float().mean()),
        float((real > 1 - _CLOSED).float().mean()),
        at_an_end(real),
        float((real.std(0) < _STILL).float().mean()) if len(real) > 1 else 0.0,
        float(half_lives.median()),
        float(half_lives.max()),
    )
