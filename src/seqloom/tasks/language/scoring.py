"""How likely a model finds some texts, token by token.

log p(text | context) = Σ_t ln p(x_t | context, x_1 … x_{t-1}). Where the last x_t is ``<eos>``, p sums to 1 over all
texts; without it, over all texts of one length.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from seqloom.data import Vocabulary
from seqloom.inspection.traced.observable import Reading
from seqloom.layers.state import select
from seqloom.models.token_model import TokenModel
from seqloom.tasks.memory import steps_at_once

__all__ = ["read_prompts", "read_texts", "surprisals"]

_TIME = 256
_ROWS = 32


@torch.no_grad()
def surprisals(model: TokenModel, context: Sequence[int], rows: Sequence[Sequence[int]]) -> list[Tensor]:
    """−ln p of every token of every row, given ``context`` and the tokens before it: a list of (T_b,) float64.

    The context, of one token or more, is read once. The rows run in batches of like lengths, in pieces of at most
    ``_TIME`` steps with the state carried, so that long rows need no more memory. The model is left in evaluation mode.
    """
    model.eval()
    *before, last = context
    state: Any = read_prompts(model, [before])[1] if before else model.initial_state(1)
    found = [torch.zeros(0, dtype=torch.float64)] * len(rows)
    order = sorted(range(len(rows)), key=lambda k: len(rows[k]))
    for begin in range(0, len(order), _ROWS):
        batch = order[begin : begin + _ROWS]
        start = select(state, torch.zeros(len(batch), dtype=torch.long))
        for k, nats in zip(batch, _batch(model, start, last, [rows[k] for k in batch]), strict=True):
            found[k] = nats
    return found


def _batch(model: TokenModel, state: Any, first: int, rows: Sequence[Sequence[int]]) -> list[Tensor]:
    inputs, lengths = _padded([[first, *row][:-1] for row in rows])
    targets, _ = _padded(rows)
    device = next(model.parameters()).device
    parts: list[Tensor] = []
    steps = steps_at_once(len(rows), model.out_features, _TIME)
    for begin in range(0, inputs.shape[1], steps):
        piece = slice(begin, begin + steps)
        left = (lengths - begin).clamp(0, steps)
        logits, state = model(inputs[:, piece].to(device), state, left.to(device))
        chosen = targets[:, piece, None].to(device)
        wide = logits if device.type == "mps" else logits.double()
        parts.append(-wide.log_softmax(-1).gather(-1, chosen)[..., 0].cpu().double())
    nats = torch.cat(parts, 1) if parts else torch.zeros(len(rows), 0, dtype=torch.float64)
    return [nats[row, :length] for row, length in enumerate(lengths.tolist())]


@torch.no_grad()
def read_prompts(model: TokenModel, rows: Sequence[Sequence[int]]) -> tuple[Tensor, Any]:
    """Read rows of one token or more: logits (B, V) after each row's last token, and the state there."""
    tokens, lengths = _padded(rows)
    device = next(model.parameters()).device
    state: Any = model.initial_state(len(rows))
    logits = torch.zeros(len(rows), model.out_features, device=device)
    for begin in range(0, tokens.shape[1], _TIME):
        left = (lengths - begin).clamp(0, _TIME).to(device)
        latest, state = model.read(tokens[:, begin : begin + _TIME].to(device), state, left)
        logits = torch.where((left > 0)[:, None], latest.to(logits.dtype), logits)
    return logits, state


def read_texts(model: TokenModel, vocabulary: Vocabulary, rows: Sequence[Sequence[int]]) -> Reading:
    """How ``model`` reads rows of one token or more at once, from its initial state; a start is a step without text."""
    tokens, lengths = _padded(rows)
    device = next(model.parameters()).device
    names = [["" if token < 0 else vocabulary.piece(token) for token in row] for row in rows]
    return Reading(model, lambda: model(tokens.to(device), None, lengths.to(device)), names)


def _padded(rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Rows of ids as one (B, T) tensor, right-padded with 0, and their lengths (B,)."""
    lengths = torch.tensor([len(row) for row in rows], dtype=torch.long)
    table = torch.zeros(len(rows), int(lengths.max()) if len(rows) else 0, dtype=torch.long)
    for number, row in enumerate(rows):
        table[number, : len(row)] = torch.tensor(list(row), dtype=torch.long)
    return table, lengths
