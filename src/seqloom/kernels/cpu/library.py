"""The compiled functions that all cells share, once for each number format."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from seqloom.kernels.cpu.coins import define_coins
from seqloom.kernels.cpu.draws import define_gather, define_sample
from seqloom.kernels.cpu.live_product import define_multiply_live
from seqloom.kernels.cpu.loop import define_loop
from seqloom.kernels.cpu.machine import Machine
from seqloom.kernels.cpu.outer import define_outer, define_pack
from seqloom.kernels.cpu.product import define_multiply
from seqloom.kernels.cpu.rows import define_normalise, define_normalise_back, define_total
from seqloom.kernels.cpu.typed import Format

__all__ = ["library"]

NAMES = [
    "multiply",
    "multiply_live",
    "outer",
    "pack",
    "pack_transposed",
    "normalise_layer",
    "normalise_rms",
    "normalise_back_layer",
    "normalise_back_rms",
    "total",
    "coins",
    "gather",
    "sample",
    "run",
    "enter",
    "alone",
]


@lru_cache(maxsize=8)
def library(machine: Machine, number_format: Format) -> dict[str, int]:
    """The addresses of the shared functions by name."""

    def write(module: Any) -> None:
        define_multiply(module, number_format)
        define_multiply_live(module, number_format)
        define_outer(module, number_format)
        define_pack(module, number_format, transposed=False)
        define_pack(module, number_format, transposed=True)
        for centred in (True, False):
            define_normalise(module, number_format, centred)
            define_normalise_back(module, number_format, centred)
        define_total(module, number_format)
        define_coins(module, number_format)
        define_gather(module, number_format)
        define_sample(module, number_format)
        define_loop(module, number_format, machine.pause)

    return machine.compile(write, NAMES)
