"""Runs that are killed with SIGKILL, one process each, and what is left of them.

    python -m tests.training.victim DIRECTORY WORK POINTS

forks a child for every run (torch and Lightning are imported once). Half of the points are calls of the operating
system inside the writer of checkpoints; the others are moments. Prints one JSON object: point → "identical" or what
differs from the run that nobody killed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from seqloom.cells import LSTM
from seqloom.layers import LearnedEmbedding, Recurrent, StepHead
from seqloom.models.token_model import TokenModel
from seqloom.storage import directory
from seqloom.storage.run import Run, versions
from seqloom.tasks.language.language_model import LanguageModel
from seqloom.training.settings import TrainingSettings
from tests.tasks.tagging.sentences import small, tagged
from tests.training.example import VOCABULARY, TinyModel, contents, fit, windows, without_clock
from tests.training.sorter import Sorter, rows

Work = Callable[[Path, bool], None]
"""Training in a run directory, begun or resumed."""
SETTINGS = TrainingSettings.from_mapping(
    {
        "steps": 60,
        "epochs": None,
        "learning_rate": 0.03,
        "schedule": "plateau",
        "averaging": 0.3,
        "accumulate": 2,
        "device": "cpu",
        "patience": 50,
        "evaluate_every": 4,
        "log_every": 3,
        "checkpoint_every_steps": 7,
        "warmup_steps": 5,
    }
)
SHORTER = dataclasses.replace(SETTINGS, steps=30)


def tiny() -> nn.Module:
    return TinyModel()


def lstm() -> nn.Module:
    torch.manual_seed(0)
    body = Recurrent(LSTM, 8, 8)
    return TokenModel(LearnedEmbedding(VOCABULARY, 8), body, StepHead(8, VOCABULARY), dropout=0.2)


def on_the_loop(make: Callable[[], nn.Module]) -> Work:
    """The loop alone, over windows of a text."""

    def work(path: Path, resume: bool) -> None:
        with Run(path, lambda: {"config.json": b"{}"}, resume=resume) as run:
            fit(make(), windows(9), windows(3, seed=5), SETTINGS, run)

    return work


def language_model(path: Path, resume: bool) -> None:
    """All that a user's ``fit`` does, with a state that is carried and a share that is held out."""
    model = LanguageModel("gru(8)", embedding=6, dropout=0.2, batch_size=3, window=6, training=SHORTER)
    model.fit(
        ["to be, or not to be, that is the question: " * 8], validation=0.2, run=path, resume=resume, progress=False
    )


def classifier(path: Path, resume: bool) -> None:
    """A task over ragged examples, read both ways, in an order drawn anew for each epoch."""
    Sorter(batch_size=8, training=SHORTER).fit(*rows(70), 0.3, run=path, resume=resume, progress=False)


def tagger(path: Path, resume: bool) -> None:
    """A whole estimator, with words that are dropped, a random field, and a part that is held out."""
    model = small(dropout=0.2, training=dict(SHORTER.to_mapping()))
    model.fit(*tagged(), validation=0.25, run=path, resume=resume, progress=False)


CALLS = ("mkdir", "open", "write", "fsync", "close", "rename", "replace", "unlink", "rmdir")
WORKS: dict[str, Work] = {
    "tiny": on_the_loop(tiny),
    "lstm": on_the_loop(lstm),
    "language model": language_model,
    "classifier": classifier,
    "tagger": tagger,
}


def in_child(work: Callable[[], None], kill_after: float | None = None) -> int:
    """Run ``work`` in a process of its own; return its exit code, −9 for one that was killed."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            torch.set_num_threads(1)
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class FailPoints:
    """The calls of the checkpoint writer, counted; the process dies in call number ``at``."""

    def __init__(self, at: int | None = None) -> None:
        self.names: list[str] = []
        self.inside = False
        for place, name in [(os, n) for n in CALLS] + [(directory, "exchange")]:
            setattr(place, name, self._wrap(name, getattr(place, name), at))
        Run.save = self._entered(Run.save)  # type: ignore[method-assign]

    def _wrap(self, name: str, real: Callable[..., Any], at: int | None) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if not self.inside:
                return real(*args, **kwargs)
            self.names.append(name)
            if len(self.names) - 1 == at:
                if name == "write":
                    real(args[0], args[1][: len(args[1]) // 2])
                elif at % 2:
                    with contextlib.suppress(OSError):  # of one that finds what it makes, and dies all the same
                        real(*args, **kwargs)
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **kwargs)

        return call

    def _entered(self, save: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.inside = True
            try:
                return save(*args, **kwargs)
            finally:
                self.inside = False

        return call


def difference(reference: Path, resumed: Path) -> str:
    names = [version.name for version in versions(reference)]
    if names != [version.name for version in versions(resumed)]:
        return f"versions {names}"
    for name in names:
        one, other = contents(reference / name), contents(resumed / name)
        if changed := [file for file in one if one[file] != other.get(file)]:
            return f"{name}: {changed}"
    logs = [without_clock((path / "metrics.jsonl").read_bytes()) for path in (reference, resumed)]
    leftovers = [path.name for path in resumed.iterdir() if path.name.startswith((".tmp-", "damaged-"))]
    return "metrics.jsonl" if logs[0] != logs[1] else f"leftovers {leftovers}" if leftovers else "identical"


def points(base: Path, train: Work, count: int) -> Iterator[tuple[str, Callable[[Path], int]]]:
    """The ways to kill, after the reference run has told how long a run lasts and what its writer calls."""

    def reference() -> None:
        calls = FailPoints()
        train(base / "reference", False)
        (base / "calls.json").write_text(json.dumps(calls.names))

    begin = time.monotonic()
    assert in_child(reference) == 0
    lasts = time.monotonic() - begin
    calls = json.loads((base / "calls.json").read_text())
    half = count // 2
    for index in range(half):
        at = (2 * index + 1) * len(calls) // (2 * half)

        def dies(path: Path, at: int = at) -> int:
            return in_child(lambda: (FailPoints(at), train(path, False))[1])

        yield f"writer call {at} ({calls[at]})", dies
    for index in range(count - half):
        moment = lasts * (index + 0.5) / (count - half)

        def is_shot(path: Path, moment: float = moment) -> int:
            while (code := in_child(lambda: train(path, False), kill_after=moment)) == 0:
                shutil.rmtree(path)
                moment *= 0.8
            return code

        yield f"after {moment:.2f} s of {lasts:.2f} s", is_shot


def main(base: Path, train: Work, count: int) -> None:
    found: dict[str, str] = {}
    for number, (name, kill) in enumerate(points(base, train, count)):
        path = base / f"killed-{number}"
        code = kill(path)
        if code != -signal.SIGKILL:
            found[name] = f"not killed, exit code {code}"
            continue
        code = in_child(lambda path=path: train(path, path.exists()))  # type: ignore[misc]
        found[name] = difference(base / "reference", path) if code == 0 else f"resume failed with {code}"
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main(Path(sys.argv[1]), WORKS[sys.argv[2]], int(sys.argv[3]))
