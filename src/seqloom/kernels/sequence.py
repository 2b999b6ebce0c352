"""A recurrence over whole sequences: the kernels that can run it."""

from __future__ import annotations

from torch import Tensor

from seqloom.kernels.backend import CPU, DERIVED
from seqloom.kernels.call import Call, States
from seqloom.kernels.cpu import CPUEngine
from seqloom.kernels.policy import Operation
from seqloom.kernels.recurrence import Planned, TorchEngine
from seqloom.kernels.reference import Reference
from seqloom.kernels.torch_library import TorchLibrary

__all__ = ["CPU_ENGINE", "RECURRENCE"]

CPU_ENGINE = CPUEngine()
RECURRENCE = Operation[Call, tuple[Tensor, States]](
    "a recurrence", (TorchLibrary(), Planned(CPU, CPU_ENGINE), Reference(), Planned(DERIVED, TorchEngine()))
)
