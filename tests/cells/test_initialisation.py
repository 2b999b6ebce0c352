"""Initial weights have the spread their papers give them."""

from __future__ import annotations

import math

import pytest
import torch

from seqloom.cells import (
    GRU,
    LSTM,
    Between,
    Cell,
    Constant,
    CoupledLSTM,
    Glorot,
    GRUResetAfter,
    GRUWithoutReset,
    He,
    Identity,
    LayerNormGRU,
    LayerNormLSTM,
    LeCun,
    MinGRU,
    MinimalGated,
    MinLSTM,
    Orthogonal,
    PeepholeLSTM,
    SpectralRadius,
    Uniform,
    Zoneout,
)
from seqloom.errors import UsageError
from seqloom.layers import Recurrent


@pytest.mark.parametrize(
    ("initialiser", "deviation"),
    [
        (Uniform(), 1 / math.sqrt(200) / math.sqrt(3)),
        (Uniform(0.3), 0.3 / math.sqrt(3)),
        (Glorot(), math.sqrt(2 / (200 + 300))),
        (He(), math.sqrt(2 / 300)),
        (LeCun(2.0), 2 / math.sqrt(300)),
        (Between(-0.5, 0.5), 1 / math.sqrt(12)),
        (Orthogonal(), 1 / math.sqrt(300)),
    ],
    ids=lambda value: str(value),
)
def test_the_standard_deviation_of_a_matrix(initialiser, deviation: float) -> None:
    matrix = torch.empty(200, 300)
    initialiser.fill(matrix, torch.Generator().manual_seed(0))
    assert float(matrix.std()) == pytest.approx(deviation, rel=0.02)
    assert float(matrix.mean()) == pytest.approx(0, abs=0.002)


def test_orthogonal_rows() -> None:
    blocks = torch.empty(2, 8, 8, dtype=torch.float64)
    Orthogonal(gain=2.0).fill(blocks)
    assert torch.allclose(blocks @ blocks.mT, 4 * torch.eye(8, dtype=torch.float64).expand(2, 8, 8))


def test_the_largest_eigenvalue() -> None:
    matrices = torch.empty(2, 8, 8)
    SpectralRadius(0.7).fill(matrices)
    largest = torch.linalg.eigvals(matrices).abs().amax(-1)
    assert torch.allclose(largest, torch.full((2,), 0.7))
    SpectralRadius(0.7).fill(matrices[0])
    assert float(torch.linalg.eigvals(matrices[0]).abs().max()) == pytest.approx(0.7, rel=1e-4)


def test_identity_and_constant() -> None:
    matrix = torch.empty(3, 3)
    Identity(0.5).fill(matrix)
    assert torch.equal(matrix, 0.5 * torch.eye(3))
    Constant(2.0).fill(matrix)
    assert torch.equal(matrix, torch.full((3, 3), 2.0))


def test_the_forget_gate_begins_open() -> None:
    layer = Recurrent(LSTM(forget_bias=2.0), 3, 4)
    biases = {name: p for name, p in layer.weights.named_parameters() if name.endswith("bias")}
    assert torch.equal(biases.pop("forget.bias"), torch.full((4,), 2.0))
    assert not any(bias.any() for bias in biases.values())


def test_a_seed_decides_the_weights() -> None:
    layer = Recurrent(LSTM, 3, 4)
    fills = []
    for _ in range(2):
        layer.reset_parameters(torch.Generator().manual_seed(3))
        fills.append([p.clone() for p in layer.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*fills, strict=True))


def first_biases(cell: Cell, units: int) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    layer = Recurrent(cell, 2, units)
    return {name: p.detach() for name, p in layer.weights.named_parameters() if name.endswith("bias")}


CHRONO = [
    (LSTM(chrono=50), "forget.bias", "input.bias"),
    (PeepholeLSTM(chrono=50), "forget.bias", "input.bias"),
    (CoupledLSTM(chrono=50), None, "input.bias"),
    (LayerNormLSTM(chrono=50), "forget_state_norm.bias", "input_state_norm.bias"),
    (LayerNormGRU(chrono=50), None, "update_state_norm.bias"),
    (GRU(chrono=50), "update.bias", None),
    (GRU(chrono=50, update="writes"), None, "update.bias"),
    (GRUResetAfter(chrono=50), "update.bias", None),
    (GRUWithoutReset(chrono=50), "update.bias", None),
    (MinimalGated(chrono=50), None, "forget.bias"),
    (MinGRU(chrono=50), None, "update.bias"),
    (MinLSTM(chrono=50), "forget.bias", "input.bias"),
    (Zoneout(LSTM(chrono=50), rate=0.1), "forget.bias", "input.bias"),
]


@pytest.mark.parametrize(("cell", "keeps", "writes"), CHRONO, ids=lambda value: str(value)[:40])
def test_chrono_spreads_the_times_evenly(cell: Cell, keeps: str | None, writes: str | None) -> None:
    """Tallec & Ollivier, 2018: a gate of bias log u forgets in u + 1 steps, u uniform from 1 to 49."""
    biases = first_biases(cell, units=400)
    spread = biases[keeps] if keeps else -biases[writes or ""]
    if keeps and writes:
        assert torch.equal(biases[writes], -biases[keeps])
    times = torch.exp(spread).sort().values
    assert 1 <= times[0] < 3
    assert 47 < times[-1] <= 49
    even = 1 + 48 * (torch.arange(400) + 0.5) / 400
    assert float((times - even).abs().max()) / 48 < 1.63 / 400**0.5  # Kolmogorov and Smirnov, 1 %
    others = [bias for name, bias in biases.items() if name not in (keeps, writes)]
    assert not any(bias.any() for bias in others)


def test_chrono_needs_three_steps() -> None:
    with pytest.raises(UsageError, match="at least 3 steps"):
        LSTM(chrono=2)
