"""A linear-chain conditional random field on top of scores of tags."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.kernels.autocast import without_autocast
from seqloom.kernels.symbolic import Leaf
from seqloom.kernels.transforms import is_seen
from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import check_lengths
from seqloom.layers.random_field.best_path import best_path
from seqloom.layers.random_field.chain import Chain
from seqloom.layers.random_field.log_partition import LOG_PARTITION, marginals
from seqloom.layers.random_field.messages import log_sum, messages

__all__ = ["ConditionalRandomField", "Legal"]


class Legal(NamedTuple):
    """Which of K tags may come first, ``start`` (K,), which after which, ``transitions`` (K, K), which last, ``end``.

    All are bool. A row of ``transitions`` is the tag before, a column the tag after.
    """

    start: Tensor
    transitions: Tensor
    end: Tensor


class ConditionalRandomField(Leaf):
    """p(y | x) = exp(start[y_0] + Σ_t scores_t[y_t] + Σ_t transitions[y_{t-1}, y_t] + end[y_{T-1}]) / Z(x).

    What lies below gives ``scores`` (B, T, K) of K tags; this learns ``start``, ``transitions`` and ``end``, 0 at first
    (Lafferty, McCallum & Pereira, 2001). What is not ``legal`` (default: all is) has no probability, whatever the
    scores say. ``lengths`` (B,) are the real steps of each row (default: T); what stands beyond changes nothing. Sums
    are taken in float64 (on Apple's GPU, which has none, in float32).

    Raises UsageError for shapes that do not fit, and for a row of so few steps that no sequence of tags is legal.

    >>> field = ConditionalRandomField(3)
    >>> scores, tags, lengths = torch.zeros(2, 4, 3), torch.tensor([[0, 1, 2, 0], [2, 0, 0, 0]]), torch.tensor([4, 1])
    >>> [round(possible) for possible in field(scores, tags, lengths).exp().tolist()]
    [81, 3]
    """

    def __init__(self, tags: int, legal: Legal | None = None) -> None:
        super().__init__()
        self.tags = tags
        for name, *shape in (("start", tags), ("transitions", tags, tags), ("end", tags)):
            allowed = torch.ones(shape, dtype=torch.bool) if legal is None else getattr(legal, name)
            if allowed.shape != tuple(shape) or allowed.dtype != torch.bool:
                raise UsageError(f"legal.{name}: expected {tuple(shape)} of bool; got {tuple(allowed.shape)}.")
            self.register_parameter(name, nn.Parameter(torch.zeros(shape)))
            self.register_buffer(f"illegal_{name}", ~allowed, persistent=False)

    def forward(self, scores: Tensor, tags: Tensor, lengths: Tensor | None = None) -> Tensor:
        """−ln p(tags | x), (B,), for ``tags`` (B, T): ∞ where they are not legal, 0 for a row without steps.

        A tag below 0 is not known: what is left is the probability of the others.
        """
        chain = self._chain(scores, lengths)
        tags = self._checked(tags, chain)
        with without_autocast(scores):
            total = self._possible(LOG_PARTITION(chain), chain)
            known = not is_seen((tags,)) and bool((tags >= 0).all())
            given = chain.score(tags) if known else LOG_PARTITION(chain.given(tags))
            return (total - given).to(scores.dtype)

    def marginals(self, scores: Tensor, lengths: Tensor | None = None) -> Tensor:
        """p(y_t = k | x), (B, T, K), 0 beyond each row's length; to look at, without gradients."""
        chain = self._chain(scores.detach(), lengths)
        with torch.no_grad(), without_autocast(scores):
            found = messages(chain)
            self._possible(found.total, chain)
            return marginals(chain, found)[:, : scores.shape[1]].to(scores.dtype)

    def best(self, scores: Tensor, lengths: Tensor | None = None) -> Tensor:
        """The likeliest tags (B, T), always legal; 0 beyond each row's length."""
        chain = self._chain(scores.detach(), lengths)
        with torch.no_grad():
            tags, score = best_path(chain)
            self._possible(score, chain)
            return tags[:, : scores.shape[1]]

    def initial_state(self, batch_size: int) -> Tensor:
        """What ``step`` begins with, (B, K)."""
        return self._weight("start").expand(batch_size, -1).clone()

    def step(self, scores: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """p(y_t = k | what was read up to t), (B, K), from one step's ``scores`` (B, K), and the next state.

        A state is ln Σ exp over the tags so far, for each tag that may follow; what is to come counts as unknown.
        """
        logs = torch.log_softmax(scores.to(state.dtype) + state, -1)
        return logs.exp().to(scores.dtype), log_sum(logs[:, :, None] + self._weight("transitions"), 1)

    def _weight(self, name: str) -> Tensor:
        weight: Tensor = getattr(self, name)
        return weight.to(_working(weight)).masked_fill(getattr(self, f"illegal_{name}"), -math.inf)

    def _chain(self, scores: Tensor, lengths: Tensor | None) -> Chain:
        if scores.ndim != 3 or scores.shape[2] != self.tags or not scores.is_floating_point():
            raise UsageError(
                f"ConditionalRandomField expected scores (B, T, {self.tags}) of floating point; got "
                f"{tuple(scores.shape)}, {scores.dtype}."
            )
        rows, time, _ = scores.shape
        lengths = check_lengths(self, lengths, rows, time)
        lengths = torch.full((rows,), time) if lengths is None else lengths
        scores = real_steps_only(scores, lengths) if time else F.pad(scores, (0, 0, 0, 1))
        weights = (self._weight(name) for name in ("start", "transitions", "end"))
        return Chain(scores.to(_working(scores)), lengths.to(scores.device), *weights)

    def _checked(self, tags: Tensor, chain: Chain) -> Tensor:
        """The tags with 0 beyond each row's length."""
        rows, time, count = chain.scores.shape
        if tags.shape[1:] == (0,):
            tags = F.pad(tags, (0, 1))
        if tags.shape != (rows, time) or tags.is_floating_point():
            raise UsageError(f"Expected tags ({rows}, {time}), whole numbers; got {tuple(tags.shape)}, {tags.dtype}.")
        tags = torch.where(chain.real, tags, 0)
        if not is_seen((tags,)) and rows and int(tags.max()) >= count:
            raise UsageError(f"Tags are from 0 to {count - 1}, below 0 where unknown; got {int(tags.max())}.")
        return tags

    def _possible(self, score: Tensor, chain: Chain) -> Tensor:
        """``score`` (B,), unless a row has no legal path, whose scores are all -∞."""
        if not is_seen((score,)) and bool((none := score == -math.inf).any()):
            row = int(none.nonzero()[0])
            raise UsageError(f"Row {row}: no sequence of {int(chain.lengths[row])} tags is legal.")
        return score


def _working(values: Tensor) -> torch.dtype:
    return torch.float32 if values.device.type == "mps" else torch.float64
