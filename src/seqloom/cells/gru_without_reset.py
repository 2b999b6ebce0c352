"""The gated recurrent unit without its reset gate (Ravanelli et al., 2017)."""

from __future__ import annotations

from dataclasses import dataclass

from seqloom.cells.gated_memory import GatedMemory, MemoryGates
from seqloom.cells.gru import UpdateGate
from seqloom.cells.words import Symbol, affine, named, sigmoid, tanh

__all__ = ["GRUWithoutReset"]


@dataclass(frozen=True, kw_only=True)
class GRUWithoutReset(GatedMemory):
    """Gated recurrent unit with the update gate alone, a third of the weights fewer.

    z = σ(update), n = tanh(candidate), both maps of x and h;
    h' = z h + (1 - z) n when the update gate ``keeps`` (the default), (1 - z) h + z n when it ``writes``.

    M-GRU of Ravanelli et al. ("Improving speech recognition by revising gated recurrent units", 2017).

    >>> GRUWithoutReset().update
    <UpdateGate.KEEPS: 'keeps'>
    """

    state = ("h",)
    update: UpdateGate = UpdateGate.KEEPS

    def equations(self, x: Symbol, h: Symbol) -> Symbol:
        z = named("update_gate", sigmoid(affine("update", x, h)))
        n = named("candidate", tanh(affine("candidate", x, h)))
        return self.update.mix(z, h, n)

    @property
    def memory_gates(self) -> MemoryGates:
        return self.update.gates("update")
