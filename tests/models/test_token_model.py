from __future__ import annotations

import copy

import pytest
import torch

from seqloom.cells import GRU, LSTM
from seqloom.errors import UsageError
from seqloom.layers import Embedding, LearnedEmbedding, OneHot, Recurrent, StepHead, stack, tied_head
from seqloom.layers.state import select
from seqloom.models.token_model import TokenModel

VOCABULARY = 7


def build(embedding: Embedding | None = None, dropout: float = 0.0) -> TokenModel:
    embedding = embedding or LearnedEmbedding(VOCABULARY, 5)
    body = stack([Recurrent(LSTM, embedding.out_features, 6), Recurrent(GRU, 6, 4)])
    return TokenModel(embedding, body, StepHead(4, VOCABULARY), dropout)  # type: ignore[arg-type]


@pytest.mark.parametrize("embedding", [LearnedEmbedding(VOCABULARY, 5), OneHot(VOCABULARY)])
def test_steps_chunks_and_the_whole_agree(embedding: Embedding) -> None:
    model = build(embedding).eval()
    tokens = torch.randint(-1, VOCABULARY, (3, 9))
    whole, end = model(tokens)
    first, state = model(tokens[:, :4])
    second, after = model(tokens[:, 4:], state)
    torch.testing.assert_close(torch.cat([first, second], 1), whole)
    torch.testing.assert_close(after, end)
    state = model.initial_state(3)
    for t in range(9):
        logits, state = model.step(tokens[:, t], state)
        torch.testing.assert_close(logits, whole[:, t])


def test_a_padded_row_equals_the_row_alone() -> None:
    model = build().eval()
    tokens, lengths = torch.randint(0, VOCABULARY, (4, 6)), torch.tensor([6, 3, 0, 1])
    logits, state = model(tokens, lengths=lengths)
    for row, length in enumerate(lengths.tolist()):
        alone, end = model(tokens[row : row + 1, :length])
        torch.testing.assert_close(logits[row : row + 1, :length], alone)
        assert torch.equal(logits[row, length:], torch.zeros(6 - length, VOCABULARY))
        torch.testing.assert_close(select(state, torch.tensor([row])), end)


def test_every_parameter_learns() -> None:
    model = build(dropout=0.2).train()
    logits, _ = model(torch.randint(0, VOCABULARY, (4, 8)))
    logits.logsumexp(-1).sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().sum() > 0, name


def test_dropout_acts_in_training_only_and_spares_one_hot_inputs() -> None:
    tokens = torch.randint(0, VOCABULARY, (2, 5))
    model = build(OneHot(VOCABULARY), dropout=0.5)
    assert not torch.equal(model.train()(tokens)[0], model(tokens)[0])
    assert torch.equal(model.eval()(tokens)[0], model(tokens)[0])
    assert torch.equal(model.train()._embed(tokens).sum(-1), torch.ones(2, 5))


def test_widths_that_do_not_fit_are_named() -> None:
    with pytest.raises(UsageError, match="embedding gives 5 features, the body takes 3"):
        TokenModel(LearnedEmbedding(7, 5), Recurrent(LSTM, 3, 4), StepHead(4, 7))
    with pytest.raises(UsageError, match="body gives 4 features, the head takes 5"):
        TokenModel(LearnedEmbedding(7, 3), Recurrent(LSTM, 3, 4), StepHead(5, 7))
    with pytest.raises(UsageError, match=r"dropout .* 1\.0"):
        build(dropout=1.0)


def test_a_tied_table_is_one_parameter_that_learns_from_both_sides() -> None:
    embedding = LearnedEmbedding(VOCABULARY, 6, scale=6**0.5)
    model = TokenModel(embedding, Recurrent(LSTM, 6, 6), tied_head(embedding))
    assert model.tied
    assert sum(parameter is embedding.table for parameter in model.parameters()) == 1
    copied = copy.deepcopy(model)
    assert copied.tied
    tokens = torch.randint(0, VOCABULARY, (4, 8))
    model(tokens)[0].logsumexp(-1).sum().backward()
    looked_up = embedding.table.detach().clone().requires_grad_()
    read_out = embedding.table.detach().clone().requires_grad_()
    hidden, _ = model.body(6**0.5 * looked_up[tokens])
    (hidden @ read_out.T + model.head.linear.bias).logsumexp(-1).sum().backward()
    torch.testing.assert_close(embedding.table.grad, looked_up.grad + read_out.grad)
