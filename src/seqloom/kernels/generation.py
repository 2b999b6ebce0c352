"""Whole token models in compiled code, where the policy and the tensors allow it."""

from __future__ import annotations

import torch
from torch import Tensor

from seqloom.kernels.call import States
from seqloom.kernels.cpu import Network, TokenStep
from seqloom.kernels.policy import wish
from seqloom.kernels.sequence import CPU_ENGINE
from seqloom.kernels.stamps import stamps

__all__ = ["TokenSteps", "runs_compiled"]


def runs_compiled(network: Network) -> bool:
    """Whether steps of ``network`` without gradients run in compiled code here."""
    if wish() not in ("auto", "cpu") or torch.is_autocast_enabled("cpu"):
        return False
    if any(layer.graph.has_parts for layer in network.layers):  # the rows that are looked up are whole
        return False
    return bool(network.layers) and len(network.embedding) > 0 and CPU_ENGINE.runs(network.tensors)


class TokenSteps:
    """``logits (B, V), states = steps(tokens (B,), states)`` for any B, with the weights of the moment.

    Weights are packed once for each batch size, and anew when a tensor has moved or changed; writes through ``.data``
    leave no trace.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._tensors = network.tensors
        self._of_size: dict[int, TokenStep] = {}
        self._stamps = stamps(self._tensors)

    def of_size(self, batch: int) -> TokenStep:
        """The step for ``batch`` rows."""
        present = stamps(self._tensors)
        if present != self._stamps:
            self._of_size, self._stamps = {}, present
        if batch not in self._of_size:
            self._of_size = {batch: TokenStep(CPU_ENGINE, self.network, batch)}
        return self._of_size[batch]

    @property
    def hold(self) -> bool:
        """Whether the weights are those that were packed last."""
        return self._stamps == stamps(self._tensors)

    def __call__(self, tokens: Tensor, states: tuple[States, ...]) -> tuple[Tensor, tuple[States, ...]]:
        return self.of_size(len(tokens))(tokens, states)
