"""Root mean square normalisation with a fused backward pass."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqloom.kernels import Kernel, Operation
from seqloom.kernels.backend import FUSED, REFERENCE, TORCH
from seqloom.kernels.transforms import forward_mode

__all__ = ["RMS_NORM", "RMSNorm"]


class RMSNorm(nn.RMSNorm):
    """y = w x / sqrt(mean(x²) + ε) over the last axis, with w ``weight`` and ε ``eps`` (Zhang & Sennrich, 2019).

    torch's class, three times as fast in training on a CPU, where torch differentiates the formula operation by
    operation.

    >>> RMSNorm(2, eps=1e-5)(torch.tensor([3.0, 4.0]))
    tensor([0.8485, 1.1314], grad_fn=<_RootMeanSquareBackward>)
    """

    eps: float

    def __init__(self, features: int, eps: float = 1e-5) -> None:
        super().__init__(features, eps=eps)

    def forward(self, x: Tensor) -> Tensor:
        """x (…, D) → y (…, D)."""
        return RMS_NORM(_Normed(x, self.weight, self.eps))


class _Normed(NamedTuple):
    x: Tensor
    weight: Tensor
    eps: float


class _Fused(Kernel[_Normed, Tensor]):
    backend = FUSED
    summary = "the way back as that of layer norm, in one operation"

    def refusal(self, work: _Normed) -> str | None:
        x, weight, _ = work
        if x.device.type != "cpu":
            return "x is not on the CPU"
        if x.dtype != weight.dtype or x.dtype not in (torch.float32, torch.float64):
            return f"x is {x.dtype} and the weight {weight.dtype}, not both torch.float32 or torch.float64"
        return forward_mode()

    def run(self, work: _Normed) -> Tensor:
        run = _RootMeanSquare.apply if torch.is_grad_enabled() else _RootMeanSquare.forward
        y: Tensor = run(*work)[0]
        return y


class _Torch(Kernel[_Normed, Tensor]):
    backend = TORCH
    summary = "torch's function, differentiated operation by operation on a CPU"

    def run(self, work: _Normed) -> Tensor:
        return F.rms_norm(work.x, work.weight.shape, work.weight, work.eps)


class _Formula(Kernel[_Normed, Tensor]):
    backend = REFERENCE
    summary = "the formula"

    def run(self, work: _Normed) -> Tensor:
        return work.x * torch.rsqrt(work.x.square().mean(-1, keepdim=True) + work.eps) * work.weight


RMS_NORM = Operation[_Normed, Tensor]("RMS norm", (_Fused(), _Torch(), _Formula()))


class _RootMeanSquare(torch.autograd.Function):
    """x, w, ε → y, and 1 / sqrt(mean(x²) + ε)."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, weight: Tensor, eps: float) -> tuple[Tensor, Tensor]:
        length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)  # reads x once and writes nothing of its size
        inverse = torch.rsqrt(length.square() / x.shape[-1] + eps)
        return (x * inverse).mul_(weight), inverse

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, float], output: tuple[Tensor, Tensor]) -> None:
        x, weight, ctx.eps = inputs
        ctx.save_for_backward(x, weight, output[1])
        ctx.mark_non_differentiable(output[1])

    @staticmethod
    def backward(ctx: Any, arriving: Tensor, _: Any) -> tuple[Tensor, Tensor, None]:
        x, weight, inverse = ctx.saved_tensors
        features = x.shape[-1]
        if torch.is_grad_enabled():  # for a second derivative
            inverse = torch.rsqrt(x.square().mean(-1, keepdim=True) + ctx.eps)
            normed, inner = x * inverse, arriving * weight
            outer = inverse * (inner - normed * (inner * normed).mean(-1, keepdim=True))
            return outer, (arriving * normed).reshape(-1, features).sum(0), None
        # A layer norm with mean 0 also takes the mean off the gradient; that is put back.
        layer_norm = torch.ops.aten.native_layer_norm_backward
        zero, wanted = torch.zeros_like(inverse), [True, True, False]
        outer, of_weight, _ = layer_norm(arriving, x, [features], zero, inverse, weight, None, wanted)
        return outer.addcmul_(inverse, (arriving @ (weight / features))[..., None]), of_weight, None
