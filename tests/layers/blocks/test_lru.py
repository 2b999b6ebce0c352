"""The LRU block: laws, and the recurrence in complex numbers."""

from __future__ import annotations

import pytest
import torch

from seqloom import kernels
from seqloom.cells import LRU
from seqloom.layers.blocks.lru import GatedLRU, LRUBlock
from seqloom.testing import check_layer


def test_the_block_obeys_the_laws() -> None:
    check_layer(lambda: LRUBlock(3, 4), dtype=torch.float32)


@pytest.mark.slow
@pytest.mark.parametrize("kernel", ["auto", "reference"])
def test_the_block_obeys_the_laws_in_float64(kernel: str) -> None:
    check_layer(lambda: LRUBlock(4, 4, units=6, r_min=0.5, r_max=0.99, max_phase=1.0), kernel=kernel)


def test_the_cell_runs_as_a_scan() -> None:
    assert kernels.explain_cell(LRU(), 3, 4).runs_as_scan


def test_it_is_the_complex_recurrence_of_the_paper() -> None:
    """Orvieto et al., 2023, sec. 3: h' = λ h + γ B x, y = Re(C h) + D x, in torch's complex numbers."""
    layer = GatedLRU(LRU(), 3, 5).double()
    weights = dict(layer.recurrence.weights.named_parameters())
    x = torch.randn(2, 7, 3, dtype=torch.float64)
    modulus, angle = torch.exp(-torch.exp(weights["decay.vector"])), torch.exp(weights["phase.vector"])
    eigenvalue = torch.polar(modulus, angle)
    into = torch.complex(weights["input_real.weight_0"], weights["input_imaginary.weight_0"])
    out = torch.complex(weights["output.weight_0"], -weights["output.weight_1"])
    h, outputs = torch.zeros(2, 5, dtype=torch.complex128), []
    for x_t in x.unbind(1):
        h = eigenvalue * h + torch.exp(weights["gain.vector"]) * (x_t.to(into.dtype) @ into.T)
        outputs.append((h @ out.T).real + x_t @ weights["output.weight_2"].T)
    torch.testing.assert_close(layer.recurrence(x)[0], torch.stack(outputs, 1))
    v = torch.nn.functional.gelu(torch.stack(outputs, 1))
    torch.testing.assert_close(layer(x)[0], layer.value(v) * torch.sigmoid(layer.gate(v)))
