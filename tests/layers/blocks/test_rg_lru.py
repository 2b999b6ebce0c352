"""The RG-LRU and its block: laws, kernel, initialisation."""

from __future__ import annotations

import pytest
import torch

from seqloom import kernels
from seqloom.cells import RGLRU
from seqloom.errors import UsageError
from seqloom.layers import Recurrent
from seqloom.layers.blocks.rg_lru import RGLRUBlock
from seqloom.testing import check_layer


def test_the_block_obeys_the_laws() -> None:
    check_layer(lambda: RGLRUBlock(3, 4, heads=2), dtype=torch.float32)


@pytest.mark.slow
@pytest.mark.parametrize("kernel", ["auto", "reference"])
def test_the_block_obeys_the_laws_in_float64(kernel: str) -> None:
    check_layer(lambda: RGLRUBlock(4, 4, width=6, heads=3, convolution=2), kernel=kernel)


def test_the_cell_runs_as_a_scan() -> None:
    assert kernels.explain_cell(RGLRU(heads=2), 4, 4).runs_as_scan


def test_the_decay_begins_uniformly_between_its_bounds() -> None:
    torch.manual_seed(0)
    decay = torch.sigmoid(Recurrent(RGLRU(), 4, 4000).double().weights.decay.vector) ** 8
    assert 0.9 <= decay.min() < 0.901
    assert 0.998 < decay.max() <= 0.999
    assert abs(decay.mean() - 0.9495) < 0.002


def test_heads_divide_the_width() -> None:
    with pytest.raises(UsageError, match="6 features cannot be shared by 4 heads"):
        RGLRUBlock(3, 6, heads=4)
