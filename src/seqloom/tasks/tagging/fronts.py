"""What a tagger reads as vectors: words with their characters, or the numbers of a series."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seqloom.layers import parse_spec
from seqloom.tasks.tagging.affixes import Affixes

__all__ = ["NOTHING", "UNKNOWN", "NumberFront", "WordFront", "distinct_rows"]

NOTHING = 0
"""The id of what is not there: a padded word, or a character beyond a word's end."""
UNKNOWN = 1
"""The id of a word or a character that was not seen in training."""
_SCALE = 0.1


class WordFront(nn.Module):
    """x (B, T, 1 + L), a word's id and those of its characters → (B, T, D), a vector of the word and one of its form.

    ``spec`` reads a word's characters and pools; beside it stand the word's beginnings and ends: ``affixes`` says how
    long the longest is, 0 for none, and in how many rows they are kept. Both are found once for each form that is
    different in a batch. In training a word is taken for an unknown one with the probability that ``dropped`` (V,) has
    for its id, so that it is learned what these are like, and what their characters tell. ``embedding`` is the width of
    the words' vectors, ``characters`` how many there are, and theirs, which is that of affixes, too.
    """

    dropped: Tensor

    def __init__(
        self, dropped: Tensor, embedding: int, characters: tuple[int, int], spec: str, affixes: tuple[int, int] = (0, 0)
    ) -> None:
        super().__init__()
        self.register_buffer("dropped", dropped, persistent=False)
        self.words = nn.Embedding(len(dropped), embedding)
        self.characters = nn.Embedding(*characters)
        self.affixes = Affixes(*affixes, characters[1]) if affixes[0] else None
        with torch.no_grad():  # small: what was seen once or twice stays nearly nothing, and its characters are heard
            self.words.weight.mul_(_SCALE)
            self.characters.weight.mul_(_SCALE)
            if self.affixes is not None:
                self.affixes.table.weight.mul_(_SCALE)
        self.form = parse_spec(spec).build_pooled(characters[1])
        of_affixes = 0 if self.affixes is None else self.affixes.out_features
        self.out_features = embedding + self.form.out_features + of_affixes

    def fill_in(self, vectors: Mapping[int, NDArray[np.float32]]) -> None:
        """Let words, by their ids, begin with pretrained vectors, all of them scaled to entries of size 1."""
        if vectors:
            found = torch.from_numpy(np.stack(list(vectors.values())))
            with torch.no_grad():
                self.words.weight[list(vectors)] = found / found.std().clamp_min(1e-6)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """x (B, T, 1 + L) and lengths (B,) → (B, T, D), 0 beyond each row's length."""
        real = torch.arange(x.shape[1], device=x.device) < lengths.to(x.device)[:, None]
        tokens = x[real].long()
        words = tokens[:, 0]
        if self.training:
            drawn = torch.rand(words.shape, device=words.device) < self.dropped[words]
            words = words.masked_fill(drawn, UNKNOWN)
        found = x.new_zeros(*real.shape, self.out_features, dtype=self.words.weight.dtype)
        found[real] = torch.cat([self.words(words), self._forms(tokens[:, 1:])], 1)
        return found

    def _forms(self, characters: Tensor) -> Tensor:
        """Characters (N, L) → (N, H)."""
        first, which = distinct_rows(characters)
        distinct = characters[first]
        sizes = (distinct != NOTHING).sum(1)
        distinct = distinct[:, : int(sizes.max())]
        forms: Tensor = self.form(self.characters(distinct), sizes.cpu())
        if self.affixes is not None:
            forms = torch.cat([forms, self.affixes(distinct, sizes)], 1)
        return forms[which]


class NumberFront(nn.Module):
    """x (B, T, D) as it is, each channel moved and scaled: (x − ``mean``) / ``deviation``."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, mean: list[float], deviation: list[float]) -> None:
        super().__init__()
        self.out_features = len(mean)
        self.register_buffer("mean", torch.tensor(mean), persistent=False)
        self.register_buffer("deviation", torch.tensor(deviation), persistent=False)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """x (B, T, D) → (B, T, D)."""
        return (x - self.mean) / self.deviation


def distinct_rows(rows: Tensor) -> tuple[Tensor, Tensor]:
    """The places (U,) of rows (N, L) of whole numbers that are all different, and which of them each row is (N,).

    >>> first, which = distinct_rows(torch.tensor([[1, 2], [3, 0], [1, 2]]))
    >>> torch.tensor([[1, 2], [3, 0], [1, 2]])[first][which].tolist()
    [[1, 2], [3, 0], [1, 2]]
    """
    factors = torch.full((rows.shape[1],), _ODD, device=rows.device).cumprod(0)  # modulo 2^64
    _, which = torch.unique((rows * factors).sum(1), return_inverse=True)
    first = which.new_zeros(int(which.max()) + 1).scatter_(0, which, torch.arange(len(rows), device=rows.device))
    return first, which


_ODD = 6364136223846793005
"""Of Knuth's generator of random numbers: the sums of two different rows agree once in 2^64 times."""
