"""What the figures of a benchmark depend on."""

from __future__ import annotations

import importlib.metadata
from typing import Any

from seqloom.apps.cli.doctor import examine
from seqloom.kernels.cpu.machine import host
from support.peaks import copy_bandwidth, fma_peak, rate

__all__ = ["describe"]

PACKAGES = ("llvmlite", "jax", "onnxruntime")


def describe() -> dict[str, Any]:
    """Processor, instruction set, threads, versions, and the two peaks."""
    found = examine()
    versions = dict(found["versions"])
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = "missing"
    return {
        "processor": found["devices"]["cpu"],
        "instruction set": repr(host()),
        "threads": found["threads"],
        "versions": versions,
        "FMA peak, GFLOP/s": round(rate(fma_peak()) / 1e9, 1),
        "copy bandwidth, GB/s": round(rate(copy_bandwidth()) / 1e9, 1),
    }
