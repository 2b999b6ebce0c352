"""How well a model predicts a text: the record, and the exact sum behind it.

H = −(1/N) Σ_t ln p(x_t | x_<t), over all N tokens of the text, each predicted once, with the state carried
over the whole stream (or reset at each document, where the model was trained so).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from seqloom.layers.state import where
from seqloom.models.token_model import TokenModel
from seqloom.training.batch import IGNORED, Batches

__all__ = ["Evaluation", "total_nats"]


@dataclass(frozen=True)
class Evaluation:
    """Figures of one text. ``lanes`` is 1 when the score is exact; otherwise that many parts each began
    afresh.

    >>> evaluation = Evaluation(tokens=4, characters=8, nats=4.0)
    >>> evaluation.nats_per_token, evaluation.nats_per_character, round(evaluation.perplexity, 3)
    (1.0, 0.5, 2.718)
    """

    tokens: int
    characters: int
    nats: float
    unknown_share: float = 0.0
    lanes: int = 1
    baselines: Mapping[str, float] = field(default_factory=dict)

    @property
    def nats_per_token(self) -> float:
        """Cross-entropy for each token, ends of documents counted."""
        return self.nats / self.tokens

    @property
    def bits_per_token(self) -> float:
        """The same in bits."""
        return self.nats_per_token / math.log(2)

    @property
    def nats_per_character(self) -> float:
        """Cross-entropy for each character of the text, whatever the tokens are; nan when there are none."""
        return self.nats / self.characters if self.characters else math.nan

    @property
    def bits_per_character(self) -> float:
        """The same in bits."""
        return self.nats_per_character / math.log(2)

    @property
    def perplexity(self) -> float:
        """exp of the nats per token."""
        return math.exp(self.nats_per_token) if self.nats_per_token < 700 else math.inf

    def to_mapping(self) -> dict[str, Any]:
        """Every figure by name, ready for JSON. ``baselines`` are in nats per token."""
        derived = ("nats_per_token", "bits_per_token", "nats_per_character", "bits_per_character", "perplexity")
        return asdict(self) | {name: getattr(self, name) for name in derived}


@torch.no_grad()
def total_nats(
    model: TokenModel, batches: Batches, progress: Callable[[int, int], None] | None = None
) -> tuple[float, int]:
    """Σ −ln p over all targets of ``batches``, and how many there are.

    The state goes from each window to the next; rows that begin afresh get the initial state.
    """
    device = next(model.parameters()).device
    total = torch.zeros((), dtype=torch.float64, device=device)
    count = 0
    state: Any = None
    with _evaluating(model):
        for index in range(len(batches)):
            batch = batches[index]
            inputs, targets = batch.inputs.to(device), batch.targets.to(device)
            lengths = None if batch.lengths is None else batch.lengths.to(device)
            fresh = batch.fresh.to(device)
            if state is None or bool(fresh.all()):
                state = model.initial_state(inputs.shape[0])
            elif bool(fresh.any()):
                state = where(fresh, model.initial_state(inputs.shape[0]), state)
            logits, state = model(inputs, state, lengths)
            total += functional.cross_entropy(
                logits.flatten(0, 1).float(), targets.flatten(), ignore_index=IGNORED, reduction="sum"
            ).double()
            count += int((targets != IGNORED).sum())
            if progress is not None:
                progress(index + 1, len(batches))
    return float(total), count


class _evaluating:
    """Evaluation mode inside the block, what it was after it."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        self.was = module.training

    def __enter__(self) -> None:
        self.module.eval()

    def __exit__(self, *exception: object) -> None:
        self.module.train(self.was)
