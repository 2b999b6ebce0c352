"""Which kernel runs a call, and why.

Kernels stand in order of preference; the first that does not refuse runs. ``use("reference")`` asks for one by name:
then it runs, or the call raises with the reason. So does the environment variable ``SEQLOOM_KERNEL``, read once, where
``use`` says nothing. A kernel of our own enters in ``KERNELS``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache

from torch import Tensor

from seqloom.errors import UsageError, did_you_mean
from seqloom.kernels.call import Call, Kernel, States
from seqloom.kernels.cpu import CPUEngine
from seqloom.kernels.recurrence import Planned, TorchEngine
from seqloom.kernels.reference import Reference
from seqloom.kernels.torch_library import TorchLibrary

__all__ = ["CPU_ENGINE", "KERNELS", "VARIABLE", "Explanation", "available", "explain", "run", "use", "wish"]

CPU_ENGINE = CPUEngine()
KERNELS: tuple[Kernel, ...] = (
    TorchLibrary(),
    Planned("cpu", "machine code made from the equations", CPU_ENGINE),
    Reference(),
    Planned("derived", "the derived programs with torch tensors, to check the derivation", TorchEngine()),
)
AUTO = "auto"
VARIABLE = "SEQLOOM_KERNEL"

_WISH: ContextVar[str | None] = ContextVar("seqloom_kernel", default=None)


@dataclass(frozen=True)
class Explanation:
    """The kernel that runs, and why each one before it in order of preference does not."""

    kernel: str
    summary: str
    refused: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        lines = [f"{self.kernel}: {self.summary}"]
        lines += [f"  not {name}: {reason}" for name, reason in self.refused]
        return "\n".join(lines)


@contextmanager
def use(kernel: str) -> Iterator[None]:
    """Run every recurrence inside the ``with`` block on one kernel, by name, or on the best one ("auto").

    Raises UsageError for an unknown name, and later for a call that the kernel cannot run.

    >>> from seqloom import kernels
    >>> with kernels.use("reference"):
    ...     pass
    """
    token = _WISH.set(_known(kernel))
    try:
        yield
    finally:
        _WISH.reset(token)


def wish() -> str:
    """The kernel that was asked for, by ``use`` or by the environment, or "auto"."""
    return _WISH.get() or _of_environment()


@lru_cache(maxsize=1)
def _of_environment() -> str:
    return _known(os.environ.get(VARIABLE) or AUTO, f"{VARIABLE}: ")


def _known(name: str, where: str = "") -> str:
    names = [AUTO, *available()]
    if name not in names:
        hint = did_you_mean(name, names)
        raise UsageError(f"{where}No kernel is called {name!r}; there are {', '.join(names)}.{hint}")
    return name


def available() -> dict[str, str]:
    """The kernels by name, in order of preference, each with a line of description."""
    return {kernel.name: kernel.summary for kernel in KERNELS}


def explain(call: Call) -> Explanation:
    """Which kernel would run ``call``, and why."""
    kernel, refused = _choose(call)
    return Explanation(kernel.name, kernel.summary, refused)


def run(call: Call) -> tuple[Tensor, States]:
    """Run ``call`` on the kernel that policy chooses."""
    kernel, _ = _choose(call)
    return kernel.run(call)


def _choose(call: Call) -> tuple[Kernel, tuple[tuple[str, str], ...]]:
    wanted = wish()
    source = "" if _WISH.get() else f" by {VARIABLE}"
    refused: list[tuple[str, str]] = []
    for kernel in KERNELS:
        if wanted not in (AUTO, kernel.name):
            refused.append((kernel.name, f"{wanted!r} was asked for{source}"))
            continue
        reason = kernel.refusal(call)
        if reason is not None and wanted == kernel.name:
            raise UsageError(f"The kernel {wanted!r} was asked for{source}, but cannot run this: {reason}.")
        if reason is None and wanted == AUTO:
            reason = kernel.deference(call)
        if reason is None:
            return kernel, tuple(refused)
        refused.append((kernel.name, reason))
    raise AssertionError("the reference refuses nothing")
