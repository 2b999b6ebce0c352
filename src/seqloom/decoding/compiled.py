"""The same drawing as ``sample``, many tokens at a time in compiled code."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

import torch
from torch import Tensor

from seqloom.decoding.filters import Filter, Forbid, RepetitionPenalty, Temperature, TopK, TopP
from seqloom.decoding.sampling import no_token_left
from seqloom.kernels.call import States
from seqloom.kernels.network import TopKSampling
from seqloom.kernels.token_steps import TokenSteps

__all__ = ["TopKSampling", "sample_compiled", "top_k_sampling_of"]

_FIRST = 16


def top_k_sampling_of(filters: Sequence[Filter]) -> TopKSampling | None:
    """The filters as compiled code knows them: Forbid, Temperature, TopK, in this order. None for any others."""
    sampling = TopKSampling()
    for one in filters:
        match one:
            case RepetitionPenalty(1) | TopP(1):
                continue
            case Forbid(tokens) if sampling[:2] == TopKSampling()[:2]:
                sampling = sampling._replace(forbidden=(*sampling.forbidden, *tokens))
            case Temperature() if sampling[:2] == TopKSampling()[:2]:
                sampling = sampling._replace(kept=1) if one.is_greedy else sampling._replace(temperature=one.value)
            case TopK(k):
                sampling = sampling._replace(kept=k if sampling.kept is None else min(k, sampling.kept))
            case _:
                return None
    return sampling


def sample_compiled(
    steps: TokenSteps,
    logits: Tensor,
    states: tuple[States, ...],
    *,
    seeds: Sequence[int],
    limit: int,
    end: int | None,
    sampling: TopKSampling,
    done: Container[int] = (),
) -> Iterator[tuple[int, int]]:
    """What :func:`sample` yields with these filters, drawn in pieces that double in length while none is used up.

    Rows that have ended are carried along until at least half have; then the rest goes on as a smaller batch.
    """
    rows, position, size = list(range(len(logits))), 0, _FIRST
    while rows and position < limit:
        generator = steps.generator(sampling, [seeds[row] for row in rows], logits, states, position)
        going = dict(enumerate(rows))
        while 2 * len(going) > len(rows) and position < limit:
            count = min(size, generator.at_once, limit - position)
            tokens = generator.draw(count).tolist()
            yield from _going_on(tokens, going, end, done, logits)
            position, size = position + count, 2 * size
        kept = torch.tensor(list(going), dtype=torch.long)
        rows, logits = list(going.values()), generator.logits[kept]
        states = tuple(tuple(part[kept] for part in layer) for layer in generator.states)


def _going_on(
    tokens: list[list[int]], going: dict[int, int], end: int | None, done: Container[int], logits: Tensor
) -> Iterator[tuple[int, int]]:
    """Yield ``(row, token)`` for the rows in ``going``, which those leave that draw ``end`` or are in ``done``."""
    for present in tokens:
        for place, row in list(going.items()):
            token = present[place]
            if token == end:
                del going[place]
            elif token < 0:
                raise no_token_left(logits)
            else:
                yield row, token
                if row in done:
                    del going[place]
