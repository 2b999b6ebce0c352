"""torch's own recurrent kernels (cuDNN on the GPU, oneDNN on the CPU), for cells that are exactly torch's.

They obey fewer laws than ours: NaN in padding reaches every weight gradient, no steps and empty rows raise,
forward-mode derivatives and vmap fail. So they run only where none of that is asked. cuDNN has no second derivative:
it says so when asked, and ``kernels.use("reference")`` has one.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from seqloom.cells.cell import trace
from seqloom.cells.graph import Graph
from seqloom.kernels.backend import TORCH
from seqloom.kernels.call import Call, SequenceKernel, States
from seqloom.kernels.torch_order import TWINS, Twin
from seqloom.kernels.transforms import UNDER_TRANSFORM, under_transform

__all__ = ["TorchLibrary"]


@lru_cache(maxsize=256)
def twin_of(graph: Graph) -> Twin | None:
    """The torch function that computes exactly ``graph``, if there is one."""
    hidden = graph.states[0].width
    return next((twin for twin in TWINS if trace(twin.cell, graph.in_features, hidden).graph == graph), None)


class TorchLibrary(SequenceKernel):
    """cuDNN or oneDNN through torch's functional interface."""

    backend = TORCH
    summary = "torch's own kernel (cuDNN on the GPU, oneDNN on the CPU)"

    def refusal(self, call: Call) -> str | None:
        if twin_of(call.graph) is None:
            return "the cell's equations are not those of torch's LSTM, GRU or RNN"
        if call.lengths is not None:
            return "lengths are given, and padding must not reach the gradients"
        if call.x.shape[0] == 0 or call.x.shape[1] == 0:
            return "the batch is empty"
        if call.x.dtype not in (torch.float32, torch.float64):
            return f"the numbers are {call.x.dtype}"
        if under_transform(call.tensors):
            return UNDER_TRANSFORM
        return None

    def deference(self, call: Call) -> str | None:
        if call.x.shape[1] == 1:
            return "for a single step, joining the weights as torch wants them takes longer than the step"
        twin = twin_of(call.graph)
        if call.x.device.type == "cpu" and (call.needs_gradient or twin is None or twin.function != "lstm"):
            return "on the CPU our own kernel is faster, but for an LSTM without gradients"
        return None

    def run(self, call: Call) -> tuple[Tensor, States]:
        twin = twin_of(call.graph)
        assert twin is not None
        weights = twin.join(call.parameters)
        training = torch.is_grad_enabled()
        states = [state.contiguous()[None] for state in call.states]
        function = getattr(torch, twin.function)
        hidden = states if twin.function == "lstm" else states[0]
        # has_biases, num_layers, dropout, train, bidirectional, batch_first
        y, *new = function(call.x, hidden, weights, True, 1, 0.0, training, False, True)
        return y, tuple(state[0] for state in new)
