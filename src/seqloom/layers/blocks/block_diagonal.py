"""A linear map in blocks on the diagonal."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqloom.errors import UsageError

__all__ = ["BlockDiagonal"]


class BlockDiagonal(nn.Module):
    """y_n = W_n x_n, block by block, without a bias: x (…, D) → y (…, D) in ``blocks`` blocks of D / blocks features.

    ``weight`` is (blocks, D / blocks, D / blocks). It begins as N(0, 2 / (5 D)) (Nguyen & Salazar, 2019), as in the
    authors' code of xLSTM. Raises UsageError unless the blocks divide D.

    >>> import torch
    >>> BlockDiagonal(6, blocks=3)(torch.zeros(2, 6)).shape
    torch.Size([2, 6])
    """

    def __init__(self, features: int, blocks: int) -> None:
        super().__init__()
        if blocks < 1 or features % blocks:
            raise UsageError(f"{features} features cannot be cut into {blocks} blocks of one size.")
        self.weight = nn.Parameter(torch.empty(blocks, features // blocks, features // blocks))
        nn.init.normal_(self.weight, std=(2 / (5 * features)) ** 0.5)

    def forward(self, x: Tensor) -> Tensor:
        parts = x.unflatten(-1, self.weight.shape[:2])
        return torch.einsum("...ni,nji->...nj", parts, self.weight).flatten(-2)
