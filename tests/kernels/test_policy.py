"""Which kernel runs: asked for in code, asked for by the environment, or picked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from seqloom import kernels
from seqloom.cells import GRU, LSTM
from seqloom.errors import UsageError
from seqloom.kernels import policy
from seqloom.kernels.backend import REFERENCE, TORCH
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


def test_several_may_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = Recurrent(GRU, 4, 5)
    with kernels.use("torch", "derived"):
        assert (_kernel_of(layer), kernels.wish()) == ("derived", "torch,derived")
    monkeypatch.setenv("SEQLOOM_KERNEL", "derived,cpu")
    policy._of_environment.cache_clear()
    assert _kernel_of(layer) == "cpu", "the order of preference is the operation's"
    with (
        kernels.use("torch", "fused"),
        pytest.raises(UsageError, match=r"torch: the cell's.*; fused: it offers nothing"),
    ):
        layer(torch.zeros(2, 3, 4))


class Doubling(kernels.Kernel[int, int]):
    """Doubles even numbers; leaves those above 9 to others."""

    backend, summary = TORCH, "twice as much"

    def refusal(self, work: int) -> str | None:
        return f"{work} is odd" if work % 2 else None

    def deference(self, work: int) -> str | None:
        return f"{work} is large" if work > 9 else None

    def run(self, work: int) -> int:
        return 2 * work


class Zero(kernels.Kernel[int, int]):
    """0 for everything."""

    backend, summary = REFERENCE, "nothing"

    def run(self, work: int) -> int:
        return 0


DOUBLE = kernels.Operation[int, int]("a number", (Doubling(), Zero()))
SHORT_CUT = kernels.Operation[int, int]("a number", (Doubling(),), in_parts="by hand")


def test_the_first_without_objection_runs_and_explain_says_why() -> None:
    assert [DOUBLE(work) for work in (4, 5, 10)] == [8, 0, 0]
    assert str(DOUBLE.explain(4)) == "torch: twice as much"
    assert DOUBLE.explain(5).refused == (("torch", "5 is odd"),)
    assert DOUBLE.explain(10).refused == (("torch", "10 is large"),)


def test_a_wish_goes_over_deference_and_not_over_refusal() -> None:
    with kernels.use("torch"):
        assert DOUBLE(10) == 20
        for ask in (DOUBLE, DOUBLE.explain):
            with pytest.raises(UsageError, match="The kernel 'torch' was asked for, but cannot run this: 5 is odd"):
                ask(5)
    with kernels.use("cpu"), pytest.raises(UsageError, match="nothing for a number; ask for 'cpu,torch' or 'cpu,ref"):
        DOUBLE(4)
    with kernels.use("reference"):
        assert DOUBLE.explain(4).refused == (("torch", "'reference' was asked for"),)


def test_a_short_cut_that_cannot_be_taken_is_no_error() -> None:
    kernel = SHORT_CUT.choose(4)
    assert kernel is not None
    assert kernel.run(4) == 8
    with kernels.use("reference"):
        assert SHORT_CUT.choose(4) is None
        assert str(SHORT_CUT.explain(4)) == "in parts: by hand\n  not torch: 'reference' was asked for"
    assert SHORT_CUT.explain(5).refused == (("torch", "5 is odd"),)


def test_choices_are_watched_wherever_they_are_made() -> None:
    DOUBLE(4)
    with kernels.watch() as choices:
        DOUBLE(5)
        with kernels.use("reference"):
            SHORT_CUT.choose(4)
    DOUBLE(4)
    assert [(one.work, one.kernel) for one in choices] == [("a number", "reference"), ("a number", "in parts")]
