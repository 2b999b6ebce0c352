"""The mean of the newest weights, which does better on new data than the last ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

__all__ = ["Average"]


class Average:
    """θ̄_t = θ̄_{t-1} + (θ_t − θ̄_{t-1}) / max(1, s · t), of a module's weights θ_t after update t = 1, 2, …

    With a ``share`` s of 1 it is the plain mean of all of them (Polyak & Juditsky, 1992, "Acceleration of Stochastic
    Approximation by Averaging"). Below, θ_i counts for about i^(1/s − 1), so that old weights are forgotten however
    long the run is (Shamir & Zhang, 2013, "Stochastic Gradient Descent for Non-smooth Optimization", sec. 4). Without a
    share, None, nothing is kept, and the weights themselves are what is used. Parameters that learn are averaged.

    >>> layer = nn.Linear(1, 1, bias=False)
    >>> average = Average(layer, share=1.0)
    >>> for step, weight in enumerate((1.0, 2.0, 6.0), 1):
    ...     _ = nn.init.constant_(layer.weight, weight)
    ...     average.add(step)
    >>> with average.in_use():
    ...     layer.weight.item()
    3.0
    >>> layer.weight.item()
    6.0
    """

    def __init__(self, module: nn.Module, share: float | None) -> None:
        self._module, self._share = module, share
        learned = [] if share is None else [weight for weight in module.parameters() if weight.requires_grad]
        self._mean = {weight: weight.detach().clone() for weight in learned}

    @torch.no_grad()
    def add(self, step: int) -> None:
        """Count in the present weights, those after update ``step``."""
        if self._share is not None:
            torch._foreach_lerp_([*self._mean.values()], [*self._mean], 1 / max(1.0, self._share * step))

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Within the block the module has the mean, afterwards its own weights again."""
        own = [weight.detach().clone() for weight in self._mean]
        self.use()
        try:
            yield
        finally:
            _write(self._mean, own)

    def use(self) -> None:
        """Give the module the mean for good."""
        _write(self._mean, self._mean.values())

    def tensors(self) -> dict[str, Tensor]:
        """The mean by every name of a weight."""
        names = self._module.named_parameters(remove_duplicate=False)
        return {name: self._mean[weight] for name, weight in names if weight in self._mean}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from the ``tensors`` of before; from the present weights where there are none."""
        own = self.tensors()
        names = own.keys() & tensors.keys()
        _write([own[name] for name in names], [tensors[name] for name in names])


@torch.no_grad()
def _write(into: Iterable[Tensor], values: Iterable[Tensor]) -> None:
    for old, new in zip(into, values, strict=True):
        old.copy_(new)
