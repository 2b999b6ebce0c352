"""A small causal layer with a learned initial state and dropout, windows of random ids, and a way to compare runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from seqloom.data.batch import Batch, Batches, Epoch
from seqloom.storage.directory import read_directory
from seqloom.training import loop
from seqloom.training.log import History, of_the_clock
from seqloom.training.objectives import NextToken
from seqloom.training.problem import Problem

VOCABULARY = 11


class Inner(NamedTuple):
    h: Tensor


class State(NamedTuple):
    inner: Inner
    seen: Tensor


class TinyModel(nn.Module):
    """Embedding, tanh recurrence with a learned initial state, dropout, head; ``seen`` counts steps."""

    def __init__(self, features: int = 8, dropout: float = 0.2, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.embedding = nn.Embedding(VOCABULARY, features)
        self.recurrent = nn.Linear(features, features)
        self.first = nn.Parameter(torch.zeros(features))
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(features, VOCABULARY)

    def initial_state(self, batch_size: int) -> State:
        return State(Inner(self.first.expand(batch_size, -1)), torch.zeros(batch_size, dtype=torch.int64))

    def forward(
        self, tokens: Tensor, state: State | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, State]:
        state = self.initial_state(len(tokens)) if state is None else state
        h, outputs = state.inner.h, []
        for t in range(tokens.shape[1]):
            new = torch.tanh(self.embedding(tokens[:, t]) + self.recurrent(h))
            h = new if lengths is None else torch.where((t < lengths)[:, None], new, h)
            outputs.append(h)
        y = self.head(self.dropout(torch.stack(outputs, 1)))
        return y, State(Inner(h), state.seen + tokens.shape[1])


class TorchModel(TinyModel):
    """The same protocol over torch's LSTM: two leaves, zeros at first."""

    def __init__(self, features: int = 8, dropout: float = 0.2, seed: int = 0) -> None:
        super().__init__(features, dropout, seed)
        self.lstm = nn.LSTM(features, features, batch_first=True)
        del self.recurrent, self.first

    def initial_state(self, batch_size: int) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        return torch.zeros(batch_size, 8), torch.zeros(batch_size, 8)

    def forward(self, tokens, state=None, lengths=None):  # type: ignore[no-untyped-def, override]
        h, c = self.initial_state(len(tokens)) if state is None else state
        y, (h, c) = self.lstm(self.embedding(tokens), (h[None].contiguous(), c[None].contiguous()))
        return self.head(self.dropout(y)), (h[0], c[0])


class Windows(list[Batch]):
    """The same in every epoch."""

    def epoch(self, number: int) -> Windows:
        return self


def windows(count: int = 7, rows: int = 3, time: int = 5, seed: int = 1, lengths: bool = False) -> Windows:
    """Windows of a noisy cycle over the vocabulary; every row of window 0 is fresh, and row 0 of window 3."""
    generator = torch.Generator().manual_seed(seed)
    found = []
    for index in range(count):
        start = torch.randint(VOCABULARY, (rows, 1), generator=generator)
        ids = (start + torch.arange(time + 1)) % VOCABULARY
        fresh = torch.full((rows,), index == 0)
        fresh[0] |= index == 3
        targets, real = ids[:, 1:].clone(), None
        if lengths:
            real = torch.full((rows,), time)
            real[-1] = 2
            targets[-1, 2:] = -100
        found.append(Batch({"x": ids[:, :-1]}, targets, {} if real is None else {"x": real}, fresh))
    return Windows(found)


def fit(module: nn.Module, batches: Batches, validation: Epoch | None, *arguments: Any, **more: Any) -> History:
    """The loop on the next token."""
    return loop.fit(Problem(module, NextToken(), batches, validation), *arguments, **more)


def contents(version: Path) -> dict[str, bytes]:
    """The files of a checkpoint, without what the clock wrote."""
    files = read_directory(version)
    facts = json.loads(files["training.json"])
    del facts["counters"]["seconds"]
    files["training.json"] = json.dumps(facts).encode()
    files["metrics.jsonl"] = json.dumps(without_clock(files["metrics.jsonl"])).encode()
    return files


def without_clock(log: bytes) -> list[dict[str, object]]:
    records = [json.loads(line) for line in log.splitlines()]
    return [{key: value for key, value in record.items() if not of_the_clock(key)} for record in records]
