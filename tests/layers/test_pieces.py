"""What comes in pieces of any length is what it is as a whole; layers that see what comes are refused."""

from __future__ import annotations

import pytest
import torch

from seqloom.errors import UsageError
from seqloom.layers import parse_spec
from seqloom.layers.pieces import Pieces

SPECS = [
    "gru(5)",
    "conv(4, width=3)",
    "conv(4, width=3, stride=2)",
    "conv(4, width=5, stride=5) + gru(5)",
    "conv(4, stride=2) + conv(4, width=3, stride=3) + 2*lstm(5)",
    "gru(5) + conv(4, width=2, stride=2) + gru(3)",
    "conv(4, stride=2) + transformer(8)",
    "conv(4, stride=2) + mingru(6) with dropout=0.5",
]


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
@pytest.mark.parametrize("steps", [1, 29, 30])
def test_pieces_are_the_whole(spec, size, steps):
    layer = parse_spec(spec).build(6).eval()
    x = torch.randn(2, steps, 6)
    whole, _ = layer(x)
    pieces = Pieces(layer, 2)
    parts = [pieces.push(x[:, begin : begin + size]) for begin in range(0, steps, size)]
    torch.testing.assert_close(torch.cat([*parts, pieces.finish()], 1), whole, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    "spec", ["gru(4) bidirectional", "conv(4, stride=2) + gru(4) bidirectional", "conv(4, causal=false)"]
)
def test_layers_that_see_what_comes_are_refused(spec):
    with pytest.raises(UsageError, match="piece by piece"):
        Pieces(parse_spec(spec).build(6))


def test_outputs_come_as_soon_as_their_steps_are_there():
    pieces = Pieces(parse_spec("conv(4, width=5, stride=4)").build(2))
    assert [pieces.push(torch.zeros(1, 1, 2)).shape[1] for _ in range(9)] == [0, 0, 0, 1, 0, 0, 0, 1, 0]
