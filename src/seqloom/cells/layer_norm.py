"""An LSTM and a GRU whose maps are normalised over their units (Ba et al., 2016, supplement).

The paper takes the mean and variance over all gates of a step together; here each map is normalised over its own H
units.
"""

from __future__ import annotations

from dataclasses import dataclass

from seqloom.cells.gated_memory import GatedMemory, MemoryGates
from seqloom.cells.gru import UpdateGate
from seqloom.cells.words import Symbol, affine, named, norm, sigmoid, tanh

__all__ = ["LayerNormGRU", "LayerNormLSTM"]


def normalised(name: str, operand: Symbol) -> Symbol:
    """LN(W operand); its shift takes the place of a bias."""
    return norm(f"{name}_norm", affine(name, operand, bias=False))


@dataclass(frozen=True, kw_only=True)
class LayerNormLSTM(GatedMemory):
    """Long short-term memory with layer norm on the maps of x, on the maps of h, and on the memory as it is read.

    i, f, o = σ(LN(W x) + LN(U h)), g = tanh(LN(W x) + LN(U h)), each with its own W, U and norms;
    c' = f c + i g;  h' = o tanh(LN(c')).

    W is ``forget.weight_0`` and U ``forget_state.weight_0``, and so for each gate. ``forget_bias`` as in ``LSTM``: the
    first shift of the forget gate's norm of U h.

    >>> LayerNormLSTM().initial_bias("forget_state_norm")
    1.0
    """

    state = ("h", "c")
    forget_bias: float = 1.0

    def equations(self, x: Symbol, h: Symbol, c: Symbol) -> tuple[Symbol, Symbol]:
        i = named("input_gate", sigmoid(normalised("input", x) + normalised("input_state", h)))
        f = named("forget_gate", sigmoid(normalised("forget", x) + normalised("forget_state", h)))
        g = named("candidate", tanh(normalised("candidate", x) + normalised("candidate_state", h)))
        o = named("output_gate", sigmoid(normalised("output", x) + normalised("output_state", h)))
        c = named("cell_state", f * c + i * g)
        return o * tanh(norm("memory_norm", c)), c

    def initial_bias(self, name: str) -> float:
        return self.forget_bias if name == "forget_state_norm" else 0.0

    @property
    def memory_gates(self) -> MemoryGates:
        return MemoryGates("forget_state_norm", "input_state_norm")


@dataclass(frozen=True, kw_only=True)
class LayerNormGRU(GatedMemory):
    """Gated recurrent unit, reset after the product, with layer norm on the maps of x and on those of h.

    z, r = σ(LN(W x) + LN(U h)), each with its own W, U and norms;  n = tanh(LN(W x) + r LN(U h));
    h' = (1 - z) h + z n when the update gate ``writes`` (as in the paper, the default), z h + (1 - z) n when it
    ``keeps``.

    >>> LayerNormGRU().update
    <UpdateGate.WRITES: 'writes'>
    """

    state = ("h",)
    update: UpdateGate = UpdateGate.WRITES

    def equations(self, x: Symbol, h: Symbol) -> Symbol:
        r = named("reset_gate", sigmoid(normalised("reset", x) + normalised("reset_state", h)))
        z = named("update_gate", sigmoid(normalised("update", x) + normalised("update_state", h)))
        n = named("candidate", tanh(normalised("candidate", x) + r * normalised("candidate_state", h)))
        return self.update.mix(z, h, n)

    @property
    def memory_gates(self) -> MemoryGates:
        return self.update.gates("update_state_norm")
