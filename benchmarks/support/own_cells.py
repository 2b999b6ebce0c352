"""Cells that torch has not got, as equations."""

from __future__ import annotations

from seqloom.cells import Cell, Symbol, affine, norm, sigmoid, tanh, weight

__all__ = ["LayerNormLSTM", "LeakyMemory", "PeepholeLSTM"]


class PeepholeLSTM(Cell):
    """An LSTM whose gates also see the cell (Gers & Schmidhuber, 2000)."""

    state = ("h", "c")

    def equations(self, x: Symbol, h: Symbol, c: Symbol) -> tuple[Symbol, Symbol]:
        i = sigmoid(affine("input", x, h) + weight("input_peephole") * c)
        f = sigmoid(affine("forget", x, h) + weight("forget_peephole") * c)
        c = f * c + i * tanh(affine("candidate", x, h))
        o = sigmoid(affine("output", x, h) + weight("output_peephole") * c)
        return o * tanh(c), c


class LayerNormLSTM(Cell):
    """An LSTM whose maps of x and of h, and whose cell, are normalised (Ba et al., 2016, eq. 20–22), gate by gate."""

    state = ("h", "c")

    def equations(self, x: Symbol, h: Symbol, c: Symbol) -> tuple[Symbol, Symbol]:
        def gate(name: str) -> Symbol:
            of_x = norm(f"{name}_x_norm", affine(f"{name}_x", x, bias=False))
            return of_x + norm(f"{name}_h_norm", affine(f"{name}_h", h, bias=False))

        c = sigmoid(gate("forget")) * c + sigmoid(gate("input")) * tanh(gate("candidate"))
        return sigmoid(gate("output")) * tanh(norm("cell_norm", c)), c


class LeakyMemory(Cell):
    """A cell as a user might write it: a memory that leaks at a learned pace, read through a gate."""

    state = ("h", "c")

    def equations(self, x: Symbol, h: Symbol, c: Symbol) -> tuple[Symbol, Symbol]:
        keep = sigmoid(weight("pace"))
        c = keep * c + (1 - keep) * tanh(affine("candidate", x, h))
        return sigmoid(affine("gate", x, h)) * c, c
