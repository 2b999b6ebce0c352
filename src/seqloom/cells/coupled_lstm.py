"""The LSTM that forgets exactly as much as it writes (Greff et al., 2017)."""

from __future__ import annotations

from dataclasses import dataclass

from seqloom.cells.gated_memory import GatedMemory, MemoryGates
from seqloom.cells.words import Symbol, affine, named, sigmoid, tanh

__all__ = ["CoupledLSTM"]


@dataclass(frozen=True, kw_only=True)
class CoupledLSTM(GatedMemory):
    """Long short-term memory with coupled gates: f = 1 - i, so one gate and a quarter of the weights fewer.

    i = σ(input), g = tanh(candidate), o = σ(output), each a map of x and h;
    c' = (1 - i) c + i g;  h' = o tanh(c').

    The variant CIFG of Greff et al. (2017), here without peepholes. ``forget_bias`` is the first bias of the
    gate 1 - i (default 1, as in ``LSTM``), so the map "input" begins with its negative.

    >>> CoupledLSTM().initial_bias("input")
    -1.0
    """

    state = ("h", "c")
    forget_bias: float = 1.0

    def equations(self, x: Symbol, h: Symbol, c: Symbol) -> tuple[Symbol, Symbol]:
        i = named("input_gate", sigmoid(affine("input", x, h)))
        g = named("candidate", tanh(affine("candidate", x, h)))
        o = named("output_gate", sigmoid(affine("output", x, h)))
        c = named("cell_state", named("forget_gate", 1 - i) * c + i * g)
        return o * tanh(c), c

    def initial_bias(self, name: str) -> float:
        return -self.forget_bias if name == "input" else 0.0

    @property
    def memory_gates(self) -> MemoryGates:
        return MemoryGates(writes="input")
