"""The network of a model of music: what comes next, given all keys that came before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.data.notes.rolls import KEYS
from seqloom.layers import CausalLayer
from seqloom.models.piano_keys import KeysHead

__all__ = ["INPUTS", "MusicNetwork", "MusicState"]

INPUTS = KEYS + 1
"""What a step of the body reads, beside labels: the keys of the step before, and whether there is none before."""


class MusicState(NamedTuple):
    """The body's state, and the label (B, L) of each row."""

    body: Any
    label: Tensor


class MusicNetwork(nn.Module):
    """p(k_1 … k_T) = Π_t p(k_t | y_t, k_{t-1}), y_t = body(k_0 … k_{t-1}), k_0 being the begin of a piece.

    The head sees the keys of the step before beside what the body says, for most notes last longer than a step.
    What the body reads is multiplied by a ``gain``, so that few keys are heard beside many units. In training a share
    ``input_dropout`` of it is dropped, and a share ``dropout`` of what the body says. ``head`` is called with the
    number of features that it sees.

    x (B, T, 88 + L) are the keys, and beside them at each step what the piece is called: a 1 for one of L labels, or
    nothing where none is said. The body reads the label beside the keys, from the begin on.
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

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """x (B, T, 88 + L) → scores of the keys (B, T, 88), each given the steps before, and the keys below if the head
        asks for them."""
        scores: Tensor = self.head(self.features(x, lengths)[:, :-1], x[..., :KEYS])
        return scores

    @torch.no_grad()
    def prime(self, first: Tensor, stays: Tensor) -> None:
        """Let the scores of a key (88,) begin as ``first``, and as ``stays`` where it sounded in the step before."""
        head = self.head.scores
        head.weight.zero_()
        head.weight[:, -KEYS:] = torch.diag(stays - first)
        head.bias.copy_(first)

    def features(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """x (B, T, 88 + L) → what is known before each step, and after the last one (B, T + 1, H + 88)."""
        return self._known_of(*self.vectors(x, lengths), functional.pad(x[..., :KEYS], (0, 0, 1, 0)))

    def vectors(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """x (B, T, 88 + L) → what the body reads (B, T + 1, 89 + L): the begin, and then all T steps."""
        keys, label = x[..., :KEYS], x[..., KEYS:]
        begin = functional.pad(x.new_ones(len(x), 1, 1), (KEYS, 0))
        read = torch.cat([begin, functional.pad(self.input_dropout(keys), (0, 1))], 1)
        if label.shape[-1]:
            read = torch.cat([read, torch.cat([label[:, :1], label], 1)], -1)
        return self.gain * read, None if lengths is None else lengths + 1

    def answers(self, vectors: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Vectors (B, T + 1, 89 + L) → scores (B, T + 1, 88) before each step and after the last; of a head that asks
        for the keys below, given the likelier ones."""
        y = self._known_of(vectors, lengths, vectors[..., :KEYS] / self.gain)
        scores: Tensor = self.head(y, self.head.likeliest(y).detach())
        return scores

    def begin(self, rows: int, label: Tensor | None = None) -> tuple[Tensor, MusicState]:
        """What is known before the first step (B, H + 88) of pieces of one ``label`` (L,), and the state."""
        weight = next(self.head.parameters())
        said = weight.new_zeros(self.body.in_features - INPUTS) if label is None else label.to(weight)
        state = MusicState(self.body.initial_state(rows), said.expand(rows, -1))
        return self._known(weight.new_zeros(rows, KEYS), 1.0, state)

    def step(self, keys: Tensor, state: MusicState) -> tuple[Tensor, MusicState]:
        """The keys (B, 88) of a step → what is known before the next one (B, H + 88), and the state."""
        return self._known(keys, 0.0, state)

    def _known(self, keys: Tensor, begins: float, state: MusicState) -> tuple[Tensor, MusicState]:
        read = torch.cat([functional.pad(keys, (0, 1), value=begins), state.label], -1)
        y, body = self.body.step(self.gain * read, state.body)
        return torch.cat([y, keys], -1), state._replace(body=body)

    def _known_of(self, vectors: Tensor, lengths: Tensor | None, before: Tensor) -> Tensor:
        """What the body says of the vectors, and the keys ``before`` each step."""
        y, _ = self.body(vectors, None, lengths)
        return torch.cat([self.dropout(y), before], -1)
