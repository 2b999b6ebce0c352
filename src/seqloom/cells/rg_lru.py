"""The real-gated linear recurrent unit of Hawk and Griffin (De et al., 2024)."""

from __future__ import annotations

from dataclasses import dataclass

from seqloom.cells.cell import Cell
from seqloom.cells.initialisation import GateDecay, Initialiser, LeCun
from seqloom.cells.words import Symbol, affine, exp, maximum, named, sigmoid, softplus, sqrt, weight

__all__ = ["RGLRU"]

SMALLEST_GAIN = 2.5e-7
"""Where the derivative of the square root is 1000, at which the authors' code clips it."""


@dataclass(frozen=True, kw_only=True)
class RGLRU(Cell):
    """Real-gated linear recurrent unit: a diagonal recurrence whose decay is gated by x.

    r = σ(recurrence_gate), i = σ(input_gate), maps of x in ``heads`` blocks;  a = σ(Λ)^(c r), Λ the vector "decay";
    h' = a h + sqrt(1 - a²) (i x), unit by unit  (De et al., 2024, eq. 1 to 4).

    ``power`` is c. Λ begins so that σ(Λ)^c is uniform between ``r_min`` and ``r_max`` (sec. 2.4). Where x has not the
    width of h, a map "input" of x stands in its place. 1 - a² is kept above 2.5e-7, for the derivative of its root.

    >>> RGLRU(heads=4).state
    ('h',)
    """

    state = ("h",)
    heads: int = 1
    power: float = 8.0
    r_min: float = 0.9
    r_max: float = 0.999
    input_init: Initialiser = LeCun()

    def equations(self, x: Symbol, h: Symbol) -> Symbol:
        decay = weight("decay", GateDecay(self.r_min, self.r_max, self.power))
        r = named("recurrence_gate", sigmoid(affine("recurrence_gate", x, blocks=self.heads)))
        i = named("input_gate", sigmoid(affine("input_gate", x, blocks=self.heads)))
        a = named("recurrent_weight", exp(-self.power * softplus(-decay) * r))
        value = x if x.width == h.width else affine("input", x, bias=False)
        return a * h + sqrt(maximum(1 - a * a, SMALLEST_GAIN)) * (i * value)
