"""A module of torch and ours with the same weights, and comparison."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

import seqloom.nn

SEQUENCES: dict[str, tuple[str, dict]] = {
    "rnn": ("RNN", {}),
    "rnn relu": ("RNN", {"nonlinearity": "relu", "num_layers": 2, "bidirectional": True}),
    "lstm": ("LSTM", {}),
    "lstm deep": ("LSTM", {"num_layers": 2, "bidirectional": True, "bias": False}),
    "lstm projected": ("LSTM", {"proj_size": 3}),
    "lstm projected deep": ("LSTM", {"proj_size": 3, "num_layers": 2, "bidirectional": True}),
    "gru": ("GRU", {}),
    "gru deep": ("GRU", {"num_layers": 2, "bidirectional": True, "dropout": 0.0}),
    "gru no bias": ("GRU", {"bias": False}),
}
CELLS: dict[str, tuple[str, dict]] = {
    "rnn": ("RNNCell", {}),
    "rnn relu": ("RNNCell", {"nonlinearity": "relu", "bias": False}),
    "lstm": ("LSTMCell", {}),
    "lstm no bias": ("LSTMCell", {"bias": False}),
    "gru": ("GRUCell", {}),
    "gru no bias": ("GRUCell", {"bias": False}),
}
TOLERANCE = {torch.float32: {"rtol": 2e-5, "atol": 2e-6}, torch.float64: {"rtol": 1e-10, "atol": 1e-12}}


def pair(entry: tuple[str, dict], *sizes: int, **more) -> tuple[nn.Module, nn.Module]:
    """torch's module and ours, each made from the same seed."""
    name, arguments = entry
    made = []
    for package in (nn, seqloom.nn):
        torch.manual_seed(3)
        made.append(getattr(package, name)(*sizes, **arguments, **more))
    return made[0], made[1]


def tensors(result) -> list[Tensor]:
    """All floating-point tensors of a result, in order."""
    if isinstance(result, PackedSequence):
        return [result.data]
    if isinstance(result, Tensor):
        return [result]
    return [tensor for part in result for tensor in tensors(part)]


def assert_same(ours, theirs, dtype: torch.dtype = torch.float32) -> None:
    for a, b in zip(tensors(ours), tensors(theirs), strict=True):
        torch.testing.assert_close(a, b, **TOLERANCE[dtype])


def states_for(module: nn.RNNBase, batch: tuple[int, ...], dtype: torch.dtype):
    """A random hx for ``module``, that takes gradients."""
    rows = module.num_layers * (2 if module.bidirectional else 1)
    widths = [module.proj_size or module.hidden_size] + [module.hidden_size] * isinstance(module, nn.LSTM)
    made = tuple(torch.randn(rows, *batch, width, dtype=dtype, requires_grad=True) for width in widths)
    return made if len(made) == 2 else made[0]
