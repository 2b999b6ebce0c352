"""A feed-forward network over the last few inputs: the memory-less baseline under the same protocol."""

from __future__ import annotations

from seqloom.layers.convolution import CausalConvolution, Rectifier

__all__ = ["Window"]


class Window(CausalConvolution):
    """A network over the last ``size`` inputs, without any other memory: y_t = tanh(Σ_k W_k x_{t-k} + b).

    x before the start is 0. x (B, T, D) → y (B, T, H). It forgets all but ``size`` steps (default 8), as the time-delay
    and neural language models did (Waibel et al., 1989; Bengio et al., 2003).

    >>> import torch
    >>> y, state = Window(3, 4, size=2)(torch.zeros(1, 5, 3))
    >>> y.shape, state.past.shape
    (torch.Size([1, 5, 4]), torch.Size([1, 1, 3]))
    """

    def __init__(self, in_features: int, hidden_size: int, size: int = 8) -> None:
        super().__init__(in_features, hidden_size, size, Rectifier.TANH)
        self.size = size
