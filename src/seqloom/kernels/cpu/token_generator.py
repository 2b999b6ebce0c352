"""Many tokens in one call: each is drawn, looked up and carried through the layers without leaving compiled code."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from seqloom.kernels.call import States
from seqloom.kernels.cpu.job import Job
from seqloom.kernels.cpu.table import SamplingOperands
from seqloom.kernels.cpu.token_step import STEPS, TokenStep, turns
from seqloom.kernels.network import TopKSampling
from seqloom.kernels.random_bits import TOKENS, row_seeds
from seqloom.kernels.recurrence.workspace import padded

__all__ = ["TokenGenerator"]


class TokenGenerator:
    """``draw(n)`` gives the next n tokens of every row, from ``logits`` (B, V) and ``states`` after its prompt.

    ``position`` is the number of the first token: token t of a row has the random number of (row seed, t).
    """

    def __init__(
        self,
        step: TokenStep,
        sampling: TopKSampling,
        seeds: Sequence[int],
        logits: Tensor,
        states: tuple[States, ...],
        position: int,
    ) -> None:
        self._step = step
        self._times = torch.full((step.batch,), position)
        table = step.engine.table(step.like)
        scratch = step.like.new_empty(step.engine.parts(), _doubles(step))
        table.add_sample(step.scores, scratch, step.tokens, self._sampling(sampling, seeds))
        table.extend(step.table)
        self._job = Job(table, turns(step.batch, STEPS))
        self.at_once = max(2, min(STEPS, self._job.at_once) // 2 * 2)
        step.take(states)
        step.scores[:, : step.vocabulary] = logits

    def _sampling(self, sampling: TopKSampling, seeds: Sequence[int]) -> SamplingOperands:
        like, vocabulary = self._step.like, self._step.vocabulary
        added = like.new_zeros(vocabulary)
        added[list(sampling.forbidden)] = -math.inf
        temperature = None if sampling.temperature == 1 else like.new_tensor([sampling.temperature])
        kept = vocabulary if sampling.kept is None else sampling.kept
        return SamplingOperands(added, temperature, kept, TOKENS, row_seeds(seeds), self._times)

    def draw(self, count: int) -> Tensor:
        """The next tokens (count, B), −1 where there was none to choose; ``count`` up to ``at_once``.

        After an odd number of tokens there can be no more.
        """
        self._job.run(count)
        self._times += count
        return self._step.tokens[:count].clone()

    @property
    def logits(self) -> Tensor:
        """The scores (B, V) of the token after those drawn."""
        return self._step.scores[:, : self._step.vocabulary].clone()

    @property
    def states(self) -> tuple[States, ...]:
        """The states after the tokens drawn."""
        return self._step.states()


def _doubles(step: TokenStep) -> int:
    """How many numbers of the model's format have the room of a float64 for every score."""
    return padded(step.vocabulary, step.unit) * 8 // step.like.element_size()
