"""Events drawn one by one, each row from a random stream of its own, among those that may come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from seqloom.decoding import sample
from seqloom.decoding.filters import Temperature
from seqloom.layers.state import select
from seqloom.models.token_model import TokenModel
from seqloom.tasks.music.events.rules import Playing, Rules

__all__ = ["compose_events"]


@torch.no_grad()
def compose_events(
    model: TokenModel, rules: Rules, begun: Sequence[int], steps: int, seeds: Sequence[int], temperature: float
) -> list[list[int]]:
    """A row of events for each of the seeds, ``steps`` of time at most, after the tokens ``begun``: what stands before
    a piece, and events.

    What a row draws is a function of its seed.
    """
    model.eval()
    rows, device = len(seeds), next(model.parameters()).device
    playing = rules.begin(rows)
    for token in begun[1:]:
        playing = rules.after(torch.full((rows,), token), playing)
    read = torch.tensor(begun, device=device).expand(rows, -1)
    logits, state = model.read(read)

    def step(tokens: Tensor, before: tuple[Any, Playing]) -> tuple[Tensor, tuple[Any, Playing]]:
        logits, state = model.step(tokens, before[0])
        playing = rules.after(tokens.cpu(), before[1])
        return _among(rules, logits, playing), (state, playing)

    found: list[list[int]] = [[] for _ in seeds]
    left, done, shift = [steps] * rows, set[int](), rules.events.shift
    most = steps * (5 * rules.limits.most + 2) + 1  # an instrument, a loudness, on; an instrument, off; and time
    drawn = sample(
        step,
        select,
        _among(rules, logits, playing),
        (state, playing),
        seeds=seeds,
        limit=most,
        end=rules.end,
        filters=(Temperature(temperature),),
        done=done,
    )
    for row, token in drawn:
        if shift <= token < rules.events.velocity:
            passed = min(token - shift + 1, left[row])
            left[row] -= passed
            token = shift + passed - 1
            if not left[row]:
                done.add(row)
        found[row].append(token)
    return found


def _among(rules: Rules, logits: Tensor, playing: Playing) -> Tensor:
    """The scores of what may come; all others never come."""
    return logits.masked_fill(~rules.allowed(playing).to(logits.device), -torch.inf)
