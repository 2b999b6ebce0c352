"""torch's own recurrent kernels (cuDNN on the GPU, oneDNN on the CPU), for cells that are exactly torch's.

They obey fewer laws than ours: NaN in padding reaches every weight gradient, no steps and empty rows raise,
forward-mode derivatives and vmap fail. So they run only where none of that is asked. cuDNN has no second derivative:
it says so when asked, and ``kernels.use("reference")`` has one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from seqloom.cells.cell import trace
from seqloom.cells.graph import Graph
from seqloom.kernels.backend import TORCH
from seqloom.kernels.call import Call, SequenceKernel, States
from seqloom.kernels.torch_order import TWINS, Twin
from seqloom.kernels.transforms import left_to_torch

__all__ = ["TorchLibrary"]


@lru_cache(maxsize=256)
def twin_of(graph: Graph) -> Twin | None:
    """The torch function that computes exactly ``graph``, if there is one."""
    hidden = graph.states[0].width
    return next((twin for twin in TWINS if trace(twin.cell, graph.in_features, hidden).graph == graph), None)


FORMATS = (torch.float32, torch.float64, torch.bfloat16, torch.float16)
COMPILED_FORMATS = FORMATS[:2]
"""Those that our own kernel has, too; for the others torch's is the only fast one."""


class Rule(NamedTuple):
    """On a CPU torch's kernel is the faster one while ``size`` is at most ``most``."""

    size: str
    value: int
    most: int

    @property
    def holds(self) -> bool:
        """Whether torch's kernel is to run."""
        return self.value <= self.most

    def __str__(self) -> str:
        return f"{self.size} = {self.value:,} is {'at most' if self.holds else 'above'} {self.most:,}"


def rules(call: Call, twin: Twin) -> tuple[Rule, ...]:
    """What must hold for torch's kernel to be the faster one, by measurement (docs/decisions/0016-policy-by-sizes.md).

    Sizes alone decide, so that a run that is resumed chooses as before. An LSTM of torch's is one operation in float32;
    its other recurrences are many small ones at each step, which is quick for few steps and for many narrow rows.
    """
    batch, time, _ = call.x.shape
    hidden = call.graph.states[0].width
    if twin.function == "lstm" and call.x.dtype == torch.float32:
        width = Rule("H", hidden, 256)
        return (width, Rule("T B H²", time * batch * hidden**2, 40_000_000)) if call.needs_gradient else (width,)
    narrow = Rule("128 H²", 128 * hidden**2, batch)
    if narrow.holds:
        return (narrow,)
    if call.needs_gradient:
        return (Rule("T² H", time**2 * hidden, 5_000),)
    return (Rule("T² B H", time**2 * batch * hidden, 250_000),)


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
        formats = {tensor.dtype for tensor in call.tensors}
        if len(formats) > 1 or not formats <= {*FORMATS}:
            return f"the numbers are {', '.join(sorted(map(str, formats)))}"
        return left_to_torch(call.tensors)

    def deference(self, call: Call) -> str | None:
        if call.x.shape[1] == 1:
            return "for a single step, joining the weights as torch wants them takes longer than the step"
        against = next((rule for rule in self._rules(call) if not rule.holds), None)
        return None if against is None else f"our own kernel is faster, as {against}"

    def describe(self, call: Call) -> str:
        rules = self._rules(call)
        return f"{self.summary}; the faster one, as {' and '.join(map(str, rules))}" if rules else self.summary

    def _rules(self, call: Call) -> tuple[Rule, ...]:
        twin = twin_of(call.graph)
        assert twin is not None
        ours_can = call.x.device.type == "cpu" and call.x.dtype in COMPILED_FORMATS
        return rules(call, twin) if ours_can else ()

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
