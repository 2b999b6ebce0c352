"""The path of the highest score (Viterbi, 1967)."""

from __future__ import annotations

import torch
from torch import Tensor

from seqloom.layers.random_field.chain import Chain, at_steps

__all__ = ["best_path"]


def best_path(chain: Chain) -> tuple[Tensor, Tensor]:
    """The tags (B, T) of each row's best path, 0 beyond its length, and its score (B,); -∞ where no path is legal.

    δ_t(j) = scores_t(j) + max_i (δ_{t-1}(i) + transitions(i, j)); the i that is best is kept, and followed back from
    each row's last step.
    """
    best = [chain.scores[:, 0] + chain.start]
    came_from: list[Tensor] = []
    for scores in chain.scores.unbind(1)[1:]:
        most, before = (best[-1][:, :, None] + chain.transitions).max(1)
        best.append(scores + most)
        came_from.append(before)
    score, tag = (at_steps(torch.stack(best, 1), chain.last) + chain.end).max(1)
    path = [tag]
    for step, before in reversed(list(enumerate(came_from))):
        tag = torch.where(chain.last > step, before.gather(1, tag[:, None])[:, 0], tag)
        path.append(tag)
    return torch.where(chain.real, torch.stack(path[::-1], 1), 0), chain.of_steps(score)
