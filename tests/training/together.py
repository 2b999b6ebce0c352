"""Small runs for one process or several, each a function of a directory, and processes that are forked for them."""

from __future__ import annotations

import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from seqloom.cells import GRU
from seqloom.data import Boundaries, Characters, Corpus, Lanes
from seqloom.data.batch import Batch, Batches
from seqloom.errors import SeqloomError
from seqloom.layers import LearnedEmbedding, Recurrent, StepHead, parse_spec
from seqloom.models.token_model import TokenModel
from seqloom.training.log import History
from seqloom.training.loop import fit
from seqloom.training.objectives import Classes, NextToken, Objective
from seqloom.training.open_run import open_run
from seqloom.training.problem import Problem
from seqloom.training.ranks import Ranks, join
from seqloom.training.settings import TrainingSettings
from tests.training.example import VOCABULARY, TinyModel, Windows, windows

STEPS = 50
LETTERS = "abcdefgh"


class Pooled(nn.Module):
    """Class scores of a ragged batch; a weight that no row uses is never learned."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body = Recurrent(GRU, 3, 6)
        self.head = nn.Linear(6, 4)
        self.unused = nn.Parameter(torch.ones(2))

    def forward(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        y, _ = self.body(x, None, lengths)
        return self.head(y.sum(1))


def examples(rows: tuple[int, ...]) -> Windows:
    torch.manual_seed(1)
    found = []
    for count in rows:
        x, lengths = torch.randn(count, 6, 3, dtype=torch.float64), torch.randint(1, 7, (count,))
        found.append(Batch({"x": x}, torch.randint(4, (count,)), {"x": lengths}))
    return Windows(found)


def documents(rows: int) -> Lanes:
    torch.manual_seed(2)
    texts = ["".join(LETTERS[int(i)] for i in torch.randint(8, (int(n),))) for n in torch.randint(1, 30, (12,))]
    return Lanes(Corpus.from_texts(texts, Characters(LETTERS)).stream(), rows, 5, Boundaries(reset=True), seed=3)


def attention(dropout: float = 0.0) -> nn.Module:
    torch.manual_seed(0)
    body = parse_spec("attention(8, heads=2, window=7)").build(8)
    return TokenModel(LearnedEmbedding(VOCABULARY, 8), body, StepHead(8, VOCABULARY), dropout)


def in_processes(work: Callable[[], object], folder: Path, count: int = 2) -> list[int]:
    """Do ``work`` in processes as torchrun starts them; their exit codes. They print into ``folder``."""
    store = torch.distributed.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    children = [fork(work, folder, rank, count, store.port) for rank in range(count)]
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def fork(work: Callable[[], object], folder: Path, rank: int, count: int, port: int) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return child
    code = 1
    try:
        with open(folder / f"printed {rank}", "w") as printed:
            os.dup2(printed.fileno(), 1)
            os.dup2(printed.fileno(), 2)
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
        os.environ |= {"RANK": str(rank), "WORLD_SIZE": str(count), "LOCAL_RANK": str(rank)}
        os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "TORCHELASTIC_USE_AGENT_STORE": "True"}
        join.cache_clear()
        work()
        code = 0
    except SystemExit as ended:
        code = int(ended.code or 0)
    except SeqloomError as error:
        print(error, file=sys.stderr)
        code = error.exit_code
    except BaseException:
        traceback.print_exc()
    finally:
        sys.__stdout__.flush()
        sys.__stderr__.flush()
        os._exit(code)


Problems = dict[str, tuple[Callable[[], nn.Module], Objective[Batch], Batches, int]]
PROBLEMS: Problems = {
    "carried": (lambda: TinyModel(dropout=0.0), NextToken(), windows(7, rows=5), 1),
    "accumulated": (lambda: TinyModel(dropout=0.0), NextToken(), windows(7, rows=5), 3),
    "one row": (lambda: TinyModel(dropout=0.0), NextToken(), windows(7, rows=1), 1),
    "rows of padding": (lambda: TinyModel(dropout=0.0), NextToken(), windows(7, rows=2, lengths=True), 2),
    "documents": (lambda: TinyModel(dropout=0.0), NextToken(), documents(3), 1),
    "attention": (attention, NextToken(), documents(5), 1),
    "classes": (Pooled, Classes(4, [1.0, 2.0, 0.5, 1.0], smoothing=0.1), examples((5, 4, 1)), 1),
}


def settings(**changes: object) -> TrainingSettings:
    base = {
        "learning_rate": 0.02,
        "steps": STEPS,
        "epochs": None,
        "device": "cpu",
        "log_every": 10,
        "evaluate_every": 25,
    }
    return TrainingSettings.from_mapping(base | changes)


def equal(folder: Path, *names: str) -> None:
    """Problems in float64, without dropout: the weights and the judgement to a file of this process."""
    for name in names:
        build, objective, batches, accumulate = PROBLEMS[name]
        module = build().double()
        problem = Problem(module, objective, batches, batches)
        history = fit(problem, settings(accumulate=accumulate))
        figures = [value for record in history.records for key, value in record.items() if key.startswith("validation")]
        found = dict(module.state_dict()) | {"figures": torch.tensor(figures, dtype=torch.float64)}
        save_file(found, folder / f"{name} {join().rank}.safetensors")


def run(folder: Path, resume: bool = False, **changes: object) -> History:
    """A run with dropout and attention, whose caches are carried."""
    with open_run(folder, join(), resume=resume) as opened:
        problem = Problem(attention(dropout=0.2), NextToken(), documents(5), windows(3, rows=5, seed=4))
        base = {"checkpoint_every_steps": 5, "evaluate_every": 7, "schedule": "constant"}
        return fit(problem, settings(**base | changes), opened)


def dying(rank: int, exchange: int) -> Callable[[], None]:
    """Make the present process die of ``kill -9`` in its exchange of that number, if it is ``rank``."""
    real, count = Ranks._together, 0

    @contextmanager
    def counted(self: Ranks) -> Iterator[None]:
        nonlocal count
        count += 1
        if self.rank == rank and count == exchange:
            os.kill(os.getpid(), signal.SIGKILL)
        with real(self):
            yield

    def patch() -> None:
        Ranks._together = counted  # type: ignore[method-assign]

    return patch
