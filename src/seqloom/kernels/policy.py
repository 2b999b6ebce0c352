"""Which implementation runs, and why: the only place that chooses.

An operation's kernels stand in order of preference. The first that is wished for and has nothing against the work
runs; else the first that merely defers; else the wish is refused with what they said. The wish is that of ``use``, else
of the environment variable ``SEQLOOM_KERNEL``, read once, else of every backend, "auto".
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Generic

from torch.compiler import is_compiling

from seqloom.errors import UsageError, did_you_mean
from seqloom.kernels.backend import BACKENDS, Backend, Kernel, Result, Work
from seqloom.kernels.transforms import constant

if TYPE_CHECKING:
    from seqloom.kernels.observation import Observer

__all__ = ["AUTO", "VARIABLE", "Explanation", "Operation", "available", "present", "use", "watch", "wish", "wished"]

AUTO = "auto"
VARIABLE = "SEQLOOM_KERNEL"


@dataclass(frozen=True)
class Explanation:
    """The backend that does some ``work``, how, and why each kernel before it in order of preference does not."""

    work: str
    kernel: str
    summary: str
    refused: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        lines = [f"{self.kernel}: {self.summary}"]
        lines += [f"  not {name}: {reason}" for name, reason in self.refused]
        return "\n".join(lines)


@dataclass(frozen=True)
class Policy:
    """The backends that may run, who asked for them, where choices are written down, and who looks at what runs."""

    backends: tuple[Backend, ...] = BACKENDS
    source: str = ""
    seen: list[Explanation] | None = None
    observer: Observer | None = None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The backends by name."""
        return tuple(backend.name for backend in self.backends)

    def __str__(self) -> str:
        return AUTO if self.backends == BACKENDS else ",".join(self.names)


PRESENT: ContextVar[Policy | None] = ContextVar("seqloom_kernel", default=None)


def present() -> Policy:
    """The policy of this moment."""
    return PRESENT.get() or _of_environment()


@contextmanager
def use(*backends: str) -> Iterator[None]:
    """Run everything inside the ``with`` block on these backends, by name, or on the best ones ("auto").

    Raises UsageError for an unknown name, and later for work that none of them can do.

    >>> from seqloom import kernels
    >>> with kernels.use("reference"):
    ...     pass
    """
    outside = PRESENT.get() or Policy()
    token = PRESENT.set(Policy(_known(backends), seen=outside.seen, observer=outside.observer))
    try:
        yield
    finally:
        PRESENT.reset(token)


@contextmanager
def watch() -> Iterator[list[Explanation]]:
    """The explanation of every choice that is made inside the ``with`` block, in order.

    >>> import torch
    >>> from seqloom.layers import CausalSelfAttention
    >>> with watch() as choices:
    ...     y, state = CausalSelfAttention(8, heads=2)(torch.zeros(1, 5, 8))
    >>> choices[0].work, choices[0].kernel
    ('attention', 'torch')
    """
    seen: list[Explanation] = []
    token = PRESENT.set(replace(present(), seen=seen))
    try:
        yield seen
    finally:
        PRESENT.reset(token)


@constant
def wish() -> str:
    """What was asked for, by ``use`` or by the environment: names with commas between them, or "auto".

    A compiled program keeps what was asked for when it was traced.
    """
    return str(present())


@constant
def wished() -> tuple[str, ...]:
    """The backends that may run; for a tracer, which takes constants of simple types alone."""
    return present().names


@lru_cache(maxsize=1)
def _of_environment() -> Policy:
    names = os.environ.get(VARIABLE)
    return Policy(_known(names.split(","), f"{VARIABLE}: "), f" by {VARIABLE}") if names else Policy()


def _known(names: Sequence[str], where: str = "") -> tuple[Backend, ...]:
    by_name = {backend.name: backend for backend in BACKENDS}
    choices = [AUTO, *by_name]
    for name in names:
        if name not in choices:
            hint = did_you_mean(name, choices)
            raise UsageError(f"{where}No kernel is called {name!r}; there are {', '.join(choices)}.{hint}")
    return BACKENDS if not names or AUTO in names else tuple(by_name[name] for name in names)


def available() -> dict[str, str]:
    """The backends by name, each with a line of description."""
    return {backend.name: backend.summary for backend in BACKENDS}


@dataclass(frozen=True)
class Operation(Generic[Work, Result]):
    """Work of one kind, by its ``name``, and the kernels that can do it, in order of preference.

    ``in_parts`` says how it is done where no kernel takes it whole: by operations that choose for themselves.
    """

    name: str
    kernels: tuple[Kernel[Work, Result], ...]
    in_parts: str | None = None

    def __call__(self, work: Work) -> Result:
        """Do ``work``; raises UsageError where what was asked for cannot."""
        kernel = self.choose(work)
        if kernel is None:
            raise self._unmet(work)
        observer = None if is_compiling() else present().observer
        return kernel.run(work) if observer is None else observer.do(kernel, work)

    def choose(self, work: Work) -> Kernel[Work, Result] | None:
        """The kernel that does ``work``, or None where none of those wished for can."""
        if is_compiling():
            return self._best(work, wished())
        policy = present()
        if policy.seen is not None:
            policy.seen.append(self.explain(work))
        return self._best(work, policy.names)

    def explain(self, work: Work) -> Explanation:
        """Which kernel would do ``work``, and why; raises UsageError where what was asked for cannot."""
        kernel = self._best(work, present().names)
        if kernel is None:
            if self.in_parts is None:
                raise self._unmet(work)
            return Explanation(self.name, "in parts", self.in_parts, self._reasons(work, self.kernels))
        before = self.kernels[: self.kernels.index(kernel)]
        return Explanation(self.name, kernel.backend.name, kernel.describe(work), self._reasons(work, before))

    def _best(self, work: Work, names: Sequence[str]) -> Kernel[Work, Result] | None:
        deferring = None
        for kernel in self.kernels:
            if kernel.backend.name in names and kernel.refusal(work) is None:
                if kernel.deference(work) is None:
                    return kernel
                deferring = deferring or kernel
        return deferring

    def _reasons(self, work: Work, kernels: Sequence[Kernel[Work, Result]]) -> tuple[tuple[str, str], ...]:
        policy = present()
        asked = f"{str(policy)!r} was asked for{policy.source}"
        return tuple(
            (
                kernel.backend.name,
                str(kernel.refusal(work) or kernel.deference(work)) if kernel.backend in policy.backends else asked,
            )
            for kernel in kernels
        )

    def _unmet(self, work: Work) -> UsageError:
        policy = present()
        refusals = {kernel.backend: kernel.refusal(work) for kernel in self.kernels}
        besides = " or ".join(repr(f"{policy},{backend.name}") for backend in refusals)
        nothing = f"it offers nothing for {self.name}; ask for {besides} to have that besides"
        reasons = [(backend.name, refusals.get(backend, nothing)) for backend in policy.backends]
        said = "; ".join(f"{name}: {reason}" for name, reason in reasons) if len(reasons) > 1 else reasons[0][1]
        return UsageError(f"The kernel {str(policy)!r} was asked for{policy.source}, but cannot run this: {said}.")
