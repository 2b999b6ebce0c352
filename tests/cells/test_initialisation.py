"""Initial weights have the spread their papers give them."""

from __future__ import annotations

import math

import pytest
import torch

from seqloom.cells import LSTM, Between, Constant, Glorot, He, Identity, LeCun, Orthogonal, SpectralRadius, Uniform
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
