"""Machine code for the CPU, made at run time through LLVM."""

from seqloom.kernels.cpu.engine import CPUEngine
from seqloom.kernels.cpu.generation import Generator
from seqloom.kernels.cpu.machine import Machine, host
from seqloom.kernels.cpu.stepper import Stepper
from seqloom.kernels.cpu.token_step import TokenStep

__all__ = ["CPUEngine", "Generator", "Machine", "Stepper", "TokenStep", "host"]
