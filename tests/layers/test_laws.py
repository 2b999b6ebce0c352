"""Every layer, cell and direction obeys the laws, on the kernel that policy picks and on the reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch

from seqloom.cells import (
    GRU,
    LRU,
    LSTM,
    RGLRU,
    SLSTM,
    Cell,
    CoupledLSTM,
    Elman,
    GRUResetAfter,
    GRUWithoutReset,
    IndRNN,
    LayerNormGRU,
    LayerNormLSTM,
    LeakyEchoState,
    LiGRU,
    MinGRU,
    MinimalGated,
    MinLSTM,
    PeepholeLSTM,
    ProjectedLSTM,
    RealLRU,
    RecurrentDropout,
    VariationalDropout,
    Wrapper,
    Zoneout,
    affine,
    bernoulli,
    norm,
    part,
    sigmoid,
    tanh,
    weight,
)
from seqloom.layers import (
    Bidirectional,
    Block,
    CausalBlock,
    CausalConvolution,
    CausalLayer,
    Convolution,
    FeedForward,
    GatedFeedForward,
    LearnedState,
    Norm,
    NormKind,
    Projection,
    RandomState,
    Recurrent,
    SequenceLayer,
    Window,
    parse_spec,
    stack,
)
from seqloom.testing import check_layer


@dataclass(frozen=True, kw_only=True)
class EveryWord(Cell):
    """Norms, blocks, vectors, masks, two states of two widths, an output that is no state."""

    state = ("h", "memory")

    def equations(self, x, h, memory):
        keep = bernoulli("keep", 0.8)
        noise = bernoulli("noise", 0.7, per="sequence")
        gate = sigmoid(affine("gate", x, h, memory, blocks=2) + weight("peephole", 0.5) * h)
        candidate = tanh(norm("normed", affine("candidate", x, noise * h, bias=False), groups=2))
        h = keep * (gate * h + (1 - gate) * candidate) + (1 - keep) * h
        return h, 0.5 * memory + affine("write", norm("scaled", h, kind="rms"), out=2)

    def output(self, x, h, memory):
        return h * h + affine("read", memory)

    def width(self, name, hidden):
        return 2 if name == "memory" else hidden

    def initial(self, name):
        return 0.5 if name == "memory" else 0.0


LAYERS: dict[str, Callable[[], SequenceLayer]] = {
    "elman tanh": lambda: Recurrent(Elman, 3, 5),
    "elman relu": lambda: Recurrent(Elman(activation="relu"), 3, 5),
    "elman sigmoid": lambda: Recurrent(Elman(activation="sigmoid"), 3, 5),
    "lstm": lambda: Recurrent(LSTM, 3, 5),
    "gru keeps": lambda: Recurrent(GRU, 3, 5),
    "gru writes": lambda: Recurrent(GRU(update="writes"), 3, 5),
    "gru reset after": lambda: Recurrent(GRUResetAfter, 3, 5),
    "gru reset after, writes": lambda: Recurrent(GRUResetAfter(update="writes"), 3, 5),
    "every word": lambda: Recurrent(EveryWord, 2, 8),
    "learned state": lambda: Recurrent(LSTM, 3, 5, LearnedState()),
    "random state": lambda: Recurrent(GRUResetAfter, 3, 5, RandomState(seed=7)),
    "random state, in words": lambda: parse_spec("lstm(5, initial=normal)").build(3),
    "one unit": lambda: Recurrent(LSTM, 1, 1),
    "window": lambda: Window(3, 5, size=4),
    "window of one": lambda: Window(3, 5, size=1),
    "projection": lambda: Projection(3, 5),
    "convolution": lambda: CausalConvolution(3, 5, width=3),
    "convolution, no rectifier": lambda: CausalConvolution(3, 5, width=2, activation="none"),
    "convolution with a stride": lambda: Convolution(3, 5, width=5, stride=2, activation="gelu"),
    "convolution with a stride as wide as it": lambda: Convolution(3, 5, width=3, stride=3),
    "centred convolution": lambda: Convolution(3, 5, width=4, causal=False),
    "centred convolution with a stride": lambda: Convolution(3, 5, width=5, stride=2, causal=False),
    "front of strides": lambda: stack(
        [Projection(3, 4), *(Convolution(4, 4, stride=2, activation="gelu") for _ in range(2)), Recurrent(LSTM, 4, 3)]
    ),
    "strides in both directions": lambda: Bidirectional(
        *(stack([Convolution(3, 4, stride=3), Recurrent(Elman, 4, 2)]) for _ in range(2))
    ),
    "stack": lambda: stack([Recurrent(LSTM, 3, 4), Window(4, 5, size=2)], dropout=0.5),
    "residual stack": lambda: stack([Recurrent(GRUResetAfter, 3, 4), Recurrent(Elman, 4, 4)], residual=True),
    "stack with a last norm": lambda: stack(
        [Recurrent(Elman, 3, 4), Window(4, 4, size=2)], dropout=0.5, residual=True, last_norm=NormKind.LAYER
    ),
    "block": lambda: CausalBlock(Recurrent(Elman, 4, 4), GatedFeedForward(4, 6), in_features=3),
    "block, norm after": lambda: CausalBlock(
        Window(4, 4, size=2), FeedForward(4, 6), norm="layer", placement="after", dropout=0.5
    ),
    "block both ways": lambda: Block(Bidirectional(Recurrent(Elman, 4, 2), Recurrent(Elman, 4, 2))),
    "norm": lambda: Norm(5, 5, kind="layer"),
    "bidirectional lstm": lambda: Bidirectional(Recurrent(LSTM, 3, 4), Recurrent(LSTM, 3, 5)),
    "bidirectional gru": lambda: Bidirectional(Recurrent(GRU, 3, 4), Recurrent(GRU, 3, 4)),
    "bidirectional stack": lambda: stack(
        [Bidirectional(Recurrent(Elman, 3, 2), Recurrent(Elman, 3, 2)), Recurrent(LSTM, 4, 4)]
    ),
}


@pytest.mark.parametrize(
    ("kernel", "dtype"), [("auto", torch.float64), ("auto", torch.float32), ("reference", torch.float32)]
)
@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_obeys_the_laws(name: str, kernel: str, dtype: torch.dtype) -> None:
    check_layer(LAYERS[name], dtype=dtype, kernel=kernel)


TWINS = ("elman tanh", "elman relu", "lstm", "gru reset after", "learned state", "one unit")


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("name", TWINS)
def test_our_kernel_obeys_the_laws_where_torchs_is_the_faster_one(name: str, dtype: torch.dtype) -> None:
    check_layer(LAYERS[name], dtype=dtype, kernel="cpu")


def test_masks_obey_the_laws_while_training() -> None:
    check_layer(LAYERS["every word"], training=True)


def name_of(cell: Cell) -> str:
    """The class, and what it wraps."""
    return type(cell).__name__ + (f" of {name_of(cell.cell)}" if isinstance(cell, Wrapper) else "")


CELLS = [
    PeepholeLSTM(),
    CoupledLSTM(),
    pytest.param(LayerNormLSTM(), marks=pytest.mark.slow),
    pytest.param(LayerNormGRU(), marks=pytest.mark.slow),
    ProjectedLSTM(projection=3),
    GRUWithoutReset(),
    MinimalGated(),
    IndRNN(),
    LiGRU(),
    LeakyEchoState(decay=0.2, gain=0.5),
    MinGRU(),
    MinLSTM(),
    RealLRU(),
    LRU(),
    RGLRU(),
]


@pytest.mark.parametrize("cell", CELLS, ids=name_of)
def test_a_cell_obeys_the_laws(cell: Cell) -> None:
    check_layer(lambda: Recurrent(cell, 3, 5))


@pytest.mark.slow
@pytest.mark.parametrize("cell", [SLSTM(), SLSTM(heads=5, forget_gate="exponential", forget_bias=0.0)])
def test_an_slstm_obeys_the_laws(cell: Cell) -> None:
    check_layer(lambda: Recurrent(cell, 3, 5), initial=after_two_steps)


def after_two_steps(layer: CausalLayer, batch: int) -> Any:
    """A state with something in it: before the first step of an sLSTM, what its memory holds has no weight."""
    x = torch.randn(batch, 2, layer.in_features, dtype=next(layer.parameters()).dtype)
    return layer(x)[1]


class ThreeParts(Cell):
    """x in three parts: by itself, in a map, and in the output."""

    def equations(self, x, h):
        return tanh(affine("a", part(x, 0, of=3), h) + affine("b", x, out=1) * part(x, 2, of=3))

    def output(self, x, h):
        return h * part(x, 1, of=3)


def test_a_cell_that_takes_x_apart_obeys_the_laws() -> None:
    check_layer(lambda: Recurrent(ThreeParts(), 15, 5))


@pytest.mark.slow
@pytest.mark.parametrize(
    "cell",
    [
        Zoneout(LSTM(), rate=(0.3, 0.5)),
        RecurrentDropout(PeepholeLSTM(), rate=0.4),
        VariationalDropout(ProjectedLSTM(projection=3), rate=0.4, input_rate=0.2),
        Zoneout(VariationalDropout(LRU())),
    ],
    ids=name_of,
)
def test_a_wrapped_cell_obeys_the_laws_while_training(cell: Cell) -> None:
    check_layer(lambda: Recurrent(cell, 3, 5), training=True)


class Forgetful(Recurrent):
    """Breaks streaming: it forgets the state it is given."""

    def forward(self, x, state=None, lengths=None):
        return super().forward(x, None, lengths)


class Clairvoyant(Recurrent):
    """Breaks causality: it adds the mean over all of time."""

    def forward(self, x, state=None, lengths=None):
        y, state = super().forward(x, state, lengths)
        return y + y.mean(1, keepdim=True) if y.shape[1] else y, state


class Leaky(Recurrent):
    """Breaks padding: it multiplies by a mask, so NaN stays."""

    def forward(self, x, state=None, lengths=None):
        return super().forward(x, state, None)


@pytest.mark.parametrize("broken", [Forgetful, Clairvoyant, Leaky])
def test_a_broken_layer_is_found_out(broken: type[Recurrent]) -> None:
    with pytest.raises(AssertionError):
        check_layer(lambda: broken(LSTM, 3, 5))
