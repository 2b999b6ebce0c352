"""What fitting examples costs over a bare loop: sentences of reviews with a class, tagged sentences, series.

    python benchmarks/fit_overhead.py ../shared/data

Both sides take the same batches in turns, and update weights of their own with the same module, objective, clipping and
optimiser, on one thread. The bare loop has its batches ready; the other one is what ``fit`` runs, which cuts and pads
them and keeps the record. The share is the median over the steps, of the seconds of the processor: what other
processes take does not count. Real tokens: padding is none. It is to stay below 5 %, and padding below 15 %.
"""

from __future__ import annotations

import argparse
import copy
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from seqloom import Classifier, Tagger
from seqloom.data.batch import Batch
from seqloom.data.padded import Padded
from seqloom.tasks.examples.fit import ExampleTask
from seqloom.training.optimisers import build_optimiser
from seqloom.training.problem import Problem
from seqloom.training.progress import Silent
from seqloom.training.trainer import Trainer

__all__ = ["main"]

STEPS, WARM = 100, 10


def reviews(folder: Path) -> tuple[Any, ...]:
    """mr_polarity: sentences, good or bad."""
    parts = [
        (folder / f"mr_polarity/rt-polarity.{name}").read_text(encoding="utf-8").split("\n") for name in ("pos", "neg")
    ]
    X = [line.strip() for part in parts for line in part if line.strip()]
    return Classifier, X, ["pos"] * (len(X) // 2) + ["neg"] * (len(X) - len(X) // 2)


def tagged(folder: Path) -> tuple[Any, ...]:
    """ud_english_ewt: the parts of speech."""
    (file,) = (folder / "ud_english_ewt").glob("*train.conllu.gz")
    return Tagger, str(file), None


def vowels(folder: Path) -> tuple[Any, ...]:
    """japanese_vowels: series of 12 channels, nine speakers."""
    return Classifier, str(folder / "japanese_vowels/JapaneseVowels_TRAIN.ts"), None


def prepared(make: Callable[..., Any], X: Any, y: Any) -> tuple[Problem, Any]:
    """What ``fit`` would train, as it is picked by the data, and how."""
    task = ExampleTask(make(training={"device": "cpu", "seed": 0}), X, y, 0.1)
    return task.prepare(None, lambda done, total: None).problem, task.training


def bare(problem: Problem, settings: Any) -> Iterator[Callable[[], None]]:
    """The next step, again and again."""
    module, objective, batches, _ = problem
    optimiser = build_optimiser(module, settings)
    module.train()

    def step(batch: Batch) -> None:
        optimiser.zero_grad()
        loss, _ = objective.loss(module, batch, None)
        loss.backward()
        loss.item()
        torch.nn.utils.clip_grad_norm_(module.parameters(), settings.clip_norm)
        optimiser.step()

    for epoch in range(1_000_000):
        for batch in list(batches.epoch(epoch)):
            yield lambda batch=batch: step(batch)  # type: ignore[misc]


def measure(data: tuple[Any, ...]) -> tuple[float, float, Padded]:
    """Real tokens a second of ``fit``, its seconds over those of the bare loop, and its batches."""
    own, settings = prepared(*data)
    plain = own._replace(module=copy.deepcopy(own.module))
    batches = own.batches
    assert isinstance(batches, Padded)
    steps, times = bare(plain, settings), []
    more: dict[str, Any] = {"began": time.monotonic(), "after_evaluation": lambda: None}
    with Trainer(own._replace(validation=None), settings, None, Silent(), **more) as trainer:

        def looped() -> None:
            trainer.settle()
            trainer.step()

        for index in range(STEPS + WARM):
            pair, took = (next(steps), looped), [0.0, 0.0]
            for side in (0, 1) if index % 2 else (1, 0):
                begin = time.process_time()
                pair[side]()
                took[side] = time.process_time() - begin
            times.append(took)
    found = np.array(times[WARM:])
    tokens = batches.steps / len(batches) / np.median(found[:, 1])
    return float(tokens), float(np.median(found[:, 1] / found[:, 0])), batches


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("../shared/data"))
    folder = parser.parse_args().folder
    if not folder.exists():
        print(f"Skipped: there is no {folder} with the data sets that it reads.")
        return
    torch.set_num_threads(1)
    print(f"{'data':>10} {'B':>4} {'real tokens/s':>14} {'over %':>7} {'padding %':>10}")
    for read in (reviews, tagged, vowels):
        tokens, share, batches = measure(read(folder))
        held = "holds" if share <= 1.05 and batches.padding <= 0.15 else "too much"
        print(
            f"{read.__name__:>10} {batches.batch_size:>4} {tokens:>14,.0f} {100 * (share - 1):>7.1f} "
            f"{100 * batches.padding:>10.1f}  {held}",
            flush=True,
        )


if __name__ == "__main__":
    main()
