"""The frame that modern layers share: a mixer over time and a network over features, each beside a residual path."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from seqloom.choice import Choice
from seqloom.errors import UsageError
from seqloom.layers.dropout import check_dropout
from seqloom.layers.norm import NormKind
from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import CausalLayer, SequenceLayer, check_causal, check_sequence, check_state, check_step

__all__ = ["Block", "CausalBlock", "Placement"]


class Placement(Choice):
    """Where a block normalises: "before" each part, off the residual path, or "after" each sum (Xiong et al., 2020)."""

    BEFORE = "before"
    AFTER = "after"


class Block(SequenceLayer):
    """A mixer over time and a network over features, each with a norm and beside a residual path.

    x = entry(x);  x = x + mixer(norm(x));  y = x + feed_forward(norm(x)).

    x (B, T, D) → y (B, T, H), where H is the mixer's width. ``mixer`` is a layer H → H; ``feed_forward`` is a module
    (…, H) → (…, H) or None, which leaves its line out. ``entry`` is a linear map D → H where the widths differ
    (``in_features``, default H), and nothing otherwise. With ``placement`` "after" the two lines are norm(x + mixer(x))
    and norm(x + feed_forward(x)), as in Vaswani et al. (2017). ``dropout`` is the share of values dropped from what is
    added. The state is the mixer's. Raises UsageError when the mixer changes the width.

    >>> import torch
    >>> from seqloom.cells import GRU
    >>> from seqloom.layers import Recurrent
    >>> block = CausalBlock(Recurrent(GRU, 4, 4), in_features=2)
    >>> y, state = block(torch.zeros(1, 5, 2))
    >>> y.shape, state.h.shape
    (torch.Size([1, 5, 4]), torch.Size([1, 4]))
    """

    def __init__(
        self,
        mixer: SequenceLayer,
        feed_forward: nn.Module | None = None,
        *,
        in_features: int | None = None,
        norm: NormKind = NormKind.RMS,
        placement: Placement = Placement.BEFORE,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        check_causal(self, [mixer])
        width = mixer.out_features
        if mixer.in_features != width:
            raise UsageError(f"A block adds its mixer to x, but this one maps {mixer.in_features} features to {width}.")
        self.in_features, self.out_features = width if in_features is None else in_features, width
        back = mixer.backward_features
        self.backward_features = None if back and feed_forward is not None else back
        self.entry = nn.Identity() if self.in_features == width else nn.Linear(self.in_features, width, bias=False)
        self.mixer = mixer
        self.mixer_norm = NormKind(norm).module(width)
        self.feed_forward = feed_forward
        self.feed_forward_norm = None if feed_forward is None else NormKind(norm).module(width)
        self.norm, self.placement, self.dropout = NormKind(norm), Placement(placement), check_dropout(dropout)
        self.drop = nn.Dropout(dropout)

    @property
    def last_norm(self) -> NormKind | None:
        """The norm to put after the last of such blocks: with norms before the parts, their sum has had none."""
        return self.norm if self.placement is Placement.BEFORE else None

    def initial_state(self, batch_size: int) -> Any:
        """The mixer's initial state."""
        return self.mixer.initial_state(batch_size)

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, Any]:
        """x (B, T, D) → y (B, T, H), and the mixer's final state."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        if state is not None:
            check_state(self, state, x.shape[0])
        x = self.entry(real_steps_only(x, lengths))
        mixed, state = self.mixer(self._inside(x, self.mixer_norm), state, lengths)
        return real_steps_only(self._feed(self._joined(x, mixed, self.mixer_norm)), lengths), state

    def read_by_mixer(self, x: Tensor) -> Tensor:
        """x (B, T, D) → what the mixer reads of it (B, T, H)."""
        return self._inside(self.entry(x), self.mixer_norm)

    def _inside(self, x: Tensor, norm: nn.Module) -> Tensor:
        """What a part reads."""
        return norm(x) if self.placement is Placement.BEFORE else x

    def _joined(self, x: Tensor, part: Tensor, norm: nn.Module) -> Tensor:
        """The residual path after a part."""
        x = x + self.drop(part)
        return x if self.placement is Placement.BEFORE else norm(x)

    def _feed(self, x: Tensor) -> Tensor:
        if self.feed_forward is None or self.feed_forward_norm is None:
            return x
        return self._joined(x, self.feed_forward(self._inside(x, self.feed_forward_norm)), self.feed_forward_norm)


class CausalBlock(Block, CausalLayer):
    """A block whose mixer streams, and which therefore streams."""

    mixer: CausalLayer

    def step(self, x_t: Tensor, state: Any) -> tuple[Tensor, Any]:
        """One step: x_t (B, D) and the state give y_t (B, H) and the next state."""
        check_step(self, x_t, self.in_features)
        check_state(self, state, x_t.shape[0])
        x = self.entry(x_t)
        mixed, state = self.mixer.step(self._inside(x, self.mixer_norm), state)
        return self._feed(self._joined(x, mixed, self.mixer_norm)), state
