"""What every front promises: vectors of its width at every step, and 0 beyond each row's end."""

from __future__ import annotations

import pytest
import torch

from seqloom.errors import UsageError
from seqloom.layers import Embedding, Front, LearnedEmbedding, OneHot

FRONTS = [LearnedEmbedding(5, 3), LearnedEmbedding(5, 4, scale=2.0), OneHot(5)]


@pytest.mark.parametrize("front", FRONTS, ids=str)
def test_embeddings_are_fronts(front: Embedding) -> None:
    assert isinstance(front, Front)
    tokens, lengths = torch.tensor([[1, 2, 3], [4, 99, -100]]), torch.tensor([3, 1], dtype=torch.uint8)
    vectors = front(tokens, lengths)
    assert vectors.shape == (2, 3, front.out_features)
    torch.testing.assert_close(vectors[0], front(tokens[0]))
    torch.testing.assert_close(vectors[1], torch.stack([front(tokens[1, :1])[0], *torch.zeros(2, front.out_features)]))
    after = front.lengths_after(lengths)
    assert after is not None
    assert after.tolist() == [3, 1]


@pytest.mark.parametrize("lengths", [torch.tensor([4, 1]), torch.tensor([1]), torch.tensor([1.0, 2.0])])
def test_lengths_that_do_not_fit_are_refused(lengths: torch.Tensor) -> None:
    with pytest.raises(UsageError, match="Embedding expected lengths"):
        LearnedEmbedding(5, 3)(torch.zeros(2, 3, dtype=torch.int64), lengths)
