"""Which kernel runs: asked for in code, asked for by the environment, or picked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from seqloom import kernels
from seqloom.cells import GRU, LSTM
from seqloom.errors import UsageError
from seqloom.kernels import policy
from seqloom.layers import Recurrent


@pytest.fixture(autouse=True)
def _read_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The variable is read once in a process; here once in a test."""
    monkeypatch.delenv("SEQLOOM_KERNEL", raising=False)
    policy._of_environment.cache_clear()
    yield
    policy._of_environment.cache_clear()


def _kernel_of(layer: Recurrent) -> str:
    return layer.explain(torch.zeros(2, 3, 4)).kernel


def test_the_environment_chooses_and_code_wins_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = Recurrent(GRU, 4, 5)
    assert _kernel_of(layer) == "cpu"
    monkeypatch.setenv("SEQLOOM_KERNEL", "reference")
    policy._of_environment.cache_clear()
    assert _kernel_of(layer) == kernels.wish() == "reference"
    with kernels.use("derived"):
        assert _kernel_of(layer) == "derived"
    with kernels.use("auto"):
        assert _kernel_of(layer) == "cpu"
    assert "asked for by SEQLOOM_KERNEL" in str(layer.explain(torch.zeros(2, 3, 4)))


def test_a_wrong_name_in_the_environment_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQLOOM_KERNEL", "refrence")
    for _ in range(2):
        with pytest.raises(UsageError, match=r"SEQLOOM_KERNEL: No kernel is called 'refrence'.*'reference'\?"):
            Recurrent(LSTM, 4, 5)(torch.zeros(2, 3, 4))
    with kernels.use("reference"):
        Recurrent(LSTM, 4, 5)(torch.zeros(2, 3, 4))


def test_a_kernel_of_the_environment_that_cannot_run_says_who_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQLOOM_KERNEL", "torch")
    with pytest.raises(UsageError, match="'torch' was asked for by SEQLOOM_KERNEL, but cannot run this: the cell's"):
        Recurrent(GRU, 4, 5)(torch.zeros(2, 3, 4))


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQLOOM_KERNEL", "")
    assert kernels.wish() == "auto"
