"""Streams: steps on the weights of the moment in which they were opened."""

from __future__ import annotations

import copy
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor
from torch.nn.utils.parametrizations import weight_norm

from seqloom import kernels
from seqloom.cells import GRU, LSTM
from seqloom.errors import UsageError
from seqloom.layers import CausalLayer, Recurrent, parse_spec, stack
from tests.kernels.cells import CELLS, multiple, needs_square

RECURRENCES = ("LSTM", "GRU", "EveryWord", "FromWeights", "Widths", "Halves", "RecurrentDropout", "NoParameters")
LAYERS: dict[str, Callable[[], CausalLayer]] = {
    "stack": lambda: stack([Recurrent(LSTM, 8, 8), Recurrent(GRU, 8, 8)], dropout=0.5),
    "slstm": lambda: parse_spec("slstm(8)").build(8),
    "mamba2": lambda: parse_spec("mamba2(8)").build(8),
    "attention": lambda: parse_spec("attention(8)").build(8),
}


def recurrent(name: str, hidden: int = 10) -> Recurrent:
    step = multiple(CELLS[name])
    hidden = -(-hidden // step) * step
    return Recurrent(CELLS[name], hidden if needs_square(CELLS[name]) else 2 * step, hidden)


def close(found: Tensor, wanted: Tensor) -> None:
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("batch", [1, 5, 33])
@pytest.mark.parametrize("name", RECURRENCES)
def test_a_stream_is_the_layer_run_over_the_sequence(name: str, batch: int) -> None:
    layer = recurrent(name).eval()
    x, state = torch.randn(batch, 6, layer.in_features), layer.initial_state(batch)
    with torch.no_grad(), kernels.use("reference"):
        wanted, end = layer(x, state)
    with kernels.watch() as choices, layer.stream(batch, state) as stream:
        for t in range(6):
            close(stream.step(x[:, t]), wanted[:, t])
        assert [choice.kernel for choice in choices] == ["cpu"]
        found = stream.state
    assert type(found) is layer.state_type
    for got, right in zip(found, end, strict=True):
        close(got, right)


@pytest.mark.parametrize("name", LAYERS)
def test_every_causal_layer_streams(name: str) -> None:
    layer = LAYERS[name]()
    x = torch.randn(2, 4, 8)
    with torch.no_grad():
        wanted, _ = copy.deepcopy(layer).eval()(x)
    with layer.stream(2) as stream:
        for t in range(4):
            close(stream.step(x[:, t]), wanted[:, t])
            for parameter in layer.parameters():
                parameter.data.mul_(-1.1)


@pytest.mark.parametrize("name", RECURRENCES)
def test_weights_are_those_of_the_opening(name: str) -> None:
    """Whatever becomes of the layer's own; and a stream that is opened then has the new ones."""
    layer = recurrent(name)
    x = torch.randn(1, layer.in_features)
    with layer.stream() as old:
        state, before = old.state, old.step(x)
        for parameter in layer.parameters():
            parameter.data += 0.5
        old.state = state
        assert torch.equal(old.step(x), before)
        layer.double()
        old.state = state
        assert torch.equal(old.step(x), before)
        layer.float()
        with layer.stream(state=state) as new, torch.no_grad():
            wanted, _ = layer.eval().step(x, state)
            close(new.step(x), wanted)


def test_streams_do_not_disturb_each_other() -> None:
    """Several of one layer, of different sizes, step by turns and in threads."""
    layer = Recurrent(LSTM, 4, 24)
    inputs = [torch.randn(batch, 40, 4) for batch in (1, 2, 7, 1, 16)]
    with torch.no_grad():
        wanted = [layer(x)[0] for x in inputs]
    streams = [layer.stream(len(x)) for x in inputs]
    found: list[list[Tensor]] = [[] for _ in inputs]
    for t in range(40):
        for x, stream, ys in zip(inputs, streams, found, strict=True):
            ys.append(stream.step(x[:, t]))
    for ys, right in zip(found, wanted, strict=True):
        close(torch.stack(ys, 1), right)

    def run(x: Tensor) -> Tensor:
        with layer.stream(len(x)) as stream:
            return torch.stack([stream.step(x[:, t]) for t in range(40)], 1)

    with ThreadPoolExecutor(4) as pool:
        for ys, right in zip(pool.map(run, inputs), wanted, strict=True):
            close(ys, right)


@pytest.mark.parametrize("name", ["LSTM", "RecurrentDropout"])
def test_a_state_is_read_kept_and_set(name: str) -> None:
    layer = recurrent(name)
    x = torch.randn(3, 4, layer.in_features)
    with layer.stream(3) as stream:
        stream.step(x[:, 0])
        kept = stream.state
        copied = [leaf.clone() for leaf in kept]
        first = [stream.step(x[:, t]) for t in (1, 2)]
        first[0].zero_()
        assert all(map(torch.equal, kept, copied))
        stream.state = kept
        assert torch.equal(stream.step(x[:, 1]), stream.step(x[:, 1])) is False
        stream.state = kept
        for leaf in kept[:1]:
            leaf.zero_()
        stream.step(x[:, 1])
        assert torch.equal(stream.step(x[:, 2]), first[1])


def test_no_gradient_is_kept_in_any_mode() -> None:
    layer = Recurrent(GRU, 3, 5)
    x = torch.randn(1, 3, requires_grad=True)
    with layer.stream() as stream:
        results = [stream.step(x)]
        with torch.no_grad():
            results.append(stream.step(x))
        with torch.inference_mode():
            results += [stream.step(torch.ones(1, 3)), stream.step(torch.ones(1, 3))]
        results.append(stream.step(torch._neg_view(x)))
        assert not any(y.requires_grad for y in results)
        assert not stream.state.h.requires_grad
    with torch.no_grad():
        wanted, _ = layer(torch.stack([x, x, torch.ones(1, 3), torch.ones(1, 3), -x], 1))
    for t, y in enumerate(results):
        close(y, wanted[:, t])


def test_weights_that_are_computed_are_computed_when_it_opens() -> None:
    layer = Recurrent(LSTM, 3, 5)
    weight_norm(layer.weights.forget, "weight_1")
    x = torch.randn(2, 3)
    with torch.no_grad():
        wanted, _ = layer(x[:, None])
    with kernels.watch() as choices, layer.stream(2) as stream:
        close(stream.step(x), wanted[:, 0])
        layer.weights.forget.parametrizations.weight_1.original1.data.zero_()
        assert [choice.kernel for choice in choices] == ["cpu"]


@pytest.mark.parametrize("wish", ["reference", "torch", "derived"])
def test_a_wish_holds(wish: str) -> None:
    layer = Recurrent(LSTM, 3, 5)
    x = torch.randn(2, 3)
    with torch.no_grad():
        wanted, _ = layer(x[:, None])
    with kernels.use(wish), kernels.watch() as choices, layer.stream(2) as stream:
        close(stream.step(x), wanted[:, 0])
    assert choices[-1].kernel == wish


def test_other_formats_stream_too() -> None:
    layer = Recurrent(LSTM, 3, 5).bfloat16()
    x = torch.randn(2, 3).bfloat16()
    with torch.no_grad():
        wanted, _ = layer(x[:, None])
    with layer.stream(2) as stream:
        torch.testing.assert_close(stream.step(x), wanted[:, 0], rtol=0.02, atol=0.02)


def test_mistakes() -> None:
    layer = Recurrent(LSTM, 3, 5)
    with layer.stream(2) as stream:
        for x in (torch.zeros(2, 4), torch.zeros(1, 3), torch.zeros(3), torch.zeros(2, 3, dtype=torch.int64)):
            with pytest.raises(UsageError, match=r"expected|should have the shape"):
                stream.step(x)
        with pytest.raises(UsageError, match=r"'h' should have the shape \(B, H\) = \(2, 5\)"):
            stream.state = layer.initial_state(1)
        kept = stream.step(torch.ones(2, 3))
    with pytest.raises(UsageError, match="This stream is closed"):
        stream.step(torch.ones(2, 3))
    with pytest.raises(UsageError, match="This stream is closed"):
        stream.state  # noqa: B018
    assert kept.shape == (2, 5)
    with pytest.raises(UsageError, match="'h' should have the shape"):
        layer.stream(3, layer.initial_state(2))
