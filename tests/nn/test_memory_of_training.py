"""What a process holds while it trains, beside one that trains torch's modules: each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "memory.py"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not say what a process holds"),
]


def measured(case: str, kind: str) -> tuple[float, float]:
    """torch's figure and ours, in MB."""
    command = [sys.executable, str(SCRIPT), case]
    found = [
        subprocess.run([*command, peer, kind], capture_output=True, text=True, check=True).stdout
        for peer in ("torch", "seqloom")
    ]
    return float(found[0]), float(found[1])


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_the_peak_of_long_sequences(kind: str) -> None:
    theirs, ours = measured("long", kind)
    assert ours <= 1.05 * theirs


def test_the_peak_under_checkpoints() -> None:
    theirs, ours = measured("checkpoint", "GRU")
    assert ours <= 1.1 * theirs


def test_the_growth_while_losses_are_held() -> None:
    theirs, ours = measured("held", "LSTM")
    assert ours <= theirs + 10


def test_what_is_held_after_lengths_that_vary() -> None:
    theirs, ours = measured("varied", "LSTM")
    assert ours <= 1.1 * theirs
