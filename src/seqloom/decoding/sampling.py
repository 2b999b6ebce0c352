"""Drawing tokens one step at a time, many rows in one batch, each row with a random stream of its own."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from seqloom.decoding.filters import Filter, apply_filters
from seqloom.decoding.protocol import Select, Step
from seqloom.errors import DivergedError, SeqloomError, UsageError
from seqloom.kernels.random_bits import TOKENS, row_seeds, uniform

__all__ = ["RowDraws", "no_token_left", "sample"]

_BLOCK = 256


class RowDraws:
    """Uniform numbers in [0, 1), one stream a row: number t is a function of (row seed, t) alone.

    >>> alone, together = RowDraws([7]), RowDraws([3, 7])
    >>> bool(alone.next([0])[0] == together.next([0, 1])[1])
    True
    """

    def __init__(self, seeds: Sequence[int]) -> None:
        wrong = [f"{seed!r}" for seed in seeds if not 0 <= seed < 2**64]
        if wrong:
            raise UsageError(f"seed: expected a whole number of at least 0 and below 2^64, got {wrong[0]}.")
        self._seeds = row_seeds(seeds)
        self._block = torch.empty(len(seeds), 0, dtype=torch.float64)
        self._first = 0
        self._used = 0

    def next(self, rows: Sequence[int]) -> Tensor:
        """One number for each of ``rows``, float64 (len(rows),); every stream moves on by one."""
        if self._used == self._block.shape[1]:
            self._first += self._used
            self._used = 0
            self._block = uniform(TOKENS, self._seeds[:, None], self._first + torch.arange(_BLOCK))
        column = self._block[:, self._used]
        self._used += 1
        return column[list(rows)]


def draw(logits: Tensor, uniform: Tensor) -> Tensor:
    """The token where the cumulative probability passes ``uniform``: logits (B, V), uniform (B,) → (B,).

    >>> draw(torch.tensor([[0.25, 0.75], [0.25, 0.75]]).log(), torch.tensor([0.2, 0.3], dtype=torch.float64))
    tensor([0, 1])
    """
    scores = logits.cpu().double()
    cumulative = (scores - scores.amax(dim=-1, keepdim=True)).exp().cumsum(dim=-1)
    total = cumulative[:, -1]
    target = torch.minimum(uniform * total, torch.nextafter(total, torch.zeros_like(total)))
    tokens: Tensor = torch.searchsorted(cumulative, target[:, None], right=True)[:, 0]
    return tokens


def sample(
    step: Step,
    select: Select,
    logits: Tensor,
    state: Any,
    *,
    seeds: Sequence[int],
    limit: int,
    end: int | None = None,
    filters: Sequence[Filter] = (),
    seen: Tensor | None = None,
    done: Container[int] = (),
) -> Iterator[tuple[int, int]]:
    """Yield ``(row, token)`` as they are drawn, until each row gives ``end`` (not yielded), has ``limit`` tokens, or is
    in ``done``, to which the reader may add rows after any of their tokens.

    ``logits`` (B, V) and ``state`` are what the model gave after the prompts; ``seeds`` has one number a row;
    ``seen`` (B, V) marks the tokens of the prompts for :class:`RepetitionPenalty`. A row that ends leaves the
    batch, so the rest does not pay for it. What a row draws does not depend on its neighbours.
    """
    rows = list(range(logits.shape[0]))
    if len(seeds) != len(rows):
        raise UsageError(f"Expected one seed for each of {len(rows)} rows, got {len(seeds)}.")
    draws = RowDraws(seeds)
    seen = torch.zeros_like(logits, dtype=torch.bool) if seen is None else seen.clone()
    for position in range(limit):
        if not rows:
            return
        filtered = apply_filters(filters, logits, seen)
        best = filtered.amax(dim=-1)
        if not bool(torch.isfinite(best).all()):
            raise no_token_left(logits)
        tokens = draw(filtered, draws.next(rows))  # on the CPU: not every device has float64
        chosen = tokens.tolist()
        tokens = tokens.to(logits.device)
        going = [k for k, token in enumerate(chosen) if token != end]
        for k in going:
            yield rows[k], chosen[k]
        going = [k for k in going if rows[k] not in done]
        if position + 1 == limit:
            return
        if len(going) < len(rows):
            kept = torch.tensor(going, dtype=torch.long, device=logits.device)
            rows, tokens, seen, state = (
                [rows[k] for k in going],
                tokens[kept],
                seen[kept],
                select(state, kept),
            )
        if rows:
            seen.scatter_(1, tokens[:, None], True)
            logits, state = step(tokens, state)


def no_token_left(logits: Tensor) -> SeqloomError:
    """The error for scores from which no token can be drawn."""
    if bool(torch.isnan(logits).any()):
        return DivergedError("The model's scores are not numbers. Train it again with a lower learning rate.")
    return UsageError("The filters leave no token to choose from. Forbid fewer tokens.")
