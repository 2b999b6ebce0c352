"""Planned recurrences over packed rows, as one operation of autograd, on any engine."""

from seqloom.kernels.recurrence.planned import Planned
from seqloom.kernels.recurrence.torch_engine import TorchEngine

__all__ = ["Planned", "TorchEngine"]
