"""Machine code for the CPU, made at run time through LLVM."""

from seqloom.kernels.cpu.engine import CPUEngine
from seqloom.kernels.cpu.machine import Machine, host

__all__ = ["CPUEngine", "Machine", "host"]
