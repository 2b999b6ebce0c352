"""torch's recurrent modules inside a model become ours."""

from __future__ import annotations

from typing import TypeVar

from torch import nn

from seqloom.nn.cells import GRUCell, LSTMCell, RNNCell
from seqloom.nn.sequences import GRU, LSTM, RNN

__all__ = ["replace"]

Model = TypeVar("Model", bound=nn.Module)

OURS = {
    nn.RNN: RNN,
    nn.LSTM: LSTM,
    nn.GRU: GRU,
    nn.RNNCell: RNNCell,
    nn.LSTMCell: LSTMCell,
    nn.GRUCell: GRUCell,
}


def replace(model: Model) -> Model:
    """Make every ``torch.nn`` RNN, LSTM, GRU and cell in ``model`` one of ours, in place, and return ``model``.

    Ours are torch's classes with another ``forward``, so a module changes its class and stays the same object:
    parameters, hooks, mode and whatever refers to it remain. Subclasses with code of their own are left as they are.

    >>> model = replace(nn.Sequential(nn.Embedding(9, 3), nn.GRU(3, 4)))
    >>> type(model[1]).__module__
    'seqloom.nn.sequences'
    """
    for module in model.modules():
        ours = OURS.get(type(module))
        if ours is not None:
            module.__class__ = ours
    return model
