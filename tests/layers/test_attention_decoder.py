"""Decoders with attention, and the bottleneck, against loops written by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from seqloom.cells import GRU, LSTM
from seqloom.errors import UsageError
from seqloom.layers import BahdanauDecoder, BottleneckDecoder, CausalLayer, LuongDecoder, Recurrent, Window, stack
from seqloom.layers.attention import AdditiveScore, ConcatScore, DotScore, GeneralScore
from seqloom.layers.bridge import Bridge
from seqloom.testing import check_layer

MEMORY_LENGTHS = (5, 2, 0)


def ragged_memory(layer, batch: int):
    """A random memory; rows of length 5, 2 and 0, with NaN beyond."""
    parameter = next(layer.parameters())
    features = layer.bridge.memory_features
    memory = torch.randn(batch, 5, features, dtype=parameter.dtype)
    lengths = torch.tensor(MEMORY_LENGTHS[:batch])
    for row, length in enumerate(lengths.tolist()):
        memory[row, length:] = torch.nan
    return layer.initial_state(batch, memory=memory, memory_lengths=lengths)


DECODERS = {
    "bahdanau gru": lambda: BahdanauDecoder(Recurrent(GRU, 2 + 3, 4), AdditiveScore(4, 3, hidden_size=5)),
    "bahdanau lstm, general": lambda: BahdanauDecoder(Recurrent(LSTM, 2 + 3, 4), GeneralScore(4, 3)),
    "luong gru, dot": lambda: LuongDecoder(Recurrent(GRU, 2 + 4, 4), DotScore(4)),
    "luong lstm, general": lambda: LuongDecoder(Recurrent(LSTM, 2 + 4, 4), GeneralScore(4, 3)),
    "luong stack, concat": lambda: LuongDecoder(
        stack([Recurrent(GRU, 2 + 4, 3), Recurrent(LSTM, 3, 4)]), ConcatScore(4, 3, hidden_size=5)
    ),
    "bottleneck": lambda: BottleneckDecoder(Recurrent(LSTM, 2, 4), memory_features=3),
    "bottleneck with context": lambda: BottleneckDecoder(Recurrent(GRU, 2 + 3, 4), 3, context_features=3),
}


@pytest.mark.parametrize("kernel", ["auto", "reference"])
@pytest.mark.parametrize("name", DECODERS)
def test_a_decoder_obeys_the_laws(name: str, kernel: str) -> None:
    check_layer(DECODERS[name], kernel=kernel, initial=ragged_memory)
