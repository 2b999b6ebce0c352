"""The readable reference: the equations, run with torch tensors, one step after the other.

Everything else is measured against it. Autograd, double backward, forward mode, ``torch.func`` and every device work,
because it is made of ordinary torch operations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from seqloom.cells.graph import Affine, Constant, Graph, Input, Mask, Norm, Part, Pointwise, State, Weight
from seqloom.kernels.backend import REFERENCE
from seqloom.kernels.call import Call, Randomness, SequenceKernel, States
from seqloom.kernels.random_bits import bernoulli_mask

__all__ = ["Reference", "evaluate", "step", "unroll", "values"]

NORM_EPSILON = 1e-5

OPERATIONS: dict[str, Callable[..., Tensor]] = {
    "negative": torch.neg,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "exp": torch.exp,
    "log": torch.log,
    "softplus": F.softplus,
    "sqrt": torch.sqrt,
    "sin": torch.sin,
    "cos": torch.cos,
    "add": torch.add,
    "subtract": torch.sub,
    "multiply": torch.mul,
    "divide": torch.div,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
}


class Reference(SequenceKernel):
    """Runs any cell, any batch, on any device."""

    backend = REFERENCE
    summary = REFERENCE.summary

    def run(self, call: Call) -> tuple[Tensor, States]:
        outputs, states = unroll(call, (call.graph.output,))
        return outputs[0], states


def unroll(call: Call, wanted: Sequence[int]) -> tuple[list[Tensor], States]:
    """All steps: the nodes ``wanted``, (B, T, H) each, 0 beyond each row's length, and the final states."""
    graph, parameters, x, states, lengths, randomness = call
    batch, time = x.shape[:2]
    if lengths is not None:
        real = torch.arange(time, device=x.device) < lengths.to(x.device)[:, None]  # (B, T)
        x = torch.where(real[..., None], x, 0.0)
    sequences: list[list[Tensor]] = [[] for _ in wanted]
    for t in range(time):
        now = None if randomness is None else Randomness(randomness.seed, randomness.time + t)
        found = values(graph, parameters, x[:, t], states, now)
        outputs, new = ([found[k].expand(batch, -1) for k in nodes] for nodes in (wanted, graph.new_states))
        if lengths is not None:
            running = real[:, t, None]
            new = [torch.where(running, a, b) for a, b in zip(new, states, strict=True)]
            outputs = [torch.where(running, y, 0.0) for y in outputs]
        for sequence, y in zip(sequences, outputs, strict=True):
            sequence.append(y)
        states = tuple(new)
    if not time:
        return [x.new_zeros(batch, 0, graph.nodes[k].width) for k in wanted], states
    return [torch.stack(sequence, dim=1) for sequence in sequences], states


def step(
    graph: Graph, parameters: Mapping[str, Tensor], x: Tensor, states: States, randomness: Randomness | None
) -> tuple[Tensor, States]:
    """One step: x (B, D) and the states (B, H) give the output (B, H) and the new states."""
    found = values(graph, parameters, x, states, randomness)
    y, *new = (found[k].expand(*x.shape[:-1], -1) for k in (graph.output, *graph.new_states))
    return y, tuple(new)


def values(
    graph: Graph, parameters: Mapping[str, Tensor], x: Tensor, states: States, randomness: Randomness | None
) -> dict[int, Tensor]:
    """Every node of one step."""
    found: dict[int, Tensor] = {}
    waiting = iter(states)
    for position, node in enumerate(graph.nodes):
        match node:
            case Input():
                found[position] = x
            case State():
                found[position] = next(waiting)
            case Mask():
                found[position] = _mask(node, x, randomness)
            case _:
                evaluate(graph, parameters, position, found)
    return found


def evaluate(graph: Graph, parameters: Mapping[str, Tensor], position: int, known: dict[int, Tensor]) -> Tensor:
    """The node at ``position``, made from those in ``known``, which it joins with all that it needs."""
    if position not in known:
        node = graph.nodes[position]
        operands = [
            known[k] if k in known else evaluate(graph, parameters, k, known) for k in getattr(node, "operands", ())
        ]
        match node:
            case Pointwise():  # first, for it is the most frequent
                value = OPERATIONS[node.operation](*operands)
            case Part():
                value = operands[0].narrow(-1, node.start, node.width)
            case Constant():
                value = next(iter(known.values())).new_full((1,), node.value)
            case Affine():
                value = _affine(node, parameters, operands)
            case Weight():
                value = parameters[f"{node.name}.vector"]
            case Norm():
                value = _norm(node, parameters, operands[0])
            case _:
                raise AssertionError(f"{node} is given, not computed")
        known[position] = value
    return known[position]


def _affine(node: Affine, parameters: Mapping[str, Tensor], operands: list[Tensor]) -> Tensor:
    """Σ_k W_k · operand_k + b; with blocks, W_k is (blocks, rows, columns)."""
    total = parameters[f"{node.name}.bias"] if node.bias else None
    for k, operand in enumerate(operands):
        matrix = parameters[f"{node.name}.weight_{k}"]
        if node.blocks == 1:
            product = F.linear(operand, matrix)
        else:
            parts = operand.unflatten(-1, (node.blocks, -1))
            product = torch.einsum("...nd,nhd->...nh", parts, matrix).flatten(-2)
        total = product if total is None else total + product
    assert total is not None
    return total


def _norm(node: Norm, parameters: Mapping[str, Tensor], value: Tensor) -> Tensor:
    """(v - mean) / sqrt(variance + ε) · scale + bias, or v / sqrt(mean(v²) + ε) · scale."""
    grouped = value.unflatten(-1, (node.groups, -1))
    if node.kind == "layer":
        grouped = grouped - grouped.mean(-1, keepdim=True)
    grouped = grouped * torch.rsqrt(grouped.square().mean(-1, keepdim=True) + NORM_EPSILON)
    scaled: Tensor = grouped.flatten(-2) * parameters[f"{node.name}.scale"]
    return scaled + parameters[f"{node.name}.bias"] if node.kind == "layer" else scaled


def _mask(node: Mask, x: Tensor, randomness: Randomness | None) -> Tensor:
    """Coins of this step (or of the sequence, as if all were thrown at time 0), or their mean."""
    if randomness is None:
        return x.new_full((node.width,), node.p)
    time = randomness.time if node.per == "step" else torch.zeros_like(randomness.time)
    return bernoulli_mask(node.name, node.p, randomness.seed, time, node.width).to(x.dtype)
