"""A model's recurrent modules replaced in one call."""

from __future__ import annotations

import torch
from torch import nn

import seqloom.nn
from tests.nn.twins import assert_same


class Tagger(nn.Module):
    """Nested, tied, and with a module of its own making."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.ModuleDict({"first": nn.LSTM(3, 4), "second": nn.ModuleList([nn.GRU(4, 4), nn.RNN(4, 4)])})
        self.again = self.body["second"][0]
        self.cells = nn.ModuleList([nn.RNNCell(4, 4), nn.LSTMCell(4, 4), nn.GRUCell(4, 4)])
        self.own = Own(4, 4)

    def forward(self, x):
        y, _ = self.body["first"](x)
        for layer in (self.body["second"][0], self.again, self.body["second"][1], self.own):
            y, _ = layer(y)
        last = y[-1]
        plain, lstm, gru = self.cells
        return gru(lstm(plain(last))[0])


class Own(nn.GRU):
    def forward(self, x, hx=None):
        return super().forward(2 * x, hx)


def test_everything_but_the_code_stays() -> None:
    model, x = Tagger(), torch.randn(5, 2, 3)
    model.body["first"].eval()
    calls: list[str] = []
    model.again.register_forward_hook(lambda *_: calls.append("hook"))
    parameters, wanted = dict(model.named_parameters()), model(x)
    calls.clear()
    assert seqloom.nn.replace(model) is model
    assert isinstance(model.body["first"], seqloom.nn.LSTM)
    assert isinstance(model.again, seqloom.nn.GRU)
    assert model.again is model.body["second"][0]
    assert [type(cell) for cell in model.cells] == [seqloom.nn.RNNCell, seqloom.nn.LSTMCell, seqloom.nn.GRUCell]
    assert type(model.own) is Own
    assert not model.body["first"].training
    assert model.again.training
    found = dict(model.named_parameters())
    assert list(found) == list(parameters)
    assert all(found[name] is parameter for name, parameter in parameters.items())
    assert_same(model(x), wanted)
    assert calls == ["hook", "hook"]
    with torch.no_grad():
        assert_same(model(x), wanted)


def test_a_bare_module_and_a_second_call() -> None:
    layer = nn.GRU(3, 4)
    assert seqloom.nn.replace(layer) is layer
    assert type(layer) is seqloom.nn.GRU
    assert type(seqloom.nn.replace(layer)) is seqloom.nn.GRU
