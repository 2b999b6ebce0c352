"""Every cell on every vector width, in both formats, at sizes that no vector divides."""

from __future__ import annotations

import pytest
import torch

from tests.kernels.cells import CELLS
from tests.kernels.comparing import REFERENCE, assert_same, cpu, draw, error, outcome
from tests.kernels.cpu.widths import WIDTHS

ALLOWED = {torch.float64: 1e-11, torch.float32: 2e-5}


@pytest.mark.parametrize("dtype", ALLOWED, ids=str)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", CELLS)
def test_a_cell(name: str, width: int, dtype: torch.dtype) -> None:
    drawn = draw(CELLS[name], features=7, hidden=19, batch=5, time=6, lengths=torch.tensor([3, 6, 0, 5, 6]), masks=True)
    wanted, rival = outcome(REFERENCE, drawn), outcome(REFERENCE, drawn.to(dtype))
    rounding = max(error(rival, wanted, result) for result in wanted)
    assert_same(outcome(cpu(width), drawn.to(dtype)), wanted, max(ALLOWED[dtype], 4 * rounding))


@pytest.mark.parametrize("width", WIDTHS)
def test_whole_vectors(width: int) -> None:
    """Sizes at which nothing is padded, so that operands are read where they lie."""
    drawn = draw(CELLS["EveryWord"], features=32, hidden=32, batch=4, masks=True)
    assert_same(outcome(cpu(width), drawn), outcome(REFERENCE, drawn), 1e-11)
