"""Threads: inside torch's own OpenMP team where it can be reached, else Python threads, else one.

torch's workers spin for a while after each operation, so a second pool would fight them for the cores. The libgomp that
torch has loaded is asked to run our code with its team.

A child of ``fork`` would inherit a team whose threads are gone, and wait for them forever. So a process that has loaded
this module lets its team go before a fork (it forms anew when it is next needed), and the child begins with one thread,
as by ``torch.set_num_threads(1)``, until it asks for more.
"""

from __future__ import annotations

import ctypes
import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import torch

__all__ = ["Team", "give_way_address", "team"]

MAPS = Path("/proc/self/maps")
SOFT_PAUSE = 1


class Team:
    """Runs ``run(job, thread, threads)`` on as many threads as torch uses."""

    summary = "a pool of its own"

    def threads(self) -> int:
        """How many threads a call may use."""
        return torch.get_num_threads()

    def addresses(self) -> tuple[int, int]:
        """The functions by which a thread learns its number and the team's size; 0 where they are given."""
        return 0, 0

    def launch(self, enter: int, run: int, job: int, threads: int) -> None:
        """Run the job on ``threads`` threads and wait for all."""
        if threads == 1:
            _function(run)(job, 0, 1)
            return
        function = _function(run)
        waiting = [_pool(threads).submit(function, job, k, threads) for k in range(1, threads)]
        function(job, 0, threads)
        for future in waiting:
            future.result()

    def dissolve(self) -> None:
        """Let the threads that wait for this one go."""


class OpenMPTeam(Team):
    """The team of the libgomp that torch has loaded."""

    summary = "the OpenMP team of torch"

    def __init__(self, library: ctypes.CDLL) -> None:
        self.parallel = library.GOMP_parallel
        self.parallel.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint]
        self.parallel.restype = None
        names = (library.omp_get_thread_num, library.omp_get_num_threads)
        number, count = (ctypes.cast(function, ctypes.c_void_p).value or 0 for function in names)
        self._addresses = number, count
        self._pause = getattr(library, "omp_pause_resource_all", None)  # OpenMP 5

    def addresses(self) -> tuple[int, int]:
        return self._addresses

    def launch(self, enter: int, run: int, job: int, threads: int) -> None:
        if threads == 1:
            _function(run)(job, 0, 1)
        else:
            self.parallel(enter, job, threads, 0)

    def dissolve(self) -> None:
        if self._pause is not None:
            self._pause(SOFT_PAUSE)


@lru_cache(maxsize=1)
def team() -> Team:
    """The team of this process."""
    library = _loaded_gomp()
    return Team() if library is None else OpenMPTeam(library)


def _loaded_gomp() -> ctypes.CDLL | None:
    """The libgomp in this process, found by where it is mapped, so that no second one is loaded."""
    try:
        lines = os.fsdecode(MAPS.read_bytes()).split("\n")  # names of files are bytes
    except OSError:
        return None
    paths = {line.split(maxsplit=5)[5] for line in lines if "libgomp" in line}
    mine = sorted(paths, key=lambda path: "torch" not in path)
    try:
        return ctypes.CDLL(mine[0]) if mine else None
    except OSError:
        return None


@lru_cache(maxsize=256)
def _function(address: int) -> ctypes._FuncPointer:
    return ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)(address)


@lru_cache(maxsize=4)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads)


def _begin_alone() -> None:
    _pool.cache_clear()
    torch.set_num_threads(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=lambda: team().dissolve(), after_in_child=_begin_alone)


@lru_cache(maxsize=1)
def give_way_address() -> int:
    """The system's function by which a waiting thread lets others run."""
    try:
        return ctypes.cast(ctypes.CDLL(None).sched_yield, ctypes.c_void_p).value or 0
    except (OSError, AttributeError):
        return 0
