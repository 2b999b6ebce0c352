"""Streams of attention: random chunks, room written in place, windows of constant size, clear refusals."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqloom.errors import UsageError
from seqloom.layers import CausalLayer, CausalTransformerBlock, InputPositions, stack
from seqloom.layers.attention import (
    CausalSelfAttention,
    CrossAttention,
    Positions,
    PositionTable,
    ReservedCache,
    SelfAttention,
    reserve,
)
from seqloom.layers.state import leaves, select, where
from seqloom.testing.closeness import assert_close, assert_same_state

ROWS, TIME = 3, 24

LAYERS: dict[str, Callable[[], CausalLayer]] = {
    **{kind: lambda kind=kind: CausalSelfAttention(4, 2, positions=kind) for kind in Positions},
    **{f"window {kind}": lambda kind=kind: CausalSelfAttention(4, 2, window=5, positions=kind) for kind in Positions},
    "shared keys": lambda: CausalSelfAttention(4, 2, key_heads=1),
    "sinusoids": lambda: InputPositions(4, 4),
    "learned positions": lambda: InputPositions(4, 4, kind=PositionTable.LEARNED, length=TIME // 2),
    "transformers": lambda: stack(
        [InputPositions(4, 4), *(CausalTransformerBlock(4, 4, heads=2, window=window) for window in (None, 3))]
    ),
}


@pytest.mark.parametrize("name", LAYERS)
@settings(max_examples=15)
@given(chunks=st.lists(st.lists(st.integers(0, 6), min_size=ROWS, max_size=ROWS), max_size=4), in_place=st.booleans())
def test_ragged_chunks_are_the_whole(name: str, chunks: list[list[int]], in_place: bool) -> None:
    """Each row goes on by its own number of steps in every chunk, and ends where it would end alone."""
    torch.manual_seed(0)
    layer, x = LAYERS[name]().double(), torch.randn(ROWS, TIME, 4, dtype=torch.float64)
    with torch.no_grad():
        state, done = layer.initial_state(ROWS), torch.zeros(ROWS, dtype=torch.int64)
        state = reserve(state, TIME + 1) if in_place else state
        outputs: list[list[torch.Tensor]] = [[] for _ in range(ROWS)]
        for chunk in chunks:
            lengths = torch.tensor(chunk)
            given = torch.full((ROWS, max(chunk), 4), torch.nan, dtype=torch.float64)
            for row, length in enumerate(chunk):
                given[row, :length] = x[row, done[row] : done[row] + length]
            y, state = layer(given, state, lengths)
            for row, length in enumerate(chunk):
                outputs[row].append(y[row, :length])
            done += lengths
        y, after = layer(x[:, : int(done.max())], None, done)
        for row in range(ROWS):
            got = torch.cat(outputs[row]) if chunks else y.new_zeros(0, 4)
            assert_close(got, y[row, : done[row]], f"row {row}")
            alone, _ = layer(x[row : row + 1, : done[row]])
            assert_close(got, alone[0], f"row {row} alone")
        assert_same_state(state, after, "the state")
        y_t, _ = layer.step(x[:, 0], state)
        assert_close(y_t, layer.step(x[:, 0], after)[0], "the next step")


def test_what_stands_beyond_the_end_of_a_memory_is_not_seen() -> None:
    layer, x, memory = CrossAttention(4, 3, 2), torch.randn(3, 5, 4), torch.randn(3, 6, 3)
    lengths = torch.tensor([6, 2, 0])
    memory[1, 2:], memory[2] = torch.nan, torch.nan
    memory.requires_grad_()
    y, _ = layer(x, layer.initial_state(3, memory, lengths))
    alone, _ = layer(x[1:2], layer.initial_state(1, memory[1:2, :2]))
    assert_close(y[1], alone[0], "a row with a short memory is the row alone")
    assert not y[2].any()
    y.sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in layer.parameters())
    assert torch.isfinite(memory.grad).all()


def test_forks_of_a_growing_stream_part() -> None:
    layer = CausalSelfAttention(4, 2)
    x = torch.randn(2, 6, 4)
    _, state = layer(x[:, :3])
    once, _ = layer.step(x[:, 3], state)
    layer.step(x[:, 4], state)
    again, _ = layer.step(x[:, 3], state)
    assert torch.equal(once, again)
    both, _ = layer.step(x[[1, 1], 3], select(state, torch.tensor([1, 1])))
    assert_close(both[0], once[1], "a fork")


def test_room_is_written_in_place_and_ends_clearly() -> None:
    layer = CausalSelfAttention(4, 2).double()
    x = torch.randn(2, 6, 4, dtype=torch.float64)
    with torch.no_grad():
        wanted, grown = layer(x)
        state = reserve(layer(x[:, :2])[1], 6)
        memory = state.keys.data_ptr()
        for t in range(2, 6):
            y_t, state = layer.step(x[:, t], state)
            assert_close(y_t, wanted[:, t], "a step in place")
        assert isinstance(state, ReservedCache)
        assert state.keys.data_ptr() == memory
        assert_same_state(state, grown, "in place")
        with pytest.raises(UsageError, match="room for 6 steps is asked to hold 7"):
            layer.step(x[:, 0], state)
        with pytest.raises(UsageError, match="more than the capacity of 5"):
            reserve(grown, 5)
    with pytest.raises(UsageError, match="carries no gradient"):
        layer.step(x[:, 0], reserve(layer.initial_state(2), 3))


@pytest.mark.parametrize("batch", [1, 2])
def test_room_may_be_traced_and_ends_clearly_there_too(batch: int) -> None:
    layer, x = CausalSelfAttention(4, 2), torch.randn(batch, 6, 4)
    step = torch.compile(layer.step, backend="aot_eager", fullgraph=True)
    with torch.no_grad():
        wanted, grown = layer(x)
        state = reserve(layer(x[:, :2])[1], 6)
        for t in range(2, 6):
            y_t, state = step(x[:, t], state)
            torch.testing.assert_close(y_t, wanted[:, t], msg=lambda text, t=t: f"step {t}: {text}")
        assert isinstance(state, ReservedCache)
        torch.testing.assert_close(tuple(state), tuple(grown))
        with pytest.raises(RuntimeError, match="index 6 is out of bounds"):
            step(x[:, 0], state)
        with pytest.raises(UsageError, match="Give it no lengths"):
            torch.export.export(layer, (x, state, torch.tensor([3] * batch)), strict=False)


def test_room_that_a_traced_row_left_empty_is_not_attended_to() -> None:
    layer, x, lengths = CausalSelfAttention(4, 2), 9 * torch.randn(1, 5, 4), torch.tensor([3])
    forward, step = (
        torch.compile(run, backend="aot_eager", fullgraph=True)
        for run in (lambda: layer(x, layer.initial_state(1), lengths)[1], layer.step)
    )
    with torch.no_grad():
        wanted, _ = layer.step(x[:, 4], layer(x, None, lengths)[1])
        torch.testing.assert_close(step(x[:, 4], forward())[0], wanted)


def test_a_window_keeps_as_much_after_many_steps_as_after_one() -> None:
    layer = stack([CausalTransformerBlock(4, 4, heads=2, window=8) for _ in range(2)])
    with torch.inference_mode():
        state = layer.initial_state(1)
        sizes = set()
        for _ in range(300):
            _, state = layer.step(torch.randn(1, 4), state)
            sizes.add(tuple(leaf.untyped_storage().nbytes() for _, leaf in leaves(state)))
        _, state = layer(torch.randn(1, 1000, 4), state)
        sizes.add(tuple(leaf.untyped_storage().nbytes() for _, leaf in leaves(state)))
    assert len(sizes) == 1


@pytest.mark.parametrize("kind", [CausalSelfAttention, SelfAttention])
def test_a_long_windowed_sequence_takes_memory_in_proportion(kind) -> None:
    """Every mask and score of 65,536² numbers would be gigabytes; the band is megabytes."""
    layer = kind(4, 1, window=32)
    y, _ = layer(torch.randn(1, 65_536, 4).requires_grad_())
    y.sum().backward()
    near, _ = layer(torch.randn(1, 10, 4))
    assert near.shape == (1, 10, 4)


def test_dropout_acts_in_training_alone() -> None:
    layer, x = CausalSelfAttention(8, 2, dropout=0.5), torch.randn(2, 9, 8)
    assert not torch.equal(layer(x)[0], layer(x)[0])
    layer.eval()
    assert torch.equal(layer(x)[0], layer(x)[0])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CausalSelfAttention(6, 4), "6 features cannot be shared by 4 heads"),
        (lambda: CausalSelfAttention(8, 4, key_heads=3), "4 heads cannot share 3 key heads"),
        (lambda: CausalSelfAttention(6, 2), "must be even; got 3"),
        (lambda: CausalSelfAttention(8, 2, window=0), "at least one step"),
        (lambda: CausalSelfAttention(8, 2, dropout=1.0), "below 1"),
        (lambda: CrossAttention(8, 4, dropout=1.0), "below 1"),
        (lambda: CrossAttention(8, 4)(torch.zeros(2, 3, 8)), r"expected a memory of shape \(2, S, 4\); got nothing"),
        (lambda: CausalSelfAttention(8, 2).step(torch.zeros(1, 8), (1,)), "expected a KeyValueCache; got tuple"),
        (lambda: InputPositions(4, 5), "keep the width"),
    ],
)
def test_what_cannot_be_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make()


def test_a_stream_goes_round_a_learned_table() -> None:
    layer = InputPositions(4, 4, kind=PositionTable.LEARNED, length=3)
    y, _ = layer(torch.zeros(1, 8, 4))
    torch.testing.assert_close(y[:, 3:6], y[:, :3])
    torch.testing.assert_close(y[:, 6:], y[:, :2])


def test_rows_of_caches_of_two_lengths_are_chosen() -> None:
    layer = CausalSelfAttention(8, heads=2).double()
    x = torch.randn(2, 5, 8, dtype=torch.float64)
    _, long = layer(x)
    _, short = layer(x[:, :2])
    first, second = torch.tensor([0]), torch.tensor([1])
    for chosen, other in ((long, short), (short, long)):
        y, _ = layer(x, where(torch.tensor([True, False]), chosen, other))
        assert_close(y[:1], layer(x[:1], select(chosen, first))[0], "the chosen row")
        assert_close(y[1:], layer(x[1:], select(other, second))[0], "the other row")
