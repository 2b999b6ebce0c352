from __future__ import annotations

import pytest
import torch

from seqloom.errors import UsageError
from seqloom.layers import LearnedEmbedding, OneHot, parse_spec
from seqloom.models.pooled_model import PooledModel

POOLINGS = ["last", "mean", "max", "attention"]


@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_padded_row_answers_as_the_row_alone(pooling: str) -> None:
    torch.manual_seed(0)
    reader = parse_spec(f"gru(4) bidirectional + pool({pooling})").build_pooled(3)
    model = PooledModel(LearnedEmbedding(5, 3), reader, outputs=2).double().eval()
    tokens, lengths = torch.randint(5, (3, 7)), [7, 1, 4]
    together = model(tokens, torch.tensor(lengths))
    alone = torch.cat([model(row[None, :length]) for row, length in zip(tokens, lengths, strict=True)])
    torch.testing.assert_close(together, alone)


def test_dropout_is_for_training_and_for_learned_vectors() -> None:
    torch.manual_seed(0)
    tokens = torch.randint(5, (2, 7))
    read: list[torch.Tensor] = []
    for embedding in (LearnedEmbedding(5, 5), OneHot(5)):
        model = PooledModel(embedding, parse_spec("gru(4) + pool(mean)").build_pooled(5), outputs=2, dropout=0.9)
        model.reader.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0]))
        assert not torch.equal(model(tokens), model(tokens))
        model.eval()
        assert torch.equal(model(tokens), model(tokens))
    assert [int((x == 0).sum()) > 40 for x in (read[0], read[2])] == [True, False]
    assert all(bool((x.sum(-1) == 1).all()) for x in read[4:])


def test_what_does_not_fit_is_said() -> None:
    reader = parse_spec("gru(4) + pool(mean)").build_pooled(5)
    with pytest.raises(UsageError, match="The front gives 3 features, the body takes 5"):
        PooledModel(LearnedEmbedding(9, 3), reader, outputs=2)
    with pytest.raises(UsageError, match="dropout is a share"):
        PooledModel(None, reader, outputs=2, dropout=1.0)
    with pytest.raises(UsageError, match="at least 1 step in each row"):
        PooledModel(None, reader, outputs=2)(torch.zeros(2, 3, 5), torch.tensor([3, 0]))
