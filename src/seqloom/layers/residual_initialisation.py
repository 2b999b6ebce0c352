"""How the maps beside a residual path begin."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn

__all__ = ["STANDARD_DEVIATION", "initialise_residual"]

STANDARD_DEVIATION = 0.02


def initialise_residual(inner: Iterable[nn.Linear], output: nn.Linear) -> None:
    """Weights from N(0, 0.02²), those of the map back to the residual path from N(0, 0.02² / 2), biases 0.

    GPT-2's choice (Radford et al., 2019, sec. 2.3) for a block of two such maps, however many blocks there are.
    """
    for linear in (*inner, output):
        nn.init.normal_(linear.weight, std=STANDARD_DEVIATION)
        if linear.bias is not None:
            nn.init.zeros_(linear.bias)
    nn.init.normal_(output.weight, std=STANDARD_DEVIATION / 2**0.5)
