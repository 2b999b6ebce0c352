"""Machine code for the CPU, made at run time through LLVM."""

from seqloom.kernels.cpu.engine import CPUEngine
from seqloom.kernels.cpu.generation import Choice, Generator
from seqloom.kernels.cpu.machine import Machine, host
from seqloom.kernels.cpu.stepper import Stepper
from seqloom.kernels.cpu.token_step import Layer, Network, TokenStep

__all__ = ["CPUEngine", "Choice", "Generator", "Layer", "Machine", "Network", "Stepper", "TokenStep", "host"]
