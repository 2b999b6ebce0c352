"""Forks a child for each thing that a process may do with torch and with us, and prints how each ended, line by line.

    python -m tests.kernels.cpu.forking THREADS [python]

The parent has done the same things before, on THREADS threads (of torch's team, or Python's), so that a child would
inherit a team without threads. Nothing here waits for a time: whoever starts this process ends it when a child hangs.
"""

from __future__ import annotations

import faulthandler
import json
import multiprocessing
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from functools import cache, partial

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from seqloom import kernels
from seqloom.cells import GRU, LSTM
from seqloom.decoding import TopKSampling, sample_compiled
from seqloom.kernels.cpu import team
from seqloom.kernels.token_steps import TokenSteps
from seqloom.layers import OneHot, Recurrent, StepHead
from seqloom.models.token_model import TokenModel
from seqloom.models.token_network import network_of, states_of
from seqloom.nn import LSTM as DropIn

HIDDEN, SYMBOLS, ROWS = 160, 100, 16

torch.manual_seed(0)
layer, x, square = Recurrent(LSTM, 64, HIDDEN), torch.randn(ROWS, 10, 64), torch.randn(300, 300)
theirs, drop_in = nn.LSTM(64, HIDDEN, batch_first=True), DropIn(64, HIDDEN, batch_first=True)
model = TokenModel(OneHot(SYMBOLS), Recurrent(GRU, SYMBOLS, HIDDEN), StepHead(HIDDEN, SYMBOLS)).eval()


def of_torch() -> float:
    """A product, functions unit by unit, sums, a convolution, and a recurrence of torch's with its backward pass."""
    y = theirs(x)[0]
    gradient = torch.autograd.grad(y.square().sum(), theirs.weight_hh_l0)[0]
    convolved = nn.functional.conv1d(x.mT, torch.ones(64, 64, 3))
    return float((square @ square).exp().clamp(max=9).sum(0).mean() + gradient.sum() + convolved.mean())


def training_pass(module: nn.Module = layer) -> float:
    with kernels.use("cpu"):
        y = module(x)[0]
    return float(sum(g.sum() for g in torch.autograd.grad(y.square().sum(), list(module.parameters()))))


@torch.no_grad()
def steps() -> float:
    """Steps of one row and of many, whose steppers may be older than the fork."""
    total = 0.0
    for rows in (1, ROWS):
        state = layer.initial_state(rows)
        for x_t in x[:rows].unbind(1):
            y, state = layer.step(x_t, state)
        total += float(y.sum())
    return total


def writing() -> Iterator[tuple[int, int]]:
    with torch.no_grad():
        logits, state = model.read(torch.arange(24).view(12, 2))
    network = network_of(model)
    assert network is not None
    written = TokenSteps(network), logits, states_of(model, state)
    return sample_compiled(*written, seeds=range(12), limit=20, end=None, sampling=TopKSampling())


BEGUN = writing()


@torch.no_grad()
def generation(text: Callable[[], Iterator[tuple[int, int]]] = writing) -> float:
    return float(sum(token for _, token in text()))


def everything() -> float:
    return of_torch() + training_pass() + steps() + generation() + of_torch()


def in_three_threads(work: Callable[[], float]) -> float:
    """The same by three threads at the same time; the number that all found."""
    found: list[float] = []
    threads = [threading.Thread(target=lambda: found.append(work())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert same(min(found), max(found))
    assert len(found) == 3
    return found[0]


def on_two_threads() -> float:
    torch.set_num_threads(2)
    return everything()


class Passes(Dataset[float]):
    def __len__(self) -> int:
        return 4

    def __getitem__(self, k: int) -> float:
        return everything()


def data_loader() -> float:
    loader = DataLoader(Passes(), batch_size=1, num_workers=2, multiprocessing_context="fork")
    return float(torch.cat([*loader]).mean())


def pool() -> float:
    with multiprocessing.get_context("fork").Pool(2) as workers:
        return workers.apply_async(everything).get()


def in_a_child(work: Callable[[], float]) -> float:
    """What a child of this process finds."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            assert torch.get_num_threads() == 1
            os.write(writing, repr(work()).encode())
        except BaseException:  # a child never goes on with its parent's work
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        found = pipe.read()
    os.waitpid(child, 0)
    return float(found or "nan")


def from_another_thread() -> float:
    """The fork is made by a thread that has worked."""
    found: list[float] = []
    thread = threading.Thread(target=lambda: found.extend([everything(), in_a_child(everything)]))
    thread.start()
    thread.join()
    return found[1]


@torch.no_grad()
def of_kernels() -> float:
    """What spends its time inside our kernels, with none of torch's operations that lock something of its own."""
    with kernels.use("cpu"):
        return float(layer(x.repeat(1, 20, 1))[0][0, -1].sum()) + steps()


def while_another_thread_works() -> float:
    """Forks amid the kernels of another thread, which goes on and stays right, as the children are."""
    begun, done, wanted = threading.Event(), threading.Event(), of_kernels()
    wrong: list[float] = []

    def work() -> None:
        while not done.is_set():
            found = of_kernels()
            wrong.extend([] if same(found, wanted) else [found])
            begun.set()

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait()
    found = [in_a_child(of_kernels) for _ in range(5)]
    done.set()
    thread.join()
    assert not wrong
    assert all(same(one, wanted) for one in found)
    return wanted


def same(found: float, wanted: float) -> bool:
    return abs(found - wanted) <= 1e-3 * abs(wanted)


def begun() -> float:
    return generation(lambda: BEGUN)


def drop_ins() -> float:
    return training_pass(drop_in)


def threads_on_two() -> float:
    torch.set_num_threads(2)
    return in_three_threads(everything)


def child_on_two() -> float:
    torch.set_num_threads(2)
    return in_a_child(everything)


Work = Callable[[], float]
IN_CHILD: dict[str, tuple[Work, Work]] = {
    "torch": (of_torch, of_torch),
    "forward and backward": (training_pass, training_pass),
    "drop-in": (drop_ins, drop_ins),
    "steps": (steps, steps),
    "generation": (generation, generation),
    "generation begun before": (begun, begun),
    "torch, ours, torch": (everything, everything),
    "threads of the child": (lambda: in_three_threads(everything), everything),
    "two threads asked for": (on_two_threads, everything),
    "threads of a child on two": (threads_on_two, everything),
    "a child of the child": (lambda: in_a_child(everything), everything),
    "a child of a child on two": (child_on_two, everything),
}
"""What is done in a child, and what finds the same number in its parent."""
IN_PARENT: dict[str, tuple[Work, Work]] = {
    "DataLoader": (data_loader, everything),
    "pool": (pool, everything),
    "from another thread": (from_another_thread, everything),
    "while another thread works": (while_another_thread_works, of_kernels),
    "the parent goes on": (everything, everything),
}
"""What is done in this process, and forks by itself."""

parent_finds = cache(lambda work: work())


def ending(done: Work, wanted: Work) -> str:
    """ "right", or what is wrong."""
    try:
        found = done()
    except Exception as error:  # whatever is raised is a finding
        return repr(error)
    if torch.get_num_threads() != THREADS:
        return f"the parent has {torch.get_num_threads()} threads"
    return "right" if same(found, parent_finds(wanted)) else f"{found} instead of {parent_finds(wanted)}"


if __name__ == "__main__":
    faulthandler.enable()
    THREADS = int(sys.argv[1])
    if sys.argv[2:] == ["python"]:
        team.OpenMPTeam.launch, team.OpenMPTeam.addresses = team.Team.launch, team.Team.addresses  # type: ignore[method-assign]
    torch.set_num_threads(THREADS)
    next(BEGUN)
    parent_finds(everything)
    cases = {name: (partial(in_a_child, work), wanted) for name, (work, wanted) in IN_CHILD.items()} | IN_PARENT
    for name, case in cases.items():
        print(json.dumps([name, ending(*case)]), flush=True)
