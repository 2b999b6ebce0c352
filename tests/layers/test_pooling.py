"""Poolings: one vector a row, to which padding, other rows and the order of the batch are nothing."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.layers import (
    AttentionPooling,
    Block,
    CausalLayer,
    FeedForward,
    LastPooling,
    MaxPooling,
    MeanPooling,
    Pooled,
    Pooling,
    Recurrent,
    parse_spec,
    spec_of,
)
from seqloom.layers.words.pooling import POOLINGS

ENDS = [f"pool({kind})" for kind in POOLINGS] + ["pool(attention, hidden=3)"]
BODIES = ["gru(4)", "gru(4) bidirectional", "gru(4) + attention(causal=false)", "lstm(3) + gru(4) bidirectional + norm"]
LENGTHS = torch.tensor([7, 4, 1])
each_end = pytest.mark.parametrize("end", ENDS)


def made(text: str, features: int = 2) -> Pooled:
    torch.manual_seed(0)
    return parse_spec(text).build_pooled(features).double()


def inputs() -> Tensor:
    return torch.randn(3, 7, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("body", BODIES)
@each_end
def test_a_padded_row_is_the_row_alone(body: str, end: str) -> None:
    model, x = made(f"{body} + {end}"), inputs()
    x[1, 4:], x[2, 1:] = torch.nan, torch.inf
    x.requires_grad_()
    found = model(x, LENGTHS)
    assert found.shape == (3, model.out_features)
    for row, length in enumerate(LENGTHS.tolist()):
        torch.testing.assert_close(found[row : row + 1], model(x[row : row + 1, :length]))
    order = torch.tensor([2, 0, 0, 1])
    torch.testing.assert_close(model(x[order], LENGTHS[order]), found[order])
    found.sum().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert bool(torch.isfinite(weight.grad).all()), f"padding reached {name}"
        assert bool(weight.grad.any()) or end == "pool(last)", f"{name} cannot learn"
    assert x.grad is not None
    assert not x.grad[1, 4:].any()


@each_end
def test_what_stands_in_padding_never_counts(end: str) -> None:
    pooling, y = made(f"gru(4) + {end}").pooling, torch.randn(3, 7, 4, dtype=torch.float64)
    padded = y.clone()
    padded[1, 4:], padded[2, 1:] = torch.nan, 1e6
    torch.testing.assert_close(pooling(padded, LENGTHS), pooling(y, LENGTHS), rtol=0, atol=0)


@each_end
def test_derivatives(end: str) -> None:
    pooling, y = made(f"gru(4) + {end}").pooling, torch.randn(3, 7, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda y, *_: pooling(y, LENGTHS), (y, *pooling.parameters()))


def test_what_each_one_computes() -> None:
    y, body = torch.randn(3, 7, 4), parse_spec("gru(2) bidirectional").build(2)
    attention = AttentionPooling(body)
    weights = attention.weights(y, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        real = y[row, :length]
        ends = torch.cat([real[-1, :2], real[0, 2:]])
        torch.testing.assert_close(LastPooling(body)(y, LENGTHS)[row], ends)
        torch.testing.assert_close(MeanPooling(body)(y, LENGTHS)[row], real.mean(0))
        torch.testing.assert_close(MaxPooling(body)(y, LENGTHS)[row], real.amax(0))
        scores = attention.vector(torch.tanh(attention.key(real))).squeeze(-1)
        torch.testing.assert_close(weights[row, :length], scores.softmax(0))
        assert not weights[row, length:].any()
        torch.testing.assert_close(attention(y, LENGTHS)[row], scores.softmax(0) @ real)


def test_the_ends_of_two_directions_are_their_final_states() -> None:
    model, x = made("gru(4) bidirectional + pool(last)"), inputs()
    _, (state,) = model.body(x, None, LENGTHS)
    torch.testing.assert_close(model(x, LENGTHS), torch.cat([state.forward.h, state.backward.h], -1))


@each_end
def test_a_row_without_steps_is_refused(end: str) -> None:
    model, x = made(f"gru(4) + {end}"), inputs()
    with pytest.raises(UsageError, match=r"Pooling expected at least 1 step in each row; .* have fewer: 0, 2\. Leave"):
        model(x, torch.tensor([0, 4, 0]))
    with pytest.raises(UsageError, match="rows of at least 1 step; got none"):
        model(x[:, :0])
    with pytest.raises(UsageError, match=r"Pooling expected x of shape \(B, T, 4\)"):
        model.pooling(x)


@each_end
def test_words_and_weights_bring_it_back(end: str) -> None:
    model, x = made(f"2*gru(4) bidirectional + {end} with residual=true"), inputs()
    assert str(spec_of(model)) == f"2*gru(4) bidirectional + {end} with residual=true"
    again = spec_of(model).build_pooled(2).double()
    again.load_state_dict(model.state_dict())
    assert torch.equal(again(x, LENGTHS), model(x, LENGTHS))
    assert torch.equal(copy.deepcopy(model)(x, LENGTHS), model(x, LENGTHS))


def test_a_pooling_compiles_and_still_refuses() -> None:
    """All four in one program, for a compilation takes a second."""
    body = parse_spec("gru(4)").build(2)
    poolings = nn.ModuleList(word.build(body, dict.fromkeys(word.options)) for word in POOLINGS.values())

    def run(y: Tensor, lengths: Tensor) -> Tensor:
        return torch.cat([pooling(y, lengths) for pooling in poolings], -1)

    y, compiled = torch.randn(3, 7, 4), torch.compile(run, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(y, LENGTHS), run(y, LENGTHS))
    with pytest.raises(UsageError, match="at least 1 step in each row"):
        compiled(y, torch.tensor([7, 0, 1]))


def test_what_has_no_end_to_read() -> None:
    mixing = Block(parse_spec("gru(2) bidirectional").build(4), FeedForward(4, 8))
    with pytest.raises(UsageError, match="mixes both directions at each step"):
        LastPooling(mixing)
    assert MeanPooling(mixing).out_features == 4
    with pytest.raises(UsageError, match="expected the layer whose outputs it reads; got 8"):
        MeanPooling(8)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="gives 4 features, the pooling takes 3"):
        Pooled(parse_spec("gru(4)").build(2), MeanPooling(parse_spec("gru(3)").build(2)))


class SumPooling(Pooling):
    """One of a user's own."""

    def pool(self, y: Tensor, lengths: Tensor | None) -> Tensor:
        return y.sum(1)


def test_a_pooling_of_one_s_own() -> None:
    body = parse_spec("gru(4)").build(2)
    model, x = Pooled(body, SumPooling(body)), torch.randn(3, 7, 2)
    torch.testing.assert_close(model(x, LENGTHS)[2], body(x[2:, :1])[0][0, 0])
    with pytest.raises(UsageError, match="No word of a specification builds this SumPooling"):
        spec_of(model)


def test_who_needs_an_output_at_every_step_says_so() -> None:
    spec = parse_spec("gru(4) + pool(mean)")
    with pytest.raises(UsageError, match=r"one vector for a whole row, .* Leave '\+ pool\(mean\)' out"):
        spec.build(2)
    with pytest.raises(UsageError, match=r"End it as in 'gru\(4\) \+ pool\(last\)'"):
        parse_spec("gru(4)").build_pooled(2)
    assert parse_spec("gru(4) with dropout=0.1").pooled("attention") == parse_spec(
        "gru(4) + pool(attention) with dropout=0.1"
    )
    assert spec.pooled("last") == spec
    assert isinstance(spec.build_pooled(2).body, CausalLayer)
    assert isinstance(next(iter(spec.build_pooled(2).body.layers)), Recurrent)
