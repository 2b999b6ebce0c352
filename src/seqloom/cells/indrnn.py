"""The independently recurrent network: each unit remembers itself alone (Li et al., 2018)."""

from __future__ import annotations

from dataclasses import dataclass

from seqloom.cells.cell import Cell
from seqloom.cells.elman import Activation
from seqloom.cells.initialisation import Between, Initialiser
from seqloom.cells.words import Symbol, affine, weight

__all__ = ["IndRNN"]


@dataclass(frozen=True, kw_only=True)
class IndRNN(Cell):
    """Independently recurrent network: h' = f(W x + u h + b), u one number for each unit (Li et al., 2018).

    f is ``activation``, ReLU at first. W is ``hidden.weight_0`` and u is ``recurrent``, filled by ``unit_init``
    (default: between 0 and 1). With ReLU the gradient over T steps scales with u^T: the paper keeps |u| below 2^(1/T),
    by clamping it after each update of the weights.

    >>> from seqloom.layers import Recurrent
    >>> Recurrent(IndRNN, 3, 4).weights.recurrent.vector.shape
    torch.Size([4])
    """

    state = ("h",)
    activation: Activation = Activation.RELU
    unit_init: Initialiser = Between(0.0, 1.0)

    def equations(self, x: Symbol, h: Symbol) -> Symbol:
        return self.activation.apply(affine("hidden", x) + weight("recurrent", self.unit_init) * h)
