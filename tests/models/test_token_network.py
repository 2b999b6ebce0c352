from __future__ import annotations

import torch

from seqloom.cells import GRU, LSTM
from seqloom.layers import CausalLayer, LearnedEmbedding, NormKind, Recurrent, StepHead, Window, stack
from seqloom.models.token_model import TokenModel
from seqloom.models.token_network import network_of, states_of


def model_of(body: CausalLayer) -> TokenModel:
    return TokenModel(LearnedEmbedding(7, body.in_features), body, StepHead(body.out_features, 7)).eval()


def test_recurrences_are_networks() -> None:
    for body in (Recurrent(LSTM, 3, 4), stack([Recurrent(GRU, 3, 4), Recurrent(LSTM, 4, 5)])):
        model = model_of(body)  # type: ignore[arg-type]
        network = network_of(model)
        assert network is not None
        assert {t.data_ptr() for t in network.tensors} == {p.data_ptr() for p in model.parameters()}
        states = states_of(model, model.initial_state(2))
        assert [len(layer) for layer in states] == [len(layer.graph.states) for layer in network.layers]
        assert all(isinstance(leaf, torch.Tensor) for layer in states for leaf in layer)


def test_other_models_are_not() -> None:
    pair = [Recurrent(GRU, 4, 4), Recurrent(GRU, 4, 4)]
    assert network_of(model_of(stack(pair, residual=True))) is None  # type: ignore[arg-type]
    assert network_of(model_of(stack(pair, last_norm=NormKind.RMS))) is None  # type: ignore[arg-type]
    assert network_of(model_of(stack([Window(4, 4, 2), pair[0]]))) is None  # type: ignore[arg-type]
    assert network_of(model_of(pair[0]).train()) is None
