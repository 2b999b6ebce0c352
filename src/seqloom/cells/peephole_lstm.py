"""The LSTM whose gates see the memory (Gers & Schmidhuber, 2000)."""

from __future__ import annotations

from dataclasses import dataclass

from seqloom.cells.gated_memory import GatedMemory, MemoryGates
from seqloom.cells.words import Symbol, affine, named, sigmoid, tanh, weight

__all__ = ["PeepholeLSTM"]


@dataclass(frozen=True, kw_only=True)
class PeepholeLSTM(GatedMemory):
    """Long short-term memory with peepholes: each gate also reads the memory c, unit by unit.

    i = σ(input + p_i c), f = σ(forget + p_f c), g = tanh(candidate), each map of x and h;
    c' = f c + i g;  o = σ(output + p_o c');  h' = o tanh(c').

    The vectors p are ``input_peephole``, ``forget_peephole`` and ``output_peephole``, 0 at first; the output gate sees
    the new memory (Gers & Schmidhuber, "Recurrent nets that time and count", 2000). ``forget_bias`` as in
    ``LSTM``.

    >>> PeepholeLSTM(forget_bias=2.0).state
    ('h', 'c')
    """

    state = ("h", "c")
    forget_bias: float = 1.0

    def equations(self, x: Symbol, h: Symbol, c: Symbol) -> tuple[Symbol, Symbol]:
        i = named("input_gate", sigmoid(affine("input", x, h) + weight("input_peephole") * c))
        f = named("forget_gate", sigmoid(affine("forget", x, h) + weight("forget_peephole") * c))
        g = named("candidate", tanh(affine("candidate", x, h)))
        c = named("cell_state", f * c + i * g)
        o = named("output_gate", sigmoid(affine("output", x, h) + weight("output_peephole") * c))
        return o * tanh(c), c

    def initial_bias(self, name: str) -> float:
        return self.forget_bias if name == "forget" else 0.0

    @property
    def memory_gates(self) -> MemoryGates:
        return MemoryGates("forget", "input")
