"""Every cell on every kernel, at odd sizes, with gradients."""

from __future__ import annotations

import pytest
import torch

from seqloom import kernels
from seqloom.cells import (
    LRU,
    LSTM,
    SLSTM,
    Cell,
    CoupledLSTM,
    Elman,
    GRUWithoutReset,
    IndRNN,
    LayerNormGRU,
    LayerNormLSTM,
    LeakyEchoState,
    LiGRU,
    MinGRU,
    MinimalGated,
    MinLSTM,
    PeepholeLSTM,
    ProjectedLSTM,
    RealLRU,
    RecurrentDropout,
    VariationalDropout,
    Zoneout,
)
from seqloom.layers import Recurrent

CELLS = [
    PeepholeLSTM(),
    CoupledLSTM(),
    LayerNormLSTM(),
    LayerNormGRU(),
    ProjectedLSTM(projection=7),
    GRUWithoutReset(),
    MinimalGated(),
    IndRNN(activation="tanh"),
    LiGRU(),
    LeakyEchoState(),
    SLSTM(heads=3),
    MinGRU(),
    MinLSTM(),
    RealLRU(),
    LRU(),
    Zoneout(LSTM(), rate=0.3),
    RecurrentDropout(Elman(), rate=0.3),
    VariationalDropout(ProjectedLSTM(projection=7), rate=0.3, input_rate=0.2),
]


def results(layer: Recurrent, x: torch.Tensor, lengths: torch.Tensor, kernel: str) -> list[torch.Tensor]:
    """Outputs, final states and all gradients."""
    torch.manual_seed(5)  # of the coins
    x = x.clone().requires_grad_()
    with kernels.use(kernel):
        y, state = layer(x, None, lengths)
        floats = [leaf for leaf in state if leaf.is_floating_point()]
        loss = sum(
            (part * torch.linspace(-1, 1, part.numel(), dtype=x.dtype).view_as(part)).sum() for part in (y, *floats)
        )
        gradients = torch.autograd.grad(loss, (x, *layer.parameters()))
    return [y, *floats, *gradients]


@pytest.mark.parametrize(
    ("kernel", "dtype"),
    [
        ("derived", torch.float64),
        ("cpu", torch.float64),
        pytest.param("cpu", torch.float32, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: type(cell).__name__)
def test_a_kernel_computes_what_the_reference_does(cell: Cell, kernel: str, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    layer = Recurrent(cell, 5, 21).to(dtype)
    x, lengths = torch.randn(3, 11, 5, dtype=dtype), torch.tensor([11, 3, 0])
    got, wanted = (results(layer, x, lengths, name) for name in (kernel, "reference"))
    tolerance = 1e-10 if dtype == torch.float64 else 1e-4
    for a, b in zip(got, wanted, strict=True):
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance * (1 + float(b.detach().abs().max())))
