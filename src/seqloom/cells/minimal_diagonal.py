"""minGRU and minLSTM: gates that read x alone, so that a sequence is one scan (Feng et al., 2024)."""

from __future__ import annotations

from dataclasses import dataclass

from seqloom.cells.gated_memory import GatedMemory, MemoryGates
from seqloom.cells.words import Symbol, affine, minimum, named, relu, sigmoid, softplus

__all__ = ["MinGRU", "MinLSTM"]


def _candidate(x: Symbol, positive: bool) -> Symbol:
    """The map "candidate", or g of it: v + 1/2 for v ≥ 0, σ(v) below (Feng et al., 2024, appendix B)."""
    v = affine("candidate", x)
    return named("candidate", relu(v) + sigmoid(minimum(v, 0)) if positive else v)


@dataclass(frozen=True, kw_only=True)
class MinGRU(GatedMemory):
    """Minimal GRU.

    z = σ(update), n = candidate, both maps of x;  h' = (1 - z) h + z n  (Feng et al., 2024, sec. 3.1).

    The candidate is linear, as in the paper's main text, or made ``positive`` by g(v) = v + 1/2 for v ≥ 0 and σ(v)
    below, as in its experiments, whose scan ran on logarithms. Nothing but h itself carries the past.

    >>> MinGRU().state
    ('h',)
    """

    state = ("h",)
    positive: bool = False

    def equations(self, x: Symbol, h: Symbol) -> Symbol:
        z = named("update_gate", sigmoid(affine("update", x)))
        return (1 - z) * h + z * _candidate(x, self.positive)

    @property
    def memory_gates(self) -> MemoryGates:
        return MemoryGates(writes="update")


@dataclass(frozen=True, kw_only=True)
class MinLSTM(GatedMemory):
    """Minimal LSTM, its two gates scaled to add up to 1.

    f = σ(forget), i = σ(input), n = candidate, each a map of x;
    h' = (f h + i n) / (f + i)  (Feng et al., 2024, sec. 3.2).

    f / (f + i) = σ(log f - log i) is computed so, as in the paper's appendix B: both gates may be 0 to any precision.
    ``forget_bias`` is the forget gate's first bias (default 1); ``positive`` as in ``MinGRU``.

    >>> MinLSTM().state
    ('h',)
    """

    state = ("h",)
    forget_bias: float = 1.0
    positive: bool = False

    def equations(self, x: Symbol, h: Symbol) -> Symbol:
        f = named("forget_gate", sigmoid(softplus(-affine("input", x)) - softplus(-affine("forget", x))))
        return f * h + named("input_gate", 1 - f) * _candidate(x, self.positive)

    def initial_bias(self, name: str) -> float:
        return self.forget_bias if name == "forget" else 0.0

    @property
    def memory_gates(self) -> MemoryGates:
        return MemoryGates("forget", "input")
