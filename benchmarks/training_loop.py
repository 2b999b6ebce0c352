"""What the training loop costs over the bare step: the same windows, model, optimiser and clipping.

    python benchmarks/training_loop.py

The bare step is the shortest torch code that does the same arithmetic. Both run on one thread, step by step in
turns; the figure is the difference of the shortest steps, for what comes on top is other processes' doing: they take
the processor, and what was in its caches.
It is to stay below 3 % or 50 µs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from seqloom.cells import LSTM
from seqloom.data.batch import Batch
from seqloom.layers import LearnedEmbedding, Recurrent, StepHead
from seqloom.layers.state import detach
from seqloom.models.token_model import TokenModel
from seqloom.training.objectives import NextToken
from seqloom.training.problem import Problem
from seqloom.training.progress import Silent
from seqloom.training.settings import TrainingSettings
from seqloom.training.trainer import Trainer

__all__ = ["main", "measure"]

VOCABULARY = 65
SETTINGS = TrainingSettings(device="cpu", steps=1_000_000, epochs=None)


def build(hidden: int) -> nn.Module:
    """Return a small character model."""
    torch.manual_seed(0)
    body = Recurrent(LSTM, hidden, hidden)
    return TokenModel(LearnedEmbedding(VOCABULARY, hidden), body, StepHead(hidden, VOCABULARY))


def bare(model: nn.Module, windows: Sequence[Batch]) -> Callable[[int], None]:
    """Return the bare step number i."""
    matrices = [p for p in model.parameters() if p.ndim >= 2]
    vectors = [p for p in model.parameters() if p.ndim < 2]
    groups = [{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=0.002, fused=True)
    carried: Any = None

    def step(index: int) -> None:
        nonlocal carried
        window = windows[index % len(windows)]
        optimiser.zero_grad()
        state = model.initial_state(window.size) if index % len(windows) == 0 else carried
        logits, state = model(window.x, state)
        loss = functional.cross_entropy(logits.flatten(0, 1), window.targets.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        carried = detach(state)

    return step


def measure(hidden: int, rows: int, length: int, steps: int) -> tuple[float, float]:
    """Return the µs of the bare step and of the loop's step: the shortest, step by step in turns."""
    windows = make_windows(16, rows, length)
    plain = bare(build(hidden), windows)
    times: dict[str, list[float]] = {"bare": [], "loop": []}
    problem = Problem(build(hidden), NextToken(), windows)
    watched = {"began": time.monotonic(), "after_evaluation": lambda: None}
    with Trainer(problem, SETTINGS, None, Silent(), **watched) as trainer:

        def looped(index: int) -> None:
            trainer.settle()
            trainer.step()

        for index in range(steps + 16):
            order = (("bare", plain), ("loop", looped))
            for name, step in order if index % 2 else reversed(order):
                begin = time.perf_counter()
                step(index)
                if index >= 16:
                    times[name].append(time.perf_counter() - begin)
    return tuple(1e6 * min(times[name]) for name in ("bare", "loop"))  # type: ignore[return-value]


class Windows(list[Batch]):
    """The same in every epoch."""

    def epoch(self, number: int) -> Windows:
        """These."""
        return self


def make_windows(count: int, rows: int, length: int) -> Windows:
    """Return windows of random ids."""
    ids = torch.randint(VOCABULARY, (count, rows, length + 1))
    return Windows(Batch({"x": w[:, :-1]}, w[:, 1:], fresh=torch.full((rows,), i == 0)) for i, w in enumerate(ids))


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    print(f"{'LSTM':>5} {'B':>4} {'T':>4} {'bare µs':>10} {'loop µs':>10} {'over µs':>8} {'over %':>7}")
    for hidden, rows, length, steps in ((16, 4, 8, 4000), (64, 16, 32, 2000), (128, 32, 64, 300)):
        plain, looped = measure(hidden, rows, length, steps)
        over = looped - plain
        held = "holds" if over <= 50 or over <= 0.03 * plain else "too much"
        print(
            f"{hidden:>5} {rows:>4} {length:>4} {plain:>10.0f} {looped:>10.0f} {over:>8.0f}"
            f" {100 * over / plain:>7.1f}  {held}"
        )


if __name__ == "__main__":
    main()
