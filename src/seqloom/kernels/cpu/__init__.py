"""Machine code for the CPU, made at run time through LLVM."""

from seqloom.kernels.cpu.engine import CPUEngine
from seqloom.kernels.cpu.machine import Machine, host
from seqloom.kernels.cpu.stepper import Stepper
from seqloom.kernels.cpu.token_generator import TokenGenerator
from seqloom.kernels.cpu.token_step import TokenStep

__all__ = ["CPUEngine", "Machine", "Stepper", "TokenGenerator", "TokenStep", "host"]
