"""What can be asked for by name, and what each of them offers for one kind of work."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["BACKENDS", "CPU", "DERIVED", "FUSED", "REFERENCE", "TORCH", "Backend", "Kernel", "Result", "Work"]

Work = TypeVar("Work")
Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class Backend:
    """A family of implementations, known by its ``name``."""

    name: str
    summary: str


TORCH = Backend("torch", "torch's own kernels (cuDNN on the GPU, oneDNN on the CPU, fused attention)")
CPU = Backend("cpu", "machine code made from the equations")
FUSED = Backend("fused", "fewer and larger torch operations: matrix states in chunks, attention to a band in blocks")
REFERENCE = Backend("reference", "the equations with torch tensors, one step after the other")
DERIVED = Backend("derived", "the derived programs with torch tensors, to check the derivation")
BACKENDS = (TORCH, CPU, FUSED, REFERENCE, DERIVED)


class Kernel(ABC, Generic[Work, Result]):
    """What ``backend`` offers for one kind of work; ``summary`` says how it does it."""

    backend: Backend
    summary: str

    def refusal(self, work: Work) -> str | None:
        """Why this kernel cannot do ``work``, or None when it can."""
        return None

    def deference(self, work: Work) -> str | None:
        """Why this kernel leaves ``work`` to any other that can, or None when it does not."""
        return None

    def describe(self, work: Work) -> str:
        """How this kernel does ``work``, and where it is chosen by a rule, the rule."""
        return self.summary

    @abstractmethod
    def run(self, work: Work) -> Result:
        """Do it."""
