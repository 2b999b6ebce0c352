"""The model that answers where it is asked."""

from __future__ import annotations

import pytest
import torch

from seqloom.errors import UsageError
from seqloom.layers import LearnedEmbedding, OneHot, parse_spec
from seqloom.models.scored_model import ScoredModel


def test_answers_come_in_the_order_of_the_rows() -> None:
    model = ScoredModel(OneHot(4), parse_spec("gru(3)").build(4), outputs=2)
    tokens, scored = torch.randint(4, (3, 5)), torch.rand(3, 5) < 0.5
    answers = model(tokens, scored)
    everywhere = model(tokens, torch.ones_like(scored)).view(3, 5, 2)
    wanted = [everywhere[row, step] for row in range(3) for step in range(5) if scored[row, step]]
    torch.testing.assert_close(answers, torch.stack(wanted))


def test_lengths_reach_the_body() -> None:
    model = ScoredModel(None, parse_spec("gru(3) bidirectional").build(2), outputs=1)
    values, first = torch.randn(1, 5, 2), torch.tensor([[True] + [False] * 4])
    short = model(values[:, :3], first[:, :3])
    torch.testing.assert_close(model(values, first, torch.tensor([3])), short)
    assert not torch.allclose(model(values, first), short)


def test_widths_must_fit() -> None:
    with pytest.raises(UsageError, match="gives 5 features, the body takes 4"):
        ScoredModel(LearnedEmbedding(9, 5), parse_spec("gru(3)").build(4), outputs=2)


def test_steps_must_stay() -> None:
    with pytest.raises(UsageError, match="Leave strides out"):
        ScoredModel(None, parse_spec("conv(3, stride=2)").build(4), outputs=2)
