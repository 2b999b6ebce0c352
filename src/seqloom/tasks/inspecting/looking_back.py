"""How far back a model looks: what its layers could carry, and what its loss needs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from seqloom.inspection.memory import (
    ContextCurve,
    LagCurve,
    input_influence,
    loss_by_context,
    state_influence,
)
from seqloom.inspection.memory.pictures import draw_context, draw_influence
from seqloom.inspection.report import Section
from seqloom.inspection.report.section import drawn
from seqloom.layers import Bidirectional, CausalLayer, SequenceLayer, Stack
from seqloom.layers.padding import last_real_step
from seqloom.layers.state import grows, leaves
from seqloom.tasks.inspecting.subject import Subject

__all__ = ["Memory", "memory_of", "section"]

_ROWS, _STEPS = 8, 512
_FEWEST = 16
"""Examples, below which the loss by context is chance."""


@dataclass(frozen=True)
class Memory:
    """``inputs`` are ‖∂y_t/∂x_{t−k}‖ of each layer and of the model as a whole, ``states`` ‖∂s_t/∂s_{t−k}‖ of layers
    that keep a state, and ``contexts`` the loss by how much of the past is left. ``shortening`` are layers with fewer
    steps than they read: lags have no one scale in them."""

    inputs: Mapping[str, LagCurve]
    states: Mapping[str, LagCurve]
    contexts: Mapping[str, ContextCurve]
    unit: str
    shortening: Sequence[str] = ()


def memory_of(subject: Subject, rows: int = _ROWS, steps: int = _STEPS, directions: int = 16) -> Memory:
    """Measure on the first ``rows`` examples, each on ``steps`` steps at most; the losses are of all.

    Of a layer that reads both ways, the state is that of the way forward.
    """
    vectors, lengths = _few(subject, rows, steps)
    inputs, states, shortening = {}, {}, []
    for name, layer, x, real in _layers(subject.model.body, vectors, lengths):
        if layer.keeps_time:
            inputs[name] = input_influence(layer, x, real, directions=directions)
        else:
            shortening.append(name)
        ahead = layer.forward_layer if isinstance(layer, Bidirectional) else layer
        if isinstance(ahead, CausalLayer) and _keeps_a_state(ahead):
            whole = x[:, : int(real.min())] if real is not None else x
            states[name] = state_influence(ahead, whole, directions=directions)

    def answer(x: Tensor, lengths: Tensor | None) -> Tensor:
        said = subject.model.answers(x, lengths)
        return said if said.ndim == 2 else last_real_step(said, lengths)

    inputs["the model"] = input_influence(answer, vectors, lengths, directions=directions)
    return Memory(inputs, states, _contexts(subject), subject.unit, shortening)


def section(memory: Memory, command: str) -> Section:
    """The answer for a report."""
    shown = [
        drawn(
            lambda path: draw_influence(memory.inputs, path),
            "A line that falls steeply has forgotten what lies further left behind; where it crosses the line of 1 % "
            "nothing that a step said can be heard any more.",
        )
    ]
    if memory.contexts:
        shown.append(
            drawn(
                lambda path: draw_context(memory.contexts, memory.unit, path),
                "The loss stops falling where the model no longer uses what lies further back.",
            )
        )
    unmeasured = [
        f"{name} has fewer steps than it reads and so no curve of its own: see that of the model."
        for name in memory.shortening
    ]
    return Section("How far back does it look?", [*_said(memory), *unmeasured], shown, command)


def _said(memory: Memory) -> Iterator[str]:
    whole = memory.inputs["the model"]
    steps, lag = int(whole.lags[-1]), whole.lag_below(0.01)
    if lag is None:
        yield f"More than 1 % of the influence of the present step is left after all {steps} steps."
    else:
        yield f"After {math.ceil(lag)} of {steps} steps less than 1 % of the influence of the present step is left."
    if (cut := memory.contexts.get("cut")) is None:
        return
    used, longest = cut.used(), int(cut.context[-1])
    if not used:
        yield "By the loss, the past makes no difference that can be told from chance."
    elif used == longest:
        yield f"By the loss, all {longest} steps that were given are used."
    else:
        yield f"By the loss, 95 % of what the past is worth lies in the last {used} steps."


def _few(subject: Subject, rows: int, steps: int) -> tuple[Tensor, Tensor | None]:
    vectors, lengths = subject.vectors(subject.batches[0])
    vectors = vectors[:rows]
    if lengths is None:
        return vectors[:, -steps:].contiguous(), None
    lengths = lengths[:rows].clamp_max(steps)
    return vectors[:, : int(lengths.max())].contiguous(), lengths


def _layers(
    body: SequenceLayer, x: Tensor, lengths: Tensor | None
) -> Iterator[tuple[str, SequenceLayer, Tensor, Tensor | None]]:
    """Each layer of a stack, or the only one, with what it reads."""
    layers = [*body.layers] if isinstance(body, Stack) else [body]
    for number, layer in enumerate(layers, 1):
        assert isinstance(layer, SequenceLayer)
        yield f"layer {number} ({type(layer).__name__})", layer, x, lengths
        with torch.no_grad():
            x, _ = layer(x, None, lengths)
        lengths = layer.lengths_after(lengths)


def _keeps_a_state(layer: CausalLayer) -> bool:
    state = layer.initial_state(1)
    return not grows(state) and any(leaf.is_floating_point() for _, leaf in leaves(state))


def _contexts(subject: Subject) -> dict[str, ContextCurve]:
    if subject.loss is None or subject.size < _FEWEST:
        return {}
    longest = max(batch.x.shape[1] for batch in subject.batches)
    context = sorted({*(1 << power for power in range(longest.bit_length())), (longest + 1) // 2, longest})
    cut = loss_by_context(subject.loss, subject.batches, context, "cut")
    return {"cut": cut, "shuffled beyond": loss_by_context(subject.loss, subject.batches, context, "shuffled")}
