"""A recurrence over whole sequences: the kernels that can run it, in order of preference."""

from __future__ import annotations

from seqloom.kernels.backend import CPU, DERIVED
from seqloom.kernels.call import SequenceKernel
from seqloom.kernels.cpu import CPUEngine
from seqloom.kernels.recurrence import Planned, TorchEngine
from seqloom.kernels.reference import Reference
from seqloom.kernels.torch_library import TorchLibrary

__all__ = ["CPU_ENGINE", "CPU_KERNEL", "SEQUENCE_KERNELS"]

CPU_ENGINE = CPUEngine()
CPU_KERNEL = Planned(CPU, CPU_ENGINE)
SEQUENCE_KERNELS: tuple[SequenceKernel, ...] = (
    TorchLibrary(),
    CPU_KERNEL,
    Reference(),
    Planned(DERIVED, TorchEngine()),
)
