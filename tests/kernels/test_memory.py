from __future__ import annotations

import gc

import pytest
import torch

from seqloom.kernels import memory
from seqloom.kernels.memory import LARGE, fresh

LIKE = torch.zeros(1)
ROWS = LARGE // 4 // 1024


@pytest.fixture(autouse=True)
def _no_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "BLOCKS", memory._Blocks())


def test_shape_format_and_alignment():
    for shape in ((3, 5), (ROWS + 1, 1025), (0, 7), (2, ROWS, 1024)):
        tensor = fresh(*shape, like=LIKE.double())
        assert tensor.shape == shape
        assert tensor.dtype == torch.float64
        assert tensor.is_contiguous()
        assert not tensor.numel() or tensor.data_ptr() % 64 == 0


def test_memory_is_taken_again_only_when_nobody_holds_it():
    first = fresh(ROWS, 1024, like=LIKE)
    view = first[3:].fill_(7.0)
    del first
    gc.collect()
    other = fresh(ROWS, 1024, like=LIKE).fill_(1.0)
    assert bool((view == 7).all())
    place = view.data_ptr() - 3 * 4096
    del view
    gc.collect()
    assert fresh(ROWS, 1024, like=LIKE).data_ptr() == place
    assert bool((other == 1).all())


def test_a_graph_keeps_its_memory():
    weights = torch.randn(1024, requires_grad=True)
    memory_of = fresh(ROWS, 1024, like=LIKE).fill_(2.0)
    loss = (memory_of * weights).sum()
    del memory_of
    gc.collect()
    fresh(ROWS, 1024, like=LIKE).fill_(-1.0)
    loss.backward()
    torch.testing.assert_close(weights.grad, torch.full((1024,), 2.0 * ROWS))


def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(memory, "MAXIMUM_IDLE", 3 * LARGE)
    held = [fresh(ROWS, 1024, like=LIKE) for _ in range(5)]
    held.clear()
    gc.collect()
    assert sum(size * len(blocks) for size, blocks in memory.BLOCKS.idle.items()) == 3 * LARGE
