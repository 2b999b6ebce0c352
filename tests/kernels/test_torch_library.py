"""torch's modules as a foreign oracle, and when their kernels run."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from seqloom import kernels
from seqloom.cells import GRU, LSTM, Elman, GRUResetAfter
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
    layer = Recurrent(LSTM, 3, 5)
    assert layer.explain(x).kernel == "cpu"
    with torch.no_grad():
        assert layer.explain(x).kernel == "torch"
    explanation = Recurrent(GRU, 3, 5).explain(x)
    assert explanation.kernel == "cpu"
    assert "not torch: the cell's equations" in str(explanation)
    assert "lengths are given" in str(Recurrent(LSTM, 3, 5).explain(x, torch.tensor([4, 2])))
    assert "single step" in str(Recurrent(LSTM, 3, 5).explain(x[:, :1]))
    assert "empty" in str(Recurrent(LSTM, 3, 5).explain(x[:, :0]))


def test_a_wish_that_cannot_be_met_raises() -> None:
    with kernels.use("torch"), pytest.raises(UsageError, match="'torch' was asked for, but cannot run this"):
        Recurrent(GRU, 3, 5)(torch.zeros(1, 2, 3))
    with pytest.raises(UsageError, match="Did you mean 'reference'"), kernels.use("referense"):
        pass


def test_the_wish_ends_with_its_block() -> None:
    layer, x = Recurrent(LSTM, 3, 5), torch.zeros(1, 2, 3)
    with kernels.use("reference"):
        assert layer.explain(x).kernel == "reference"
    assert layer.explain(x).kernel == "cpu"


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
