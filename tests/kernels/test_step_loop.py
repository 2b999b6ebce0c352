"""Steps with joined weights are the reference's, for every cell, whatever comes early."""

from __future__ import annotations

import pytest
import torch

from seqloom.kernels import reference
from seqloom.kernels.step_loop import StepLoop
from seqloom.layers import parse_spec
from seqloom.layers.recurrent import Recurrent
from seqloom.layers.weights import weights_by_name
from seqloom.layers.words.decoders import DecoderCell

BATCH, TIME, EARLY, LATE, HIDDEN = 3, 4, 2, 5, 6


@pytest.mark.parametrize("known", [0, EARLY])
@pytest.mark.parametrize("cell", DecoderCell)
def test_steps_and_gradients_are_the_reference_s(cell: str, known: int) -> None:
    torch.manual_seed(0)
    layer: Recurrent = parse_spec(f"{cell}({HIDDEN})").build(known + LATE).double().layers[0]  # type: ignore[assignment]
    for weight in layer.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    x, late = torch.randn(BATCH, TIME, known).double(), torch.randn(BATCH, TIME, LATE).double().requires_grad_()
    begin = tuple(layer.initial_state(BATCH)[: len(layer.graph.states)])
    parameters = weights_by_name(layer.weights, layer.graph)
    states, found = begin, []
    loop = StepLoop(layer.graph, parameters, known)
    for t, early in enumerate(loop.begin(x)):
        y, states = loop.step(early, late[:, t], states)
        found.append(y)
    expected_states, expected = begin, []
    for t in range(TIME):
        whole = torch.cat([x[:, t], late[:, t]], -1)
        y, expected_states = reference.step(layer.graph, parameters, whole, expected_states, None)
        expected.append(y)
    for one, other in zip((*found, *states), (*expected, *expected_states), strict=True):
        torch.testing.assert_close(one, other)
    learned = [late, *layer.parameters()]
    gradients = [torch.autograd.grad(sum(y.square().sum() for y in ys), learned) for ys in (found, expected)]  # type: ignore[arg-type]
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)
