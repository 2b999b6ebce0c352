"""Whoever looks at what runs sees it, in its own thread and context, and changes nothing."""

from __future__ import annotations

from threading import Thread

import torch

from seqloom import kernels
from seqloom.cells import GRU
from seqloom.inspection import trace
from seqloom.kernels.call import Call
from seqloom.layers import CausalSelfAttention, Recurrent


class Listener:
    """Notes the kinds of work, the steps and the notes."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def do(self, kernel, work):
        self.heard.append(type(work).__name__)
        return kernel.run(work)

    def stepped(self, graph, x, states, parameters, done) -> None:
        assert {*parameters} == {parameter.name for parameter in graph.parameters()}
        self.heard.append("step")

    def note(self, name, value) -> None:
        self.heard.append(name)


def test_work_steps_and_notes_are_heard_in_their_order() -> None:
    listener, layer = Listener(), Recurrent(GRU, 3, 4)
    with torch.no_grad(), kernels.observe(listener):
        layer(torch.zeros(1, 5, 3))
        with kernels.use("reference"):
            layer(torch.zeros(1, 5, 3))
        layer.step(torch.zeros(1, 3), layer.initial_state(1))
        CausalSelfAttention(8, heads=2)(torch.zeros(1, 5, 8))
        kernels.note(gate=torch.zeros(1, 5, 3))
    layer(torch.zeros(1, 5, 3))
    assert listener.heard == [Call.__name__, Call.__name__, "step", "Attention", "gate"]


def test_another_thread_is_not_heard() -> None:
    layer = Recurrent(GRU, 3, 4)
    found: list[torch.Tensor] = []

    class Threads(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, x):
            thread = Thread(target=lambda: found.append(layer(x)[0]))
            thread.start()
            thread.join()
            return self.layer(x)[0]

    traced = trace(Threads(), torch.ones(1, 5, 3))
    assert list(traced.named("h")) == ["layer.h"]
    assert torch.equal(found[0].detach(), traced.outputs)
