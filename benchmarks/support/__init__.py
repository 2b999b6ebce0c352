"""What all benchmarks share. Imported before torch, because OpenMP reads its settings when torch is loaded.

Every library gets the same two cores; idle OpenMP threads spin briefly and then sleep, as in the command ``seqloom``.
"""

from __future__ import annotations

import os
import sys

THREADS = 2

if "torch" in sys.modules:
    raise ImportError("Import `support` before torch: OpenMP reads its settings when torch is loaded.")
os.environ.setdefault("OMP_NUM_THREADS", str(THREADS))
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
