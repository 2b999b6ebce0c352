"""A recurrence over whole sequences: the kernels that can run it, in order of preference."""

from __future__ import annotations

from seqloom.kernels.backend import CPU, DERIVED
from seqloom.kernels.call import SequenceKernel
from seqloom.kernels.cpu import CPUEngine
from seqloom.kernels.recurrence import Planned, TorchEngine
from seqloom.kernels.reference import Reference
from seqloom.kernels.torch_library import TorchLibrary

__all__ = ["CPU_ENGINE", "SEQUENCE_KERNELS"]

CPU_ENGINE = CPUEngine()
SEQUENCE_KERNELS: tuple[SequenceKernel, ...] = (
    TorchLibrary(),
    Planned(CPU, CPU_ENGINE),
    Reference(),
    Planned(DERIVED, TorchEngine()),
)
