"""Whole token models in compiled code, where the policy and the tensors allow it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from seqloom.kernels.backend import CPU, Kernel
from seqloom.kernels.call import States
from seqloom.kernels.cpu import TokenGenerator, TokenStep
from seqloom.kernels.network import Network, TopKSampling
from seqloom.kernels.policy import Operation
from seqloom.kernels.sequence import CPU_ENGINE

__all__ = ["TOKEN_STEPS", "TokenSteps"]


class TokenSteps:
    """``logits (B, V), states = steps(tokens (B,), states)`` for any B, on packed weights.

    The weights are those of the moment in which this was made: one generation, however long, is of one model. They are
    packed once for each batch size.
    """

    def __init__(self, network: Network) -> None:
        self.network = network.copy()
        self._of_size: dict[int, TokenStep] = {}

    def of_size(self, batch: int) -> TokenStep:
        """The step for ``batch`` rows."""
        if batch not in self._of_size:
            self._of_size = {batch: TokenStep(CPU_ENGINE, self.network, batch)}
        return self._of_size[batch]

    def __call__(self, tokens: Tensor, states: tuple[States, ...]) -> tuple[Tensor, tuple[States, ...]]:
        return self.of_size(len(tokens))(tokens, states)

    def generator(
        self, sampling: TopKSampling, seeds: Sequence[int], logits: Tensor, states: tuple[States, ...], position: int
    ) -> TokenGenerator:
        """Draws tokens of B rows after ``logits`` (B, V) and ``states``, the first with the number ``position``."""
        return TokenGenerator(self.of_size(len(logits)), sampling, seeds, logits, states, position)


class _Compiled(Kernel[Network, TokenSteps]):
    """A token's row, the layers and the head in one call."""

    backend = CPU
    summary = "one table of machine code for the whole model"

    def refusal(self, network: Network) -> str | None:
        if torch.is_autocast_enabled("cpu"):
            return "autocast is on"
        if not network.layers or not len(network.embedding):
            return "the model has no layers or knows no tokens"
        if any(layer.graph.has_parts for layer in network.layers):
            return "a cell takes its input apart, and the rows that are looked up are whole"
        return CPU_ENGINE.refusal(network.tensors)

    def run(self, network: Network) -> TokenSteps:
        return TokenSteps(network)


TOKEN_STEPS = Operation[Network, TokenSteps](
    "steps of a token model", (_Compiled(),), in_parts="layer by layer, each by its own choice"
)
