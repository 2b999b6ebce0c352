from __future__ import annotations

import gc
import mmap
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from seqloom.kernels import large_results
from seqloom.kernels.large_results import LARGE, fresh

LIKE = torch.zeros(1)
ROWS = LARGE // 4 // 1024


@pytest.fixture(autouse=True)
def _no_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_results, "BLOCKS", large_results._Blocks())


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


def waiting() -> int:
    return sum(map(len, large_results.BLOCKS.idle.values()))


def held() -> int:
    return sum(large_results.BLOCKS.held.values())


def take(*rows: int) -> int:
    """Hold blocks of so many rows at once, and give them back; the bytes that were held."""
    tensors = [fresh(count, 1024, like=LIKE) for count in rows]
    most = held()
    del tensors
    gc.collect()
    return most


def test_what_waits_is_bounded_by_what_was_held_at_once():
    most = 0
    for rows in (ROWS, 2 * ROWS, 5 * ROWS, 3 * ROWS, 7 * ROWS, 4 * ROWS, 11 * ROWS, 6 * ROWS):
        most = max(most, take(rows, 2 * rows))
        assert not held()
        assert most / 2 <= waiting() <= large_results.MOST_FOR_NEED * most


def test_nothing_waits_beside_more_than_was_ever_held():
    take(ROWS, ROWS, 2 * ROWS)
    large = fresh(10 * ROWS, 1024, like=LIKE)
    assert held() == large.nbytes
    assert not waiting()


def test_what_was_not_needed_of_late_goes(monkeypatch: pytest.MonkeyPatch):
    now = [0.0]
    monkeypatch.setattr(large_results, "monotonic", lambda: now[0])
    monkeypatch.setattr(large_results, "BLOCKS", large_results._Blocks())
    take(20 * ROWS)
    for expected in (21, 21, 21, 1):  # the last use of the large block counts in its period and in the one after it
        now[0] += 0.9 * large_results.PERIOD
        take(ROWS)
        assert waiting() == expected * LARGE


def test_a_block_that_is_a_little_too_large_will_do():
    first = fresh(10 * ROWS, 1024, like=LIKE)
    place = first.data_ptr()
    del first
    gc.collect()
    near, small = fresh(9 * ROWS, 1024, like=LIKE), fresh(ROWS, 1024, like=LIKE)
    assert near.data_ptr() == place
    assert small.data_ptr() != place
    assert near.shape == (9 * ROWS, 1024)


@pytest.mark.skipif(large_results.FREE is None, reason="the system has no such mark")
def test_the_system_may_take_what_waits(monkeypatch: pytest.MonkeyPatch):
    marked: list[int] = []

    class Marked(mmap.mmap):
        def madvise(self, *options: int) -> None:
            marked.extend(options)
            super().madvise(*options)

    monkeypatch.setattr(large_results.mmap, "mmap", Marked)
    tensor = fresh(large_results.WORTH_MARKING // 4096, 1024, like=LIKE)
    assert large_results.FREE not in marked
    del tensor
    gc.collect()
    assert large_results.FREE in marked


def test_blocks_that_threads_take_and_give_back_at_once_are_nobody_elses():
    def work(number: int) -> bool:
        right = True
        for k in range(40):
            tensor = fresh(ROWS + k % 3, 1024, like=LIKE).fill_(number)
            right &= bool((tensor == number).all())
        return right

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))
    gc.collect()
    assert not held()
