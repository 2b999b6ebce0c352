"""The network of a model of music: what comes next, given all keys that came before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.data.notes.rolls import KEYS
from seqloom.layers import CausalLayer
from seqloom.models.piano_keys import KeysHead

__all__ = ["INPUTS", "MusicNetwork"]

INPUTS = KEYS + 1
"""What a step of the body reads: the keys of the step before, and whether there is none before."""


class MusicNetwork(nn.Module):
    """p(k_1 … k_T) = Π_t p(k_t | y_t, k_{t-1}), y_t = body(k_0 … k_{t-1}), k_0 being the begin of a piece.

    The head sees the keys of the step before beside what the body says, for most notes last longer than a step.
    What the body reads is multiplied by a ``gain``, so that few keys are heard beside many units. In training a share
    ``input_dropout`` of it is dropped, and a share ``dropout`` of what the body says. ``head`` is called with the
    number of features that it sees.
    """

    def __init__(
        self,
        body: CausalLayer,
        head: Callable[[int], KeysHead],
        gain: float,
        dropout: float,
        input_dropout: float,
    ) -> None:
        super().__init__()
        self.body, self.gain = body, gain
        self.head = head(body.out_features + KEYS)
        self.dropout, self.input_dropout = nn.Dropout(dropout), nn.Dropout(input_dropout)

    def forward(self, keys: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Keys (B, T, 88) → their scores (B, T, 88), each given the steps before, and the keys below if the head asks
        for them."""
        scores: Tensor = self.head(self.features(keys, lengths), keys)
        return scores

    @torch.no_grad()
    def prime(self, first: Tensor, stays: Tensor) -> None:
        """Let the scores of a key (88,) begin as ``first``, and as ``stays`` where it sounded in the step before."""
        head = self.head.scores
        head.weight.zero_()
        head.weight[:, -KEYS:] = torch.diag(stays - first)
        head.bias.copy_(first)

    def features(self, keys: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Keys (B, T, 88) → what is known before each step (B, T, H + 88)."""
        before = functional.pad(keys[:, :-1], (0, 0, 1, 0))
        begins = torch.zeros_like(before[..., :1])
        begins[:, :1] = 1.0
        x = self.gain * torch.cat([self.input_dropout(before), begins], -1)
        y, _ = self.body(x, None, lengths)
        return torch.cat([self.dropout(y), before], -1)

    def begin(self, rows: int) -> tuple[Tensor, Any]:
        """What is known before the first step (B, H + 88), and the state."""
        weight = next(self.head.parameters())
        return self._known(weight.new_zeros(rows, KEYS), 1.0, self.body.initial_state(rows))

    def step(self, keys: Tensor, state: Any) -> tuple[Tensor, Any]:
        """The keys (B, 88) of a step → what is known before the next one (B, H + 88), and the state."""
        return self._known(keys, 0.0, state)

    def _known(self, keys: Tensor, begins: float, state: Any) -> tuple[Tensor, Any]:
        y, state = self.body.step(self.gain * functional.pad(keys, (0, 1), value=begins), state)
        return torch.cat([y, keys], -1), state
