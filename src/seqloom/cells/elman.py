"""The simple recurrent network (Elman, 1990)."""

from __future__ import annotations

from dataclasses import dataclass

from seqloom.cells.cell import Cell
from seqloom.cells.words import Symbol, affine, relu, sigmoid, tanh
from seqloom.choice import Choice

__all__ = ["Activation", "Elman"]


class Activation(Choice):
    """The squashing function of an Elman cell."""

    TANH = "tanh"
    RELU = "relu"
    SIGMOID = "sigmoid"

    def apply(self, value: Symbol) -> Symbol:
        """The function of ``value``, unit by unit."""
        return {Activation.TANH: tanh, Activation.RELU: relu, Activation.SIGMOID: sigmoid}[self](value)


@dataclass(frozen=True, kw_only=True)
class Elman(Cell):
    """Elman's network, the simple recurrent one: h' = f(W x + U h + b) (Elman, 1990).

    f is ``activation``: tanh (default), ReLU (Le et al., 2015) or the logistic function. W is ``hidden.weight_0``, U is
    ``hidden.weight_1``, b is ``hidden.bias``.

    >>> from seqloom.layers import Recurrent
    >>> Recurrent(Elman(activation="relu"), 3, 4).out_features
    4
    """

    state = ("h",)
    activation: Activation = Activation.TANH

    def equations(self, x: Symbol, h: Symbol) -> Symbol:
        return self.activation.apply(affine("hidden", x, h))
