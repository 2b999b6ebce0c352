"""The minGRU and minLSTM blocks: laws, kernel, sizes, and the recurrence written out."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from seqloom import kernels
from seqloom.cells import MinGRU, MinLSTM
from seqloom.layers import Recurrent
from seqloom.layers.blocks.minimal import MinGRUBlock, MinLSTMBlock
from seqloom.testing import check_layer

BLOCKS = {
    "mingru": lambda: MinGRUBlock(3, 4),
    "mingru positive": lambda: MinGRUBlock(4, 4, positive=True, expansion=1, convolution=2),
    "minlstm": lambda: MinLSTMBlock(3, 4, feed_forward_factor=2),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_obeys_the_laws(name: str) -> None:
    check_layer(BLOCKS[name], dtype=torch.float32)


@pytest.mark.slow
@pytest.mark.parametrize("name", BLOCKS)
@pytest.mark.parametrize("kernel", ["auto", "reference"])
def test_a_block_obeys_the_laws_in_float64(name: str, kernel: str) -> None:
    check_layer(BLOCKS[name], kernel=kernel)


@pytest.mark.parametrize("cell", [MinGRU(positive=True), MinLSTM(positive=True)])
def test_positive_candidates_run_as_a_scan(cell: MinGRU | MinLSTM) -> None:
    assert kernels.explain_cell(cell, 3, 4).runs_as_scan


def test_mingru_is_the_recurrence_of_the_paper() -> None:
    """Feng et al., 2024, sec. 3.1, with g of appendix B, written out step by step."""
    layer = Recurrent(MinGRU(positive=True), 3, 5).double()
    x, h = torch.randn(2, 6, 3, dtype=torch.float64), torch.randn(2, 5, dtype=torch.float64)
    y, _ = layer(x, (h,))
    update, candidate = (layer.weights.get_submodule(name) for name in ("update", "candidate"))
    for t in range(6):
        z = torch.sigmoid(F.linear(x[:, t], update.weight_0, update.bias))
        v = F.linear(x[:, t], candidate.weight_0, candidate.bias)
        h = (1 - z) * h + z * torch.where(v >= 0, v + 0.5, torch.sigmoid(v))
        torch.testing.assert_close(y[:, t], h)


def test_parameters_are_counted() -> None:
    """H = 64: convolution 5 H; two maps H → 2 H and back; a network of 4 H; two norms."""
    block = MinGRUBlock(64, 64)
    maps = 2 * (2 * 64 * 64 + 2 * 64) + 2 * 64 * 64
    network = 2 * 4 * 64 * 64 + 4 * 64 + 64
    assert sum(p.numel() for p in block.parameters()) == 5 * 64 + maps + network + 2 * 64
