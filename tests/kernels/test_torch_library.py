"""torch's modules as a foreign oracle, and when their kernels run."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from seqloom import kernels
from seqloom.cells import GRU, LSTM, Cell, Elman, GRUResetAfter
from seqloom.errors import UsageError
from seqloom.layers import Recurrent

TWINS = {
    "lstm": (LSTM(), lambda: nn.LSTM(3, 5, batch_first=True), ("input", "forget", "candidate", "output")),
    "gru": (GRUResetAfter(), lambda: nn.GRU(3, 5, batch_first=True), ("reset", "update", "candidate")),
    "tanh": (Elman(), lambda: nn.RNN(3, 5, batch_first=True), ("hidden",)),
    "relu": (Elman(activation="relu"), lambda: nn.RNN(3, 5, batch_first=True, nonlinearity="relu"), ("hidden",)),
}


def copy_weights(module: nn.Module, layer: Recurrent, maps: tuple[str, ...]) -> None:
    """torch's stacked weights into the named ones."""
    weights = dict(layer.weights.named_parameters())
    with torch.no_grad():
        rows = zip(maps, *(p.chunk(len(maps)) for p in module.parameters()), strict=True)
        for name, of_x, of_h, bias_x, bias_h in rows:
            weights[f"{name}.weight_0"].copy_(of_x)
            if name == "candidate" and isinstance(module, nn.GRU):
                weights["candidate_state.weight_0"].copy_(of_h)
                weights["candidate_state.bias"].copy_(bias_h)
                weights["candidate.bias"].copy_(bias_x)
            else:
                weights[f"{name}.weight_1"].copy_(of_h)
                weights[f"{name}.bias"].copy_(bias_x + bias_h)


@pytest.mark.parametrize("kernel", ["reference", "torch"])
@pytest.mark.parametrize("name", TWINS)
def test_the_same_numbers_as_torchs_module(name: str, kernel: str) -> None:
    torch.manual_seed(0)
    cell, make, maps = TWINS[name]
    module, layer = make().double(), Recurrent(cell, 3, 5).double()
    copy_weights(module, layer, maps)
    x = torch.randn(2, 7, 3, dtype=torch.float64, requires_grad=True)
    wanted, hidden = module(x)
    with kernels.use(kernel):
        y, state = layer(x)
    torch.testing.assert_close(y, wanted)
    final = hidden if isinstance(hidden, tuple) else (hidden,)
    for ours, theirs in zip(state, final, strict=True):
        torch.testing.assert_close(ours, theirs[0])
    ours, theirs = (torch.autograd.grad(output.square().sum(), x)[0] for output in (y, wanted))
    torch.testing.assert_close(ours, theirs)


def test_policy_says_why() -> None:
    x = torch.randn(2, 4, 3)
    explanation = Recurrent(GRU, 3, 5).explain(x)
    assert explanation.kernel == "cpu"
    assert "not torch: the cell's equations" in str(explanation)
    assert "lengths are given" in str(Recurrent(LSTM, 3, 5).explain(x, torch.tensor([4, 2])))
    assert "single step" in str(Recurrent(LSTM, 3, 5).explain(x[:, :1]))
    assert "empty" in str(Recurrent(LSTM, 3, 5).explain(x[:, :0]))


# T, B, H with gradients or without, and the rule that decides
SIZES = [
    (LSTM, (20, 50, 100), True, "torch", "H = 100 is at most 256 and T B H² = 10,000,000 is at most 40,000,000"),
    (LSTM, (60, 16, 200), True, "torch", "T B H² = 38,400,000 is at most 40,000,000"),
    (LSTM, (64, 32, 256), True, "cpu", "T B H² = 134,217,728 is above 40,000,000"),
    (LSTM, (3, 2, 257), True, "cpu", "H = 257 is above 256"),
    (LSTM, (2000, 64, 256), False, "torch", "H = 256 is at most 256"),
    (LSTM, (3, 2, 257), False, "cpu", "H = 257 is above 256"),
    (GRUResetAfter, (5, 4, 200), True, "torch", "T² H = 5,000 is at most 5,000"),
    (GRUResetAfter, (6, 4, 160), True, "cpu", "T² H = 5,760 is above 5,000"),
    (Elman, (5, 4, 2500), False, "torch", "T² B H = 250,000 is at most 250,000"),
    (Elman, (6, 4, 2000), False, "cpu", "T² B H = 288,000 is above 250,000"),
    (GRUResetAfter, (100, 512, 2), True, "torch", "128 H² = 512 is at most 512"),
    (GRUResetAfter, (100, 511, 2), False, "cpu", "T² B H = 10,220,000 is above 250,000"),
]


@pytest.mark.parametrize(("cell", "sizes", "gradients", "kernel", "rule"), SIZES)
def test_a_rule_of_sizes_decides_and_is_said(
    cell: type[Cell], sizes: tuple[int, int, int], gradients: bool, kernel: str, rule: str
) -> None:
    time, batch, hidden = sizes
    with torch.set_grad_enabled(gradients):
        found = Recurrent(cell, 1, hidden).explain(torch.zeros(1).expand(batch, time, 1))
    assert found.kernel == kernel
    assert rule in str(found)
    assert ("the faster one, as" if kernel == "torch" else "not torch: our own kernel is faster, as") in str(found)


def test_an_lstm_in_float64_is_many_operations() -> None:
    layer = Recurrent(LSTM, 3, 100).double()
    assert "T² H = 40,000 is above 5,000" in str(layer.explain(torch.zeros(16, 20, 3).double()))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("cell", [LSTM, GRUResetAfter, Elman])
def test_narrow_formats_run_on_torchs_kernel_at_every_size(cell: type[Cell], dtype: torch.dtype) -> None:
    layer, x = Recurrent(cell, 3, 40).to(dtype), torch.randn(2, 30, 3).to(dtype)
    assert str(layer.explain(x)) == "torch: torch's own kernel (cuDNN on the GPU, oneDNN on the CPU)"
    y, state = layer(x)
    y.sum().backward()
    wanted, last = copy.deepcopy(layer).double()(x.double())
    torch.testing.assert_close(y.double(), wanted, atol=0.05, rtol=0.05)
    torch.testing.assert_close(state[0].double(), last[0], atol=0.05, rtol=0.05)
    assert all(p.grad is not None and bool(torch.isfinite(p.grad).all()) for p in layer.parameters())


def test_mixed_formats_are_refused_by_name() -> None:
    layer = Recurrent(LSTM, 3, 5).bfloat16()
    with kernels.use("torch"), pytest.raises(UsageError, match=r"the numbers are torch.bfloat16, torch.float32\."):
        layer(torch.zeros(2, 3, 3))


def test_a_wish_that_cannot_be_met_raises() -> None:
    with kernels.use("torch"), pytest.raises(UsageError, match="'torch' was asked for, but cannot run this"):
        Recurrent(GRU, 3, 5)(torch.zeros(1, 2, 3))
    with pytest.raises(UsageError, match="Did you mean 'reference'"), kernels.use("referense"):
        pass


def test_the_wish_ends_with_its_block() -> None:
    layer, x = Recurrent(LSTM, 3, 5), torch.zeros(1, 2, 3)
    with kernels.use("reference"):
        assert layer.explain(x).kernel == "reference"
    assert layer.explain(x).kernel == "torch"


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")  # inside torch
def test_transforms_run_on_the_reference() -> None:
    layer, x = Recurrent(LSTM, 3, 5), torch.randn(4, 2, 6, 3)
    together = torch.func.vmap(lambda rows: layer(rows)[0])(x)
    torch.testing.assert_close(together[1], layer(x[1])[0])
    _, tangent = torch.func.jvp(lambda rows: layer(rows)[0], (x[0],), (torch.ones_like(x[0]),))
    step = 1e-3
    torch.testing.assert_close(
        tangent, (layer(x[0] + step)[0] - layer(x[0] - step)[0]) / (2 * step), atol=1e-3, rtol=1e-2
    )


def test_a_second_derivative_on_the_reference() -> None:
    layer = Recurrent(LSTM, 3, 5).double()
    x = torch.randn(1, 3, 3, dtype=torch.float64, requires_grad=True)
    with kernels.use("reference"):
        assert torch.autograd.gradgradcheck(lambda value: layer(value)[0].sum(), x)
