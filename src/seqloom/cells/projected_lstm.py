"""The LSTM whose state is projected to fewer units (Sak et al., 2014)."""

from __future__ import annotations

from dataclasses import dataclass

from seqloom.cells.cell import Cell
from seqloom.cells.words import Symbol, affine, named, sigmoid, tanh

__all__ = ["ProjectedLSTM"]


@dataclass(frozen=True, kw_only=True)
class ProjectedLSTM(Cell):
    """Long short-term memory whose gates read, and whose layer gives, a projection h of ``projection`` units.

    i = σ(input), f = σ(forget), g = tanh(candidate), o = σ(output), each H units made from x and h;
    c' = f c + i g;  h' = R (o tanh(c')).

    H, the layer's hidden size, is the width of c and the gates; h and the output are (B, ``projection``); R is
    ``projection.weight_0``. Sak et al. (2014) without peepholes: ``torch.nn.LSTM(proj_size=…)``.
    ``forget_bias`` as in ``LSTM``.

    >>> from seqloom.layers import Recurrent
    >>> Recurrent(ProjectedLSTM(projection=3), in_features=2, hidden_size=8).out_features
    3
    """

    state = ("h", "c")
    projection: int
    forget_bias: float = 1.0

    def equations(self, x: Symbol, h: Symbol, c: Symbol) -> tuple[Symbol, Symbol]:
        i = named("input_gate", sigmoid(affine("input", x, h)))
        f = named("forget_gate", sigmoid(affine("forget", x, h)))
        g = named("candidate", tanh(affine("candidate", x, h)))
        o = named("output_gate", sigmoid(affine("output", x, h)))
        c = named("cell_state", f * c + i * g)
        return affine("projection", o * tanh(c), out=self.projection, bias=False), c

    def width(self, name: str, hidden: int) -> int:
        return self.projection if name == "h" else hidden

    def initial_bias(self, name: str) -> float:
        return self.forget_bias if name == "forget" else 0.0
