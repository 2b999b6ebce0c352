"""Gated recurrent units, in the variants that two independent choices make.

The reset gate acts before the product with the candidate's recurrent weights (Cho et al., 2014) or after it (torch,
cuDNN); the update gate says how much of the past is kept (Cho et al., 2014, eq. 7) or how much is written (Chung et
al., 2014, eq. 5).
"""

from __future__ import annotations

from dataclasses import dataclass

from seqloom.cells.gated_memory import GatedMemory, MemoryGates
from seqloom.cells.words import Symbol, affine, named, sigmoid, tanh
from seqloom.choice import Choice

__all__ = ["GRU", "GRUResetAfter", "UpdateGate"]


class UpdateGate(Choice):
    """What an open update gate does."""

    KEEPS = "keeps"
    WRITES = "writes"

    def mix(self, gate: Symbol, past: Symbol, candidate: Symbol) -> Symbol:
        """The new state: the past and the candidate, in the gate's proportions."""
        if self is UpdateGate.KEEPS:
            return gate * past + (1 - gate) * candidate
        return (1 - gate) * past + gate * candidate

    def gates(self, name: str) -> MemoryGates:
        """The gate ``name`` as the one that keeps or the one that writes."""
        return MemoryGates(keeps=name) if self is UpdateGate.KEEPS else MemoryGates(writes=name)


@dataclass(frozen=True, kw_only=True)
class GRU(GatedMemory):
    """Gated recurrent unit, reset before the product.

    z = σ(update), r = σ(reset), each a map of x and h;  n = tanh(W x + U (r h) + b), the map "candidate";
    h' = z h + (1 - z) n when the update gate ``keeps`` (Cho et al., 2014), (1 - z) h + z n when it ``writes``
    (Chung et al., 2014). ``chrono`` spreads its first biases (``GatedMemory``).

    >>> GRU(update="writes").state
    ('h',)
    """

    state = ("h",)
    update: UpdateGate = UpdateGate.KEEPS

    def equations(self, x: Symbol, h: Symbol) -> Symbol:
        z = named("update_gate", sigmoid(affine("update", x, h)))
        r = named("reset_gate", sigmoid(affine("reset", x, h)))
        n = named("candidate", tanh(affine("candidate", x, r * h)))
        return self.update.mix(z, h, n)

    @property
    def memory_gates(self) -> MemoryGates:
        return self.update.gates("update")


@dataclass(frozen=True, kw_only=True)
class GRUResetAfter(GatedMemory):
    """Gated recurrent unit, reset after the product, as in torch and cuDNN.

    z = σ(update), r = σ(reset);  n = tanh(candidate(x) + r candidate_state(h)), both maps with a bias;
    h' as in ``GRU``. With ``keeps``, the default, this is exactly ``torch.nn.GRU``.

    >>> GRUResetAfter().update
    <UpdateGate.KEEPS: 'keeps'>
    """

    state = ("h",)
    update: UpdateGate = UpdateGate.KEEPS

    def equations(self, x: Symbol, h: Symbol) -> Symbol:
        r = named("reset_gate", sigmoid(affine("reset", x, h)))
        z = named("update_gate", sigmoid(affine("update", x, h)))
        n = named("candidate", tanh(affine("candidate", x) + r * affine("candidate_state", h)))
        return self.update.mix(z, h, n)

    @property
    def memory_gates(self) -> MemoryGates:
        return self.update.gates("update")
