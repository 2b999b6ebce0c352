"""The sLSTM block: laws, sizes, and the recurrence of the paper written out."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from seqloom.errors import UsageError
from seqloom.layers.blocks.slstm import ConvolvedSLSTM, SLSTMBlock
from seqloom.testing import check_layer


def test_the_block_obeys_the_laws() -> None:
    check_layer(lambda: SLSTMBlock(3, 4, heads=2), dtype=torch.float32)


@pytest.mark.slow
@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("kernel", ["auto", "reference"])
def test_the_block_obeys_the_laws_in_float64(kernel: str, heads: int) -> None:
    check_layer(lambda: SLSTMBlock(3, 4, heads=heads), kernel=kernel)


def test_the_layer_written_out() -> None:
    """Beck et al., 2024, eq. 8 to 14, without the stabiliser: i = e^ĩ, f = σ(f̃), h = o c / n."""
    torch.manual_seed(0)
    layer = ConvolvedSLSTM(6, heads=2, forget_bias=0.5).double()
    x = torch.randn(3, 7, 6, dtype=torch.float64)
    y, _ = layer(x)
    inputs = {"input": F.silu(layer.convolution(x)[0]), "candidate": x}
    inputs |= {"forget": inputs["input"], "output": x}
    part = layer.recurrence
    h, c, n = torch.zeros(3, 3, 6, dtype=torch.float64)
    for t in range(7):
        pre = {k: part.maps[k](v[:, t]) + part.recurrent[k](h) + part.biases[k] for k, v in inputs.items()}
        i, f = pre["input"].exp(), pre["forget"].sigmoid()
        c, n = f * c + i * pre["candidate"].tanh(), f * n + i
        h = pre["output"].sigmoid() * c / n
        wanted = F.layer_norm(h.view(3, 2, 3), (3,)).flatten(1)
        torch.testing.assert_close(y[:, t], wanted)


def test_parameters_are_counted() -> None:
    """H = 48, N = 4: convolution; 4 gates of x and 4 of h in heads; biases; group norm; network; two layer norms."""
    block = SLSTMBlock(48, 48)
    wanted = 5 * 48 + 8 * 48 * 12 + 4 * 48 + 48 + 4 * 48**2 + 4 * 48
    assert sum(p.numel() for p in block.parameters()) == wanted


def test_heads_divide_the_width() -> None:
    with pytest.raises(UsageError, match="6 features cannot be shared by 4 heads"):
        SLSTMBlock(8, 6)
