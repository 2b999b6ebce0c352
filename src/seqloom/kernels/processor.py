"""What compiled code finds on this machine."""

from __future__ import annotations

from seqloom.kernels.cpu import host
from seqloom.kernels.cpu.cache import directory
from seqloom.kernels.cpu.team import team

__all__ = ["cache_directory", "processor"]

cache_directory = directory


def processor() -> dict[str, str]:
    """The instructions that code is made for, and the threads that run it, in words."""
    machine, threads = host(), team()
    return {
        "instructions": f"{machine.instructions}, vectors of {machine.width} bits, for {machine.cpu}",
        "threads": f"{threads.threads()}, {threads.summary}",
    }
