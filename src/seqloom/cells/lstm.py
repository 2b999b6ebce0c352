"""Long short-term memory (Hochreiter & Schmidhuber, 1997) with the forget gate of Gers et al. (2000)."""

from __future__ import annotations

from dataclasses import dataclass

from seqloom.cells.gated_memory import GatedMemory, MemoryGates
from seqloom.cells.words import Symbol, affine, named, sigmoid, tanh

__all__ = ["LSTM"]


@dataclass(frozen=True, kw_only=True)
class LSTM(GatedMemory):
    """Long short-term memory: a cell c that gates write, keep and read.

    i = σ(input), f = σ(forget), g = tanh(candidate), o = σ(output), each a map of x and h;
    c' = f c + i g;  h' = o tanh(c').

    Hochreiter & Schmidhuber (1997) without the forget gate; Gers et al. (2000, sec. 3) with it. ``forget_bias`` is the
    forget gate's first bias; 1 keeps the memory open early in training (Jozefowicz et al., 2015, sec. 2.2). ``chrono``
    spreads it over the units instead (``GatedMemory``).

    >>> LSTM().state
    ('h', 'c')
    """

    state = ("h", "c")
    forget_bias: float = 1.0

    def equations(self, x: Symbol, h: Symbol, c: Symbol) -> tuple[Symbol, Symbol]:
        i = named("input_gate", sigmoid(affine("input", x, h)))
        f = named("forget_gate", sigmoid(affine("forget", x, h)))
        g = named("candidate", tanh(affine("candidate", x, h)))
        o = named("output_gate", sigmoid(affine("output", x, h)))
        c = named("cell_state", f * c + i * g)
        return o * tanh(c), c

    def initial_bias(self, name: str) -> float:
        return self.forget_bias if name == "forget" else 0.0

    @property
    def memory_gates(self) -> MemoryGates:
        return MemoryGates("forget", "input")
