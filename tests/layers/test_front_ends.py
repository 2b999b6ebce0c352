"""Projections and convolutions in front of a body, and what a stride makes of the lengths."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from seqloom.cells import GRU
from seqloom.errors import UsageError
from seqloom.layers import (
    Bidirectional,
    CausalConvolution,
    CausalLayer,
    Convolution,
    LastHead,
    LastPooling,
    Norm,
    Recurrent,
    SequenceLayer,
    parse_spec,
    stack,
)

LENGTHS = torch.tensor([11, 6, 1])


def torchs(layer: CausalConvolution | Convolution, x: Tensor, before: int, after: int, stride: int) -> Tensor:
    """The sums of ``layer`` by ``torch.nn.functional.conv1d``."""
    weight = layer.linear.weight.unflatten(1, (layer.width, layer.in_features)).transpose(1, 2)
    padded = functional.pad(x.transpose(1, 2), (before, after))
    return functional.conv1d(padded, weight, layer.linear.bias, stride).transpose(1, 2)


@pytest.mark.parametrize(
    ("layer", "before", "after"),
    [
        (CausalConvolution(3, 4, 5, "none"), 4, 0),  # type: ignore[arg-type]
        (Convolution(3, 4, 5, 1, "none", causal=False), 2, 2),  # type: ignore[arg-type]
        (Convolution(3, 4, 5, 2, "none"), 3, 1),  # type: ignore[arg-type]
        (Convolution(3, 4, 4, 4, "none", causal=False), 0, 1),  # type: ignore[arg-type]
        (Convolution(3, 4, 7, 3, "none", causal=False), 2, 3),  # type: ignore[arg-type]
    ],
    ids=str,
)
def test_a_convolution_is_torchs(layer: CausalConvolution | Convolution, before: int, after: int) -> None:
    x, stride = torch.randn(2, 11, 3), getattr(layer, "stride", 1)
    torch.testing.assert_close(layer(x)[0], torchs(layer, x, before, after, stride))


def test_which_inputs_an_output_reads() -> None:
    """Output j stands for inputs sj … sj + s - 1; causal ones read nothing later, centred ones as far both ways."""
    seen = {}
    for causal in (True, False):
        layer, x = Convolution(1, 1, width=4, stride=2, activation="none", causal=causal), torch.randn(1, 8, 1)  # type: ignore[arg-type]
        x.requires_grad_()
        seen[causal] = torch.autograd.grad(layer(x)[0][0, 2, 0], x)[0].flatten().nonzero().flatten().tolist()
    assert seen == {True: [2, 3, 4, 5], False: [3, 4, 5, 6]}


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        ("gru(4)", [11, 6, 1]),
        ("conv(4, stride=2, activation=tanh)", [6, 3, 1]),
        ("conv(4, stride=5, activation=tanh, causal=false)", [3, 2, 1]),
        ("project(3) + 2*conv(4, stride=2) + gru(4) bidirectional", [3, 2, 1]),
    ],
)
def test_lengths_go_through_a_stack(text: str, lengths: list[int]) -> None:
    body, x = parse_spec(text).build(2), torch.randn(3, 11, 2)
    y, _ = body(x, None, LENGTHS)
    after = body.lengths_after(LENGTHS)
    assert after is not None
    assert after.tolist() == lengths
    assert y.shape[1] == max(lengths)
    assert [int(row.any(-1).sum()) for row in y] == lengths
    assert body.lengths_after(None) is None
    narrow = body.lengths_after(torch.tensor([255], dtype=torch.uint8))
    assert narrow is not None
    assert narrow.tolist() == body.lengths_after(torch.tensor([255])).tolist()  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["last", "mean", "max", "attention"])
def test_what_ends_time_reads_the_lengths_of_the_body(kind: str) -> None:
    model = parse_spec(f"conv(4, stride=2) + gru(4) bidirectional + pool({kind})").build_pooled(2)
    x = torch.randn(3, 11, 2)
    found = model(x, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        torch.testing.assert_close(found[row], model(x[row : row + 1, :length])[0])


def test_only_what_keeps_every_step_streams() -> None:
    kinds = {
        text: isinstance(parse_spec(text).build(2), CausalLayer)
        for text in ("project(4)", "conv(4)", "conv(4) + gru(4)", "conv(4, stride=2)", "conv(4, causal=false)")
    }
    assert list(kinds.values()) == [True, True, True, False, False]
    with pytest.raises(UsageError, match=r"conv\(4, stride=2\) bidirectional: .* has a stride"):
        parse_spec("conv(4, stride=2) bidirectional").build(2)
    with pytest.raises(UsageError, match=r"at most its width, 3, .* got a stride of 4"):
        parse_spec("conv(4, width=3, stride=4)").build(2)
    with pytest.raises(UsageError, match=r"fewer outputs than inputs\. Leave residual=true out"):
        parse_spec("conv(4, stride=2) + gru(4) with residual=true").build(2)


@pytest.mark.parametrize("above", ["project(4)", "conv(4)", "conv(4, stride=2)", "window(4)", "project(4) + norm"])
def test_ends_that_are_mixed_are_no_ends(above: str) -> None:
    """A projection of both directions has no step at which each of its features has seen all."""
    layers: list[SequenceLayer] = [*parse_spec(f"gru(2) bidirectional + {above}").build(2).layers]  # type: ignore[list-item]
    with pytest.raises(UsageError, match="mixes both directions"):
        LastPooling(stack(layers))
    with pytest.raises(UsageError, match="mixes both directions"):
        LastHead(stack([*layers, Norm(4, 4)]), 2)
    assert LastPooling(stack([*layers, Recurrent(GRU, 4, 3)])).forward_features == 3
    assert LastPooling(stack(layers[1:])).forward_features == 4
    both = Bidirectional(stack([Convolution(2, 4, stride=2), Recurrent(GRU, 4, 3)]), Recurrent(GRU, 2, 3))
    assert both.backward_features == 3
