"""The likeliest path of a network that says a token or nothing at each frame, and the tokens that it spells."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["Path", "best_paths", "frames_needed"]


class Path(NamedTuple):
    """The ``tokens`` (U,) that a path spells, and the frame (U,) at which each begins."""

    tokens: Tensor
    frames: Tensor


def best_paths(scores: Tensor, lengths: Tensor | None = None) -> list[Path]:
    """Greedy decoding: the best of K tokens or the blank, id K, at each frame; repeats are one token, blanks none.

    ``scores`` (B, T, K + 1), of which ``lengths`` (B,) frames are real. (Graves et al., 2006, "Connectionist temporal
    classification", section 3.2: best path decoding.)

    >>> scores = torch.eye(3)[torch.tensor([[0, 0, 2, 0, 1, 1]])]
    >>> best_paths(scores)[0].tokens.tolist(), best_paths(scores, torch.tensor([3]))[0].tokens.tolist()
    ([0, 0, 1], [0])
    """
    best = scores.argmax(-1).cpu()
    begins = best != scores.shape[-1] - 1
    begins[:, 1:] &= best[:, 1:] != best[:, :-1]
    if lengths is not None:
        begins &= torch.arange(best.shape[1]) < lengths.cpu()[:, None]
    found = [row.nonzero().flatten() for row in begins]
    return [Path(tokens[frames], frames) for tokens, frames in zip(best, found, strict=True)]


def frames_needed(tokens: Tensor) -> int:
    """The fewest frames that can say some tokens (U,): one each, and a blank between two that are the same.

    >>> frames_needed(torch.tensor([1, 1, 2]))
    4
    """
    return len(tokens) + int((tokens[1:] == tokens[:-1]).sum())
