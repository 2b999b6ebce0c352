"""The short convolution is torch's causal depthwise one, cut and padded like every layer."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from seqloom.errors import UsageError
from seqloom.layers.blocks.short_convolution import ShortConvolution
from seqloom.testing import check_layer


@pytest.mark.parametrize("size", [1, 2, 4])
def test_it_obeys_the_laws(size: int) -> None:
    check_layer(lambda: ShortConvolution(3, size))


def test_it_obeys_the_laws_in_float32() -> None:
    check_layer(lambda: ShortConvolution(5), dtype=torch.float32)


@pytest.mark.parametrize("time", [1, 3, 9])
def test_it_is_the_depthwise_convolution_of_torch(time: int) -> None:
    layer = ShortConvolution(3, 4).double()
    x = torch.randn(2, time, 3, dtype=torch.float64)
    padded = F.pad(x.transpose(1, 2), (3, 0))
    wanted = F.conv1d(padded, layer.weight[:, None], layer.bias, groups=3).transpose(1, 2)
    torch.testing.assert_close(layer(x)[0], wanted)


def test_a_convolution_sees_a_step_or_more() -> None:
    with pytest.raises(UsageError, match="at least one step"):
        ShortConvolution(3, 0)
