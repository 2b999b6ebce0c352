"""Threads: torch's, Python's, under limits; and interrupts. What a fork does to them is in ``test_forks``."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from seqloom.cells import trace
from seqloom.kernels.cpu.programs import meetings
from seqloom.kernels.plan import Place, one_step, plan
from tests.kernels.cells import CELLS
from tests.kernels.comparing import CPU, REFERENCE, Draw, assert_same, draw, outcome

LENGTHS = torch.tensor([5, 60, 0, 33, 60, 17])


@pytest.fixture
def two_threads() -> Iterator[None]:
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(1)


def large(name: str, batch: int) -> Draw:
    """Work enough for two threads: by columns where rows are few, else by rows."""
    lengths = LENGTHS if batch == 6 else None
    return draw(CELLS[name], features=40, hidden=66, batch=batch, time=60, lengths=lengths, masks=True).to(
        torch.float64
    )


@pytest.mark.parametrize("batch", [1, 6, 20])
@pytest.mark.parametrize("name", ["LSTM", "GRU", "EveryWord", "Leaky", "OutputIsOperand"])
def test_two_threads_are_one(name: str, batch: int, two_threads: None) -> None:
    drawn = large(name, batch)
    first, second = outcome(CPU, drawn), outcome(CPU, drawn)
    assert all(torch.equal(first[result], second[result]) for result in first), "the same threads, the same bits"
    torch.set_num_threads(1)
    assert_same(first, outcome(CPU, drawn), 1e-9)


def test_calls_from_several_threads_at_once(two_threads: None) -> None:
    draws = [large("Leaky", 6), large("GRU", 1), draw(CELLS["EveryWord"], masks=True), draw(CELLS["Narrow"])]
    wanted = [outcome(REFERENCE, drawn) for drawn in draws]
    with ThreadPoolExecutor(4) as pool:
        for got, right in zip(pool.map(lambda drawn: outcome(CPU, drawn), draws * 2), wanted * 2, strict=True):
            assert_same(got, right, 1e-8)


@pytest.mark.parametrize("name", CELLS)
def test_nobody_writes_what_another_may_still_read(name: str) -> None:
    """A product reads all columns; others meet it before they overwrite them, in the next step too."""
    graph = trace(CELLS[name], 8, 8).graph
    made = plan(graph, True)
    for program in (made.inference, made.training, made.backward, one_step(graph, apart=True)):
        found = meetings(program)
        reading: set[str] = set()
        for operation, meets in [*zip(program.operations, found, strict=True)] * 2:
            if meets:
                reading = set()
            targets = getattr(operation, "stores", None) or getattr(operation, "targets", None) or [operation]
            slots = [getattr(target, "slot", None) or getattr(target, "target", target) for target in targets]
            assert not reading & {slot.name for slot in slots if slot.place != Place.TOKEN}
            reading |= {factor.slot.name for factor in getattr(operation, "factors", ())}


def run_script(script: str, **environment: str) -> str:
    """What a Python process prints; it must end by itself."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


START = """
import os, signal, sys, threading, time
import torch
from seqloom.cells import LSTM
from seqloom.layers import Recurrent
torch.manual_seed(0)
torch.set_num_threads(2)
layer, x = Recurrent(LSTM, 64, 128), torch.randn(4, 50, 64)
def total():
    y, _ = layer(x.requires_grad_())
    return (float(y.sum()), float(torch.autograd.grad(y.sum(), x)[0].sum()))
"""

INTERRUPT = """
x = torch.randn(8, 20000, 64)
layer(x[:, :100])
sent = []
def send():
    time.sleep(0.3)
    sent.append(time.monotonic())
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=send).start()
try:
    while True:
        layer(x)
except KeyboardInterrupt:
    print(time.monotonic() - sent[0])
"""


def test_fewer_threads_than_asked_for() -> None:
    assert "True" in run_script(START + "print(len(total()) == 2)", OMP_THREAD_LIMIT="1", OMP_NUM_THREADS="2")


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_an_interrupt_is_noticed_soon() -> None:
    assert float(run_script(START + INTERRUPT, OMP_NUM_THREADS="2")) < 0.3
