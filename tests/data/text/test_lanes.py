from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data import IGNORED, Batch, Boundaries, Bytes, Corpus, Lanes, Start, TokenStream, split
from seqloom.data.text.lanes import ZERO

EOS = Bytes().eos
ROWS, STEPS = st.integers(1, 5), st.integers(1, 6)


def corpus_of(sizes: list[int]) -> Corpus:
    text = "".join(chr(33 + i % 90) for i in range(sum(sizes)))
    return Corpus.from_texts([text[sum(sizes[:i]) :][:size] for i, size in enumerate(sizes)], Bytes())


@st.composite
def streams(draw: st.DrawFn) -> TokenStream:
    corpus = corpus_of(draw(st.lists(st.integers(1, 12), min_size=1, max_size=12)))
    start = draw(st.integers(1, len(corpus)))
    return TokenStream(corpus, start, draw(st.integers(start, len(corpus))))


def rows(batch: Batch, row: int) -> tuple[list[int], list[int]]:
    """The real inputs and targets of one row, the padding checked."""
    length = batch.targets.shape[1] if batch.length is None else int(batch.length[row])
    assert batch.targets[row, length:].eq(IGNORED).all()
    assert batch.x[row, length:].ge(0).all()
    return batch.x[row, :length].tolist(), batch.targets[row, :length].tolist()


def check_form(lanes: Lanes) -> None:
    for batch in lanes:
        width = batch.x.shape[1]
        assert batch.x.shape == batch.targets.shape == (lanes.batch_size, width)
        assert 1 <= width <= lanes.time
        assert batch.x.dtype == batch.targets.dtype == torch.int64
        assert batch.fresh.dtype == torch.bool
        assert batch.fresh.shape == (lanes.batch_size,)
        if batch.length is not None:
            assert batch.length.dtype == torch.int64
            assert batch.length.max() == width
            assert batch.length.min() < width


@given(streams(), st.booleans(), ROWS, STEPS)
def test_every_target_once_in_order(stream: TokenStream, reset: bool, batch_size: int, time: int):
    lanes = Lanes(stream, batch_size, time, Boundaries(reset))
    check_form(lanes)
    read = [rows(batch, row) for row in range(batch_size) for batch in lanes]
    assert [i for inputs, _ in read for i in inputs] == stream.inputs.tolist()
    assert [i for _, targets in read for i in targets] == stream.targets.tolist()


@given(streams(), ROWS, STEPS)
def test_carried_lanes_are_full_until_the_last_window(stream: TokenStream, batch_size: int, time: int):
    lanes = Lanes(stream, batch_size, time)
    for i, batch in enumerate(lanes):
        assert batch.fresh.eq(i == 0).all()
        if i < len(lanes) - 1:
            assert batch.length is None
            assert batch.x.shape[1] == time


@given(streams(), st.sampled_from(Start), ROWS, STEPS)
def test_reset_rows_are_documents(stream: TokenStream, start: Start, batch_size: int, time: int):
    lanes = Lanes(stream, batch_size, time, Boundaries(True, start))
    documents: list[list[int]] = []
    for row in range(batch_size):
        for i, batch in enumerate(lanes):
            inputs, targets = rows(batch, row)
            assert batch.fresh[row] or i > 0
            if batch.fresh[row] and (targets or i > 0):
                assert targets
                documents.append([])
            if targets:
                assert EOS not in targets[:-1]
                documents[-1] += targets
                assert EOS not in inputs[1:]
                assert ZERO not in inputs[1:]
                begins = bool(batch.fresh[row]) and stream.start + sum(map(len, documents)) - len(targets) > 0
                if inputs[0] in (EOS, ZERO):
                    assert begins
                    assert inputs[0] == (ZERO if start is Start.ZERO else EOS)
    expected: list[list[int]] = [[]]
    for target in stream.targets.tolist():
        expected[-1].append(target)
        if target == EOS:
            expected.append([])
    assert documents == [document for document in expected if document]


@given(streams(), st.booleans(), ROWS, STEPS)
def test_the_zero_start_only_changes_the_first_inputs(stream: TokenStream, reset: bool, batch_size: int, time: int):
    eos, zero = (Lanes(stream, batch_size, time, Boundaries(reset, start)) for start in Start)
    for a, b in zip(eos, zero, strict=True):
        assert torch.equal(a.targets, b.targets)
        for row in range(batch_size):
            changed = [ZERO if i == EOS else i for i in rows(a, row)[0]]
            assert rows(b, row)[0] == changed


def test_a_window_depends_on_its_number_alone():
    lanes = Lanes(corpus_of([5, 9, 2, 30]).stream(), 3, 4, Boundaries(reset=True))
    again = [lanes[i] for i in reversed(range(len(lanes)))][::-1]
    for a, b in zip(lanes, again, strict=True):
        lengths = zip(a.lengths.values(), b.lengths.values(), strict=True)
        pairs = [(a.x, b.x), (a.targets, b.targets), (a.fresh, b.fresh), *lengths]
        assert all(torch.equal(*pair) for pair in pairs)


def test_lanes_of_documents_are_about_equally_long():
    lanes = Lanes(corpus_of([7] * 64).stream(), 8, 4, Boundaries(reset=True))
    assert len(lanes) == 64 * 2 // 8


def test_toy_corpus():
    pizza, cake = Lanes(Corpus.from_texts(["ab", "ac"], Bytes()).stream(), 2, 8, Boundaries(reset=True))[
        0
    ].targets.tolist()
    assert (pizza, cake) == ([97, 98, EOS], [97, 99, EOS])


def test_the_last_part_of_a_split_begins_in_the_middle():
    _, last = split(corpus_of([100]))
    batch = Lanes(last, 1, 4, Boundaries(reset=True))[0]
    assert batch.x[0, 0] != EOS
    assert batch.fresh.all()


@given(streams(), ROWS, STEPS, st.integers(1, 9))
def test_long_documents_fall_into_parts(stream: TokenStream, batch_size: int, time: int, longest: int):
    lanes = Lanes(stream, batch_size, time, Boundaries(reset=True), longest=longest)
    check_form(lanes)
    whole = [rows(batch, row) for row in range(batch_size) for batch in lanes]
    assert [i for inputs, _ in whole for i in inputs] == stream.inputs.tolist()
    since = 0
    for row in range(batch_size):
        for batch in lanes:
            since = len(rows(batch, row)[1]) + (0 if batch.fresh[row] else since)
            assert since <= longest


@given(streams(), ROWS, STEPS, st.integers(0, 5))
def test_each_epoch_has_an_order_of_its_own(stream: TokenStream, batch_size: int, time: int, epoch: int):
    plain = Lanes(stream, batch_size, time, Boundaries(reset=True))
    lanes = Lanes(stream, batch_size, time, Boundaries(reset=True), seed=3)
    again = Lanes(stream, batch_size, time, Boundaries(reset=True), seed=3).epoch(4).epoch(epoch)
    check_form(lanes.epoch(epoch))

    def documents(lanes: Lanes) -> list[tuple[int, ...]]:
        found: list[list[int]] = []
        for row in range(batch_size):
            for batch in lanes:
                targets = rows(batch, row)[1]
                if batch.fresh[row] and targets:
                    found.append([])
                if targets:
                    found[-1] += targets
        return [tuple(one) for one in found]

    assert documents(lanes.epoch(epoch)) == documents(again)
    assert sorted(documents(lanes.epoch(epoch))) == sorted(documents(plain))
    assert plain.epoch(epoch) is plain
    assert Lanes(stream, batch_size, time, seed=3).epoch(epoch).seed == 3


def test_orders_differ():
    lanes = Lanes(corpus_of([1] * 50).stream(), 1, 4, Boundaries(reset=True), seed=0)
    orders = {tuple(int(batch.targets[0, 0]) for batch in lanes.epoch(k)) for k in range(5)}
    assert len(orders) == 5


@given(streams(), st.booleans(), ROWS, STEPS)
def test_without_ends_no_end_is_a_target(stream: TokenStream, reset: bool, batch_size: int, time: int):
    for a, b in zip(
        *(Lanes(stream, batch_size, time, Boundaries(reset, ends=ends)) for ends in (True, False)), strict=True
    ):
        assert torch.equal(a.x, b.x)
        assert torch.equal(a.targets.masked_fill(a.targets == EOS, IGNORED), b.targets)


def test_wrong_arguments():
    stream = corpus_of([3]).stream()
    for batch_size, time in [(0, 1), (1, 0)]:
        with pytest.raises(ValueError, match="at least 1"):
            Lanes(stream, batch_size, time)
    with pytest.raises(IndexError, match="Window 4 of 4"):
        Lanes(stream, 1, 1)[4]
    with pytest.raises(IndexError, match="Window -1"):
        Lanes(stream, 1, 1)[-1]
