"""What can be done with states, and that nothing is done to those of different layers."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn

from seqloom.cells import GRU, LSTM, SLSTM
from seqloom.errors import UsageError
from seqloom.layers import (
    BahdanauDecoder,
    Bidirectional,
    BottleneckDecoder,
    CrossAttention,
    LuongDecoder,
    Recurrent,
    SequenceLayer,
    TransformerDecoder,
    TransformerDecoderBlock,
    parse_spec,
    reserve,
)
from seqloom.layers.attention import AdditiveScore, GeneralScore
from seqloom.layers.state import join, leaves, lengthened, map_state, select, where
from seqloom.layers.words import WORDS
from seqloom.testing import assert_close, assert_same_state

D = 8
WORDED = [
    *WORDS,
    "attention(window=3)",
    "attention(causal=false)",
    "lstm + 2*mingru",
    "gru bidirectional",
    "esn(depth=2)",
]
LAYERS: dict[str, Callable[[], Any]] = {
    **{words: lambda words=words: parse_spec(words).build(D) for words in WORDED},  # type: ignore[misc]
    **{f"only {words}": lambda words=words: next(iter(parse_spec(words).build(D).layers)) for words in WORDED},  # type: ignore[misc]
    "sLSTM": lambda: Recurrent(SLSTM(heads=2), D, D),
}
DECODERS: dict[str, Callable[[], Any]] = {
    "bottleneck": lambda: BottleneckDecoder(Recurrent(GRU, D + 3, 4), D, context_features=3),
    "bahdanau": lambda: BahdanauDecoder(Recurrent(GRU, 2 * D, D), AdditiveScore(D, D, 5)),
    "luong": lambda: LuongDecoder(Recurrent(LSTM, D + D, D), GeneralScore(D, D)),
    "bahdanau over attention": lambda: BahdanauDecoder(
        parse_spec("gru(8) + attention(8) + gru(8)").build(2 * D),  # type: ignore[arg-type]
        AdditiveScore(D, D, 5),
    ),
    "transformer": lambda: TransformerDecoder(
        TransformerDecoderBlock(D, D, memory_features=D, heads=2) for _ in range(2)
    ),
    "cross": lambda: CrossAttention(D, D, heads=2),
}
CAUSAL = [name for name in LAYERS if hasattr(LAYERS[name](), "step")]


def begun(layer: Any, rows: int, steps: int, source: int = 0) -> Any:
    """A state after ``steps``, of a decoder with ``source`` steps to look at."""
    looked_at = {"memory": torch.randn(rows, source, D)} if source else {}
    return layer(torch.randn(rows, steps, D), layer.initial_state(rows, **looked_at))[1]


@pytest.mark.parametrize("name", [*CAUSAL, *DECODERS])
def test_states_that_were_joined_go_on_as_each_alone(name: str) -> None:
    """Whatever room each has: one has read 2 steps, the other 5, and they look at 4 and 7 steps of a source."""
    layer = (LAYERS | DECODERS)[name]().eval()
    sources = (4, 7) if name in DECODERS else (0, 0)
    first, second = begun(layer, 2, 2, sources[0]), begun(layer, 1, 5, sources[1])
    x = torch.randn(3, 3, D)
    both = join([first, second])
    y, after = layer(x, both)
    for rows, alone in ((slice(0, 2), first), (slice(2, 3), second)):
        wanted, end = layer(x[rows], alone)
        assert_close(y[rows], wanted, "joined")
        picked = select(after, torch.arange(3)[rows])
        assert [leaf.shape[0] for _, leaf in leaves(picked)] == [leaf.shape[0] for _, leaf in leaves(end)]
        assert_close(layer.step(x[rows, 0], picked)[0], layer.step(x[rows, 0], end)[0], "joined, a step later")
    third = begun(layer, 3, 4, 5 if sources[0] else 0)
    mixed = where(torch.tensor([True, False, True]), both, third)
    y = layer.step(x[:, 0], mixed)[0]
    assert_close(y[1], layer.step(x[:, 0], third)[0][1], "chosen")
    assert_close(y[2], layer.step(x[:, 0], both)[0][2], "chosen")
    again = pickle.loads(pickle.dumps(join([first, second])))
    assert_same_state(again, both, "sent to another process")


class Matrices(NamedTuple):
    matrix: Tensor


def test_matrices_of_another_layer_are_not_padded() -> None:
    two, four = (parse_spec(f"retnet(heads={heads})").build(D).initial_state(2) for heads in (2, 4))
    for both in (lambda: where(torch.tensor([True, False]), two, four), lambda: join([two, four])):
        with pytest.raises(UsageError, match=r"different layers: .* the shapes \(B, 2, 4, 8\) and \(B, 4, 2, 4\)"):
            both()
    short, long = Matrices(torch.zeros(2, 3, 4)), Matrices(torch.zeros(2, 5, 4))
    with pytest.raises(UsageError, match=r"the shapes \(B, 3, 4\) and \(B, 5, 4\)"):
        join([short, long])
    with pytest.raises(AssertionError, match=r"shape \(2, 3, 4\), expected \(2, 5, 4\)"):
        assert_same_state(short, long, "padded")


class Diary(NamedTuple):
    """A user's own state that grows: lines (B, S) and how many there are."""

    lines: Tensor
    count: Tensor

    @property
    def room(self) -> int:
        return self.lines.shape[1]

    def with_room(self, room: int) -> Diary:
        return Diary(lengthened(self.lines, room), self.count)


def test_a_kind_of_one_s_own_says_how_it_grows() -> None:
    short, long = Diary(torch.ones(1, 2), torch.tensor([2])), Diary(torch.ones(2, 4), torch.tensor([4, 4]))
    found = join([(short, torch.zeros(1, 3)), (long, torch.ones(2, 3))])
    assert found[0].lines.tolist() == [[1, 1, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1]]
    assert found[0].count.tolist() == [2, 4, 4]
    with pytest.raises(UsageError, match=r"a part of them is a Diary and tuple\."):
        join([short, (torch.ones(1, 2), torch.tensor([2]))])


def test_a_growing_and_a_reserved_cache_hold_the_same() -> None:
    layer = next(iter(parse_spec("attention").build(D).layers)).eval()
    with torch.no_grad():
        grown, fresh = begun(layer, 2, 3), layer.initial_state(2)  # type: ignore[operator]
        found = where(torch.tensor([True, False]), fresh, reserve(grown, 6))
        x = torch.randn(2, D)
        assert_close(layer.step(x, found)[0][1], layer.step(x, grown)[0][1], "the row that went on")  # type: ignore[operator]


@pytest.mark.parametrize("wrong", [3, "state", {"h": 1}, [torch.zeros(2, 3)], None])
def test_what_is_no_state(wrong: object) -> None:
    state = (torch.zeros(2, 3),)
    for act in (
        lambda: map_state(Tensor.clone, wrong),
        lambda: join([state, (wrong,)]),
        lambda: list(leaves((wrong,))),
    ):
        with pytest.raises(UsageError, match="tensor or a tuple of states, not"):
            act()
    with pytest.raises(UsageError, match="tuples differ in length"):
        where(torch.tensor([True, False]), torch.zeros(2, 3), (torch.zeros(2, 3), torch.zeros(2, 3)))


WRONG: dict[str, Any] = {
    "a number": 3,
    "a text": "state",
    "a record": {"h": torch.zeros(2, D)},
    "a list": [torch.zeros(2, D)],
    "a tensor": torch.zeros(2, D),
    "nothing inside": (),
    "too much inside": tuple(torch.zeros(2, D) for _ in range(7)),
    "None inside": (None, None, None, None, None, None, None),
    "a tuple inside": (((),),),
    "one number": (3,),
}


def without_state(layer: SequenceLayer) -> bool:
    return not list(leaves(layer.initial_state(1)))


@pytest.mark.parametrize("name", [*LAYERS, *DECODERS])
def test_a_wrong_state_is_named(name: str) -> None:
    """In a sentence, by ``forward`` and by ``step``; where a layer has no state, its stack alone counts the parts."""
    layer: nn.Module = (LAYERS | DECODERS)[name]()
    if name not in DECODERS and without_state(layer):  # type: ignore[arg-type]
        return
    x = torch.randn(2, 3, D)
    acts = {"forward": lambda state: layer(x, state)}
    if hasattr(layer, "step"):
        acts["step"] = lambda state: layer.step(x[:, 0], state)  # type: ignore[operator]
    for act, run in acts.items():
        for kind, state in WRONG.items():
            with pytest.raises(UsageError) as raised:
                run(state)
            assert str(raised.value).endswith("."), f"{act} with {kind}: {raised.value}"


def test_a_step_of_a_stack_from_nothing() -> None:
    for words in ("lstm + gru", "norm + project(8)"):
        layer: Any = parse_spec(words).build(D)
        with pytest.raises(UsageError, match=r"begin with layer\.initial_state\(B\)"):
            layer.step(torch.zeros(2, D), None)
        with pytest.raises(UsageError, match=r"expected a state of 2 parts, .* got 1 part"):
            layer.step(torch.zeros(2, D), layer.initial_state(2)[:1])
    both: Any = Bidirectional(Recurrent(GRU, D, 4), Recurrent(GRU, D, 4))
    with pytest.raises(UsageError, match=r"Bidirectional expected a state of 2 parts, .* got 1 part"):
        both(torch.zeros(2, 3, D), both.initial_state(2)[:1])
