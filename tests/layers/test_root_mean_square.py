"""The norm against torch's, with first and second derivatives."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from seqloom import kernels
from seqloom.errors import UsageError
from seqloom.layers.root_mean_square import RMSNorm


@pytest.mark.parametrize("kernel", ["auto", "fused", "torch", "reference"])
@pytest.mark.parametrize("shape", [(1, 5), (3, 0, 5), (2, 3, 4, 5), (5,)])
def test_values_and_gradients_are_torchs(shape: tuple[int, ...], kernel: str) -> None:
    ours, theirs = RMSNorm(5), nn.RMSNorm(5, eps=1e-5)
    with torch.no_grad():
        theirs.weight.copy_(ours.weight.normal_())
    x, arriving = torch.randn(shape, requires_grad=True), torch.randn(shape)
    same = x.detach().clone().requires_grad_()
    with kernels.use(kernel), kernels.watch() as choices:
        y = ours(x)
    assert [one.kernel for one in choices] == ["fused" if kernel == "auto" else kernel]
    wanted = theirs(same)
    y.backward(arriving)
    wanted.backward(arriving)
    for got, right in ((y, wanted), (x.grad, same.grad), (ours.weight.grad, theirs.weight.grad)):
        torch.testing.assert_close(got, right)


def test_derivatives_are_those_of_the_formula() -> None:
    norm = RMSNorm(4).double()
    x = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
    x.data[0, 0] = 0
    assert torch.autograd.gradcheck(lambda x, w: torch.func.functional_call(norm, {"weight": w}, x), (x, norm.weight))
    x = torch.randn(2, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(norm, (x,))


def test_it_works_under_the_transforms_of_torch_func() -> None:
    norm, x = RMSNorm(4).double(), torch.randn(6, 3, 4, dtype=torch.float64)
    torch.testing.assert_close(torch.func.vmap(norm)(x), norm(x))
    each = torch.func.vmap(torch.func.grad(lambda one: norm(one).cos().sum()))(x)
    asked = x.clone().requires_grad_()
    norm(asked).cos().sum().backward()
    torch.testing.assert_close(each, asked.grad)


def test_half_precision_goes_to_torch() -> None:
    x, norm = torch.randn(2, 4).bfloat16(), RMSNorm(4).bfloat16()
    with kernels.watch() as choices:
        y = norm(x)
    torch.testing.assert_close(y, nn.RMSNorm(4, eps=1e-5).bfloat16()(x))
    assert [one.kernel for one in choices] == ["torch"]
    with kernels.use("fused"), pytest.raises(UsageError, match=r"'fused' was asked for.*x is torch.bfloat16"):
        norm(x)
    with kernels.use("cpu"), pytest.raises(UsageError, match="nothing for RMS norm"):
        norm(x)
