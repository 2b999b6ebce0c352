"""A new state may be a product that nothing else in the step reads."""

from __future__ import annotations

import torch

from seqloom import kernels
from seqloom.cells import Cell, affine, tanh
from seqloom.layers import Recurrent


class Projected(Cell):
    def equations(self, x, h):
        return affine("projection", tanh(affine("hidden", x, h, out=6)))


def test_such_a_state_has_the_reference_s_values_and_gradients() -> None:
    layer, x = Recurrent(Projected, 3, 4).double(), torch.randn(2, 5, 3, dtype=torch.float64)
    results = {}
    for name in ("reference", "derived", "cpu"):
        with kernels.use(name):
            y, _ = layer(x)
            results[name] = [y, *torch.autograd.grad(y.square().sum(), list(layer.parameters()))]
    torch.testing.assert_close(results["derived"], results["reference"])
    torch.testing.assert_close(results["cpu"], results["reference"])
