"""The light gated recurrent unit (Ravanelli et al., 2018)."""

from __future__ import annotations

from dataclasses import dataclass

from seqloom.cells.cell import Cell
from seqloom.cells.words import Symbol, affine, named, norm, relu, sigmoid

__all__ = ["LiGRU"]


@dataclass(frozen=True, kw_only=True)
class LiGRU(Cell):
    """Light gated recurrent unit: no reset gate, a candidate that is rectified, and the maps of x normalised.

    z = σ(LN(W_z x) + U_z h);  n = relu(LN(W_n x) + U_n h);  h' = z h + (1 - z) n  (Ravanelli et al., 2018).

    The paper normalises W x over the batch, step by step. That would tie the rows of a batch together, so a row alone,
    a stream or a padded batch would give other values; here it is layer norm, over the units. The shift of the norm is
    the bias.

    >>> LiGRU().state
    ('h',)
    """

    state = ("h",)

    def equations(self, x: Symbol, h: Symbol) -> Symbol:
        z = named("update_gate", sigmoid(preactivation("update", x, h)))
        n = named("candidate", relu(preactivation("candidate", x, h)))
        return z * h + (1 - z) * n


def preactivation(name: str, x: Symbol, h: Symbol) -> Symbol:
    """LN(W x) + U h."""
    return norm(f"{name}_norm", affine(name, x, bias=False)) + affine(f"{name}_state", h, bias=False)
