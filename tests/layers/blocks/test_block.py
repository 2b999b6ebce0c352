"""The frame of modern layers, against its two lines written out."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from seqloom.cells import Elman
from seqloom.errors import UsageError
from seqloom.layers import (
    Activation,
    CausalBlock,
    FeedForward,
    GatedFeedForward,
    Norm,
    NormKind,
    Placement,
    Recurrent,
    parse_spec,
)
from seqloom.layers.words.layer import CausalWord, LayerWord


@pytest.mark.parametrize("placement", Placement)
def test_its_two_lines(placement: Placement) -> None:
    torch.manual_seed(0)
    mixer, feed_forward = Recurrent(Elman, 4, 4), FeedForward(4, 9)
    block = CausalBlock(mixer, feed_forward, norm=NormKind.LAYER, placement=placement)
    for parameter in block.parameters():
        torch.nn.init.normal_(parameter)
    x = torch.randn(2, 5, 4)
    first, second = block.mixer_norm, block.feed_forward_norm
    if placement is Placement.BEFORE:
        middle = x + mixer(first(x))[0]
        wanted = middle + feed_forward(second(middle))
    else:
        middle = first(x + mixer(x)[0])
        wanted = second(middle + feed_forward(middle))
    assert_close(block(x)[0], wanted)


def test_a_gated_network() -> None:
    network, x = GatedFeedForward(3, 7), torch.randn(2, 3)
    wanted = (F.silu(x @ network.gate.weight.T) * (x @ network.up.weight.T)) @ network.down.weight.T
    assert_close(network(x), wanted)


@pytest.mark.parametrize("activation", Activation)
def test_activations_carry_the_names_of_torch(activation: Activation) -> None:
    x = torch.randn(9)
    assert_close(activation.function(x), getattr(F, activation.value)(x))


def test_a_mixer_keeps_the_width() -> None:
    with pytest.raises(UsageError, match="maps 3 features to 4"):
        CausalBlock(Recurrent(Elman, 3, 4))
    with pytest.raises(UsageError, match="cannot become 4"):
        Norm(3, 4)


class Narrow(CausalBlock):
    """A block with a word."""

    def __init__(self, in_features: int, hidden_size: int, *, deep: bool = True, size: int | None = None) -> None:
        super().__init__(Recurrent(Elman, hidden_size, hidden_size), in_features=in_features)
        self.deep, self.size = deep, size


class Broad(Narrow):
    """The same, as if it saw both ways."""


def test_a_word_is_made_from_a_class(monkeypatch: pytest.MonkeyPatch) -> None:
    word = CausalWord(LayerWord(Narrow), LayerWord(Broad))
    for module in ("spec", "grammar"):
        monkeypatch.setattr(f"seqloom.layers.{module}.WORDS", {"narrow": word})
    text = "narrow(4, deep=false, size=3) + narrow(4, causal=false)"
    assert str(parse_spec(text)) == text
    first, second = parse_spec(text).build(3).layers
    assert (type(first), type(second)) == (Narrow, Broad)
    assert (first.deep, first.size, second.deep, second.size) == (False, 3, True, None)
    assert word.recognise(second) == {"deep": True, "size": None, "causal": False}
