"""What fitting an estimator adds to a bare loop: real tokens a second, over the same module and batches.

    python benchmarks/fit_overhead.py                       # data in ../shared/data, or --data
    python benchmarks/fit_overhead.py --only "tagger on ud_english_ewt"

The bare loop has the batches ready; it does the forward and backward pass, clips, and updates. The other one is what
``fit`` runs, which also makes its batches, counts and settles what is due. Both run on one thread, batch by batch in
turns, several times over: of each batch the shortest time counts, for what comes on top is other processes' doing.
Padding is the steps that are added for each real one. It is to stay below 5 %, padding below 15 %.
"""

from __future__ import annotations

import argparse
import copy
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from seqloom import Classifier, Tagger
from seqloom.data import Padded
from seqloom.data.batch import Batch
from seqloom.tasks.examples.fit import ExampleTask
from seqloom.training.optimisers import build_optimiser
from seqloom.training.problem import Problem
from seqloom.training.progress import Silent
from seqloom.training.settings import TrainingSettings
from seqloom.training.trainer import Trainer

DATA = Path(__file__).parents[2] / "shared" / "data"
BATCHES, ROUNDS = 40, 7
MOST_OVER, MOST_PADDING = 5.0, 15.0


def classifier(data: Path) -> ExampleTask:
    """Sentences of film reviews, good or bad."""
    texts, labels = [], []
    for name in ("pos", "neg"):
        lines = (data / "mr_polarity" / f"rt-polarity.{name}").read_text(encoding="utf-8").splitlines()
        texts += [line.strip() for line in lines if line.strip()]
        labels += [name] * (len(texts) - len(labels))
    return ExampleTask(Classifier(), texts, labels, 0.1)


def tagger(data: Path) -> ExampleTask:
    """Parts of speech."""
    train, dev = (str(data / "ud_english_ewt" / f"en_ewt-ud-{part}.conllu.gz") for part in ("train", "dev"))
    return ExampleTask(Tagger(), train, None, dev)


CASES: dict[str, Callable[[Path], ExampleTask]] = {
    "classifier on mr_polarity": classifier,
    "tagger on ud_english_ewt": tagger,
}


class First:
    """The first batches of an epoch, made anew whenever they are read, and the same in every epoch."""

    def __init__(self, batches: Padded) -> None:
        self._batches = batches

    def __len__(self) -> int:
        return min(BATCHES, len(self._batches))

    def __getitem__(self, index: int) -> Batch:
        return self._batches[index]

    def epoch(self, number: int) -> First:
        """These."""
        return self


class Measured(NamedTuple):
    """Real tokens a second of both loops, and the share of padding."""

    bare: float
    fit: float
    padding: float


def bare(problem: Problem, settings: TrainingSettings) -> Callable[[Batch], None]:
    """The step of the bare loop."""
    module = problem.module.train()
    weights = [weight for weight in module.parameters() if weight.requires_grad]
    optimiser = build_optimiser(module, settings)

    def step(batch: Batch) -> None:
        optimiser.zero_grad()
        loss, _ = problem.objective.loss(module, batch, None)
        loss.backward()
        assert settings.clip_norm is not None
        nn.utils.clip_grad_norm_(weights, settings.clip_norm)
        optimiser.step()

    return step


def measure(task: ExampleTask) -> Measured:
    """Both loops in turns."""
    problem = task.prepare(None, lambda done, total: None).problem
    settings = TrainingSettings.from_mapping(
        task.training.to_mapping() | {"steps": 1_000_000, "epochs": None, "device": "cpu"}
    )
    assert isinstance(problem.batches, Padded)
    batches = First(problem.batches)
    ready = [batches[index] for index in range(len(batches))]
    plain = bare(problem._replace(module=copy.deepcopy(problem.module)), settings)
    shortest = {name: [float("inf")] * len(ready) for name in ("bare", "fit")}
    watched: dict[str, Any] = {"began": time.monotonic(), "after_evaluation": lambda: None}
    with Trainer(problem._replace(batches=batches, validation=None), settings, None, Silent(), **watched) as trainer:

        def fitted(_: Batch) -> None:
            trainer.settle()
            trainer.step()

        for turn in range(ROUNDS + 1):
            for place, batch in enumerate(ready):
                order = (("bare", plain), ("fit", fitted))
                for name, step in order if (turn + place) % 2 else reversed(order):
                    began = time.perf_counter()
                    step(batch)
                    if turn:
                        shortest[name][place] = min(shortest[name][place], time.perf_counter() - began)
    assert all(batch.length is not None for batch in ready)
    real = sum(int(batch.length.sum()) for batch in ready if batch.length is not None)
    return Measured(*(real / sum(times) for times in shortest.values()), problem.batches.padding)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--only", choices=CASES)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{'case':<28} {'bare, tokens/s':>15} {'fit, tokens/s':>15} {'over %':>7} {'padding %':>10}")
    for name, case in CASES.items():
        if asked.only in (None, name):
            found = measure(case(asked.data))
            over, padding = 100 * (found.bare / found.fit - 1), 100 * found.padding
            held = "holds" if over <= MOST_OVER and padding <= MOST_PADDING else "too much"
            print(f"{name:<28} {found.bare:>15,.0f} {found.fit:>15,.0f} {over:>7.1f} {padding:>10.1f}  {held}")


if __name__ == "__main__":
    main()
