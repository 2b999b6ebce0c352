"""The two-layer network that acts on every step by itself."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

from seqloom.choice import Choice
from seqloom.errors import UsageError

__all__ = ["Activation", "FeedForward", "GatedFeedForward"]


class Activation(Choice):
    """Pointwise functions by their names: GELU (Hendrycks & Gimpel, 2016), SiLU or swish, ReLU."""

    GELU = "gelu"
    SILU = "silu"
    RELU = "relu"

    @property
    def function(self) -> Callable[[Tensor], Tensor]:
        """The function over tensors."""
        functions: dict[Activation, Callable[[Tensor], Tensor]] = {
            Activation.GELU: F.gelu,
            Activation.SILU: F.silu,
            Activation.RELU: F.relu,
        }
        return functions[self]


class FeedForward(nn.Module):
    """y = W₂ f(W₁ x + b₁) + b₂ (Vaswani et al., 2017, eq. 2): x (…, D) → y (…, D), ``hidden`` units between.

    >>> import torch
    >>> FeedForward(4, 16)(torch.zeros(2, 4)).shape
    torch.Size([2, 4])
    """

    def __init__(self, features: int, hidden: int, activation: Activation = Activation.GELU, bias: bool = True) -> None:
        super().__init__()
        _check_hidden(hidden)
        self.bias = bias
        self.up = nn.Linear(features, hidden, bias)
        self.down = nn.Linear(hidden, features, bias)
        self.activation = Activation(activation)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.down(self.activation.function(self.up(x)))
        return y


class GatedFeedForward(nn.Module):
    """y = W₂ (f(V x) ∘ W₁ x), without biases (Shazeer, 2020, eq. 6): SwiGLU with "silu", GeGLU with "gelu".

    ``gate`` is V, ``up`` is W₁, ``down`` is W₂; x (…, D) → y (…, D), ``hidden`` units between. At 8/3 D hidden units it
    has the weights of a plain network of 4 D.

    >>> import torch
    >>> GatedFeedForward(4, 10)(torch.zeros(2, 4)).shape
    torch.Size([2, 4])
    """

    def __init__(self, features: int, hidden: int, activation: Activation = Activation.SILU) -> None:
        super().__init__()
        _check_hidden(hidden)
        self.gate = nn.Linear(features, hidden, bias=False)
        self.up = nn.Linear(features, hidden, bias=False)
        self.down = nn.Linear(hidden, features, bias=False)
        self.activation = Activation(activation)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.down(self.activation.function(self.gate(x)) * self.up(x))
        return y


def _check_hidden(hidden: int) -> None:
    if hidden < 1:
        raise UsageError(f"A feed-forward network has at least one hidden unit; got {hidden!r}.")
