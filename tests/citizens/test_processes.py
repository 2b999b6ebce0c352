"""Children of ``fork``, and threads."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from tests.citizens.subjects import SUBJECTS, Subject
from tests.citizens.table import Column, Family, assert_same, both_ways, check

FAMILY = Family()
PATIENCE = 20.0


def in_a_child(work) -> None:
    """Run ``work`` in a child of fork; fail unless it ends well and in time."""
    child = os.fork()
    if not child:
        try:
            work()
            os._exit(0)
        except BaseException:
            os._exit(1)
    begun = time.monotonic()
    while time.monotonic() - begun < PATIENCE:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert status == 0, f"the child ended with {status}"
            return
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    raise AssertionError("the child hangs")


@FAMILY(SUBJECTS)
def in_a_child_of_fork(subject: Subject) -> None:
    module, x = subject.module(), subject.x()
    wanted = both_ways(subject.run, module, x)

    def work() -> None:
        torch.set_num_threads(1)
        assert_same(both_ways(subject.run, module, x), wanted)

    in_a_child(work)


@FAMILY(SUBJECTS)
def eight_threads(subject: Subject) -> None:
    module, xs = subject.module(), [subject.x(seed=seed) for seed in range(8)]
    wanted = [subject.run(module, x) for x in xs]
    together = threading.Barrier(8)

    def work(x: torch.Tensor) -> list[torch.Tensor]:
        together.wait()
        with torch.no_grad():
            for _ in range(5):
                found = subject.run(module, x)
        return found

    with ThreadPoolExecutor(8) as pool:
        for found, expected in zip(pool.map(work, xs), wanted, strict=True):
            assert_same(found, [one.detach() for one in expected])


@FAMILY(SUBJECTS)
def eight_threads_training(subject: Subject) -> None:
    module, xs = subject.module(), [subject.x(seed=seed) for seed in range(8)]
    wanted = [both_ways(subject.run, module, x) for x in xs]
    with ThreadPoolExecutor(8) as pool:
        for found, expected in zip(pool.map(lambda x: both_ways(subject.run, module, x), xs), wanted, strict=True):
            assert_same(found, expected)


@pytest.mark.parametrize(("column", "subject"), FAMILY.cells())
def test_cell(column: Column, subject: Subject) -> None:
    check(column, subject)
