"""The minimal gated unit: one gate that both resets and updates (Zhou et al., 2016)."""

from __future__ import annotations

from dataclasses import dataclass

from seqloom.cells.gated_memory import GatedMemory, MemoryGates
from seqloom.cells.words import Symbol, affine, named, sigmoid, tanh

__all__ = ["MinimalGated"]


@dataclass(frozen=True, kw_only=True)
class MinimalGated(GatedMemory):
    """Minimal gated unit: one gate decides what is written and what the candidate reads.

    f = σ(forget), a map of x and h;  n = tanh(W x + U (f h) + b), the map "candidate";
    h' = (1 - f) h + f n  (Zhou et al., 2016).

    As the equation has it, an open gate f writes. ``forget_bias`` is the first bias of "forget" (default 0); the memory
    begins long with a negative one.

    >>> MinimalGated(forget_bias=-1.0).initial_bias("forget")
    -1.0
    """

    state = ("h",)
    forget_bias: float = 0.0

    def equations(self, x: Symbol, h: Symbol) -> Symbol:
        f = named("forget_gate", sigmoid(affine("forget", x, h)))
        n = named("candidate", tanh(affine("candidate", x, f * h)))
        return (1 - f) * h + f * n

    def initial_bias(self, name: str) -> float:
        return self.forget_bias if name == "forget" else 0.0

    @property
    def memory_gates(self) -> MemoryGates:
        return MemoryGates(writes="forget")
