"""From sources to texts: searched or drawn, with words of the source in place of unknown ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from seqloom.data.batch import IGNORED, Batch
from seqloom.decoding import BeamSearch, Hypothesis, Outputs, Sampling, sample, seed_of_row
from seqloom.layers.embedding import NOTHING
from seqloom.layers.state import select
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.tasks.inputs.targets import TextTargets

__all__ = ["Candidate", "drawn", "padded_targets", "pointed_at", "searched"]


class Candidate(NamedTuple):
    """A text that was found, and its score: ln p, by the length penalty."""

    text: str
    score: float


def searched(
    model: EncoderDecoder, batch: Batch, how: BeamSearch, longest: int, outputs: Outputs | None = None
) -> list[list[Hypothesis]]:
    """The best targets of each source, those that end before all that do not."""
    limits = _limits(batch, longest)
    found = model.decode(
        batch.x, batch.length, width=how.width, limit=limits, length_penalty=how.length_penalty, outputs=outputs
    )
    return [sorted(several, key=lambda one: not one.finished) for several in found]


@torch.no_grad()
def drawn(model: EncoderDecoder, batch: Batch, how: Sampling, longest: int, first: int) -> list[list[int]]:
    """A target of each source, drawn token by token; ``first`` is the place of the first source among all."""
    start = torch.full((batch.size,), NOTHING, device=batch.x.device)
    logits, state = model.step(start, model.start(batch.x, batch.length))
    seeds = [seed_of_row(how.seed, first + row) for row in range(batch.size)]
    found: list[list[int]] = [[] for _ in range(batch.size)]
    limits = _limits(batch, longest)
    for row, token in sample(
        model.step, select, logits, state, seeds=seeds, limit=max(limits), end=model.end, filters=how.filters(())
    ):
        found[row].append(token)
    return [tokens[:limit] for tokens, limit in zip(found, limits, strict=True)]


def padded_targets(targets: Sequence[Sequence[int]], end: int) -> Tensor:
    """Ids with their ends, (B, T), padded with IGNORED."""
    rows = [torch.tensor([*one, end]) for one in targets]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=IGNORED)


def pointed_at(
    model: EncoderDecoder, batch: Batch, row: int, tokens: Sequence[int], targets: TextTargets, source: Sequence[str]
) -> list[str]:
    """For each unknown token the word of the ``source`` that attention points at most (Luong et al., 2015b)."""
    places = [place for place, token in enumerate(tokens) if token == targets.vocabulary.unk]
    if not places:
        return []
    length = None if batch.length is None else batch.length[row : row + 1]
    x = batch.x[row : row + 1, : len(source)]
    given: Any = padded_targets([tokens], model.end).to(x.device)
    weights = model.alignments(x, length, given)[0]
    return [source[min(int(weights[place].argmax()), len(source) - 1)] for place in places]


def _limits(batch: Batch, longest: int) -> list[int]:
    read = [batch.x.shape[1]] * batch.size if batch.length is None else batch.length.tolist()
    return [min(2 * steps + 20, longest) for steps in read]
