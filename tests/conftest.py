"""Fixed conditions for every test: one thread, known seeds, no colour, signals as in a foreground process."""

from __future__ import annotations

import gc
import os
import random
import signal

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NO_COLOR", "1")

import hypothesis
import numpy as np
import pytest
import torch

torch.set_num_threads(1)

# A machine that does other things is no failure of a property.
hypothesis.settings.register_profile("seqloom", deadline=None)
hypothesis.settings.load_profile("seqloom")

# Background shells and nohup start what they start with these ignored, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_finish() -> None:
    """Ten thousand tests and all of torch stay to the end: the collector need not walk through them each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _seeds() -> None:
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
