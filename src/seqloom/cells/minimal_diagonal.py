"""minGRU and minLSTM: gates that read x alone, so that a sequence is one scan (Feng et al., 2024)."""

from __future__ import annotations

from dataclasses import dataclass

from seqloom.cells.cell import Cell
from seqloom.cells.words import Symbol, affine, sigmoid

__all__ = ["MinGRU", "MinLSTM"]


@dataclass(frozen=True, kw_only=True)
class MinGRU(Cell):
    """Minimal GRU.

    z = σ(update), n = candidate, both maps of x;  h' = (1 - z) h + z n  (Feng et al., 2024, sec. 3.1).

    The candidate is linear, as in the paper's main text; nothing but h itself carries the past.

    >>> MinGRU().state
    ('h',)
    """

    state = ("h",)

    def equations(self, x: Symbol, h: Symbol) -> Symbol:
        z = sigmoid(affine("update", x))
        return (1 - z) * h + z * affine("candidate", x)


@dataclass(frozen=True, kw_only=True)
class MinLSTM(Cell):
    """Minimal LSTM, its two gates scaled to add up to 1.

    f = σ(forget), i = σ(input), n = candidate, each a map of x;
    h' = (f h + i n) / (f + i)  (Feng et al., 2024, sec. 3.2).

    ``forget_bias`` is the forget gate's first bias (default 1).

    >>> MinLSTM().state
    ('h',)
    """

    state = ("h",)
    forget_bias: float = 1.0

    def equations(self, x: Symbol, h: Symbol) -> Symbol:
        f, i = sigmoid(affine("forget", x)), sigmoid(affine("input", x))
        keep = f / (f + i)
        return keep * h + (1 - keep) * affine("candidate", x)

    def initial_bias(self, name: str) -> float:
        return self.forget_bias if name == "forget" else 0.0
