"""One call of a kernel drawn at random, everything that comes of it, and how far two outcomes are apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import torch
from torch import Tensor

from seqloom.cells import Cell, trace
from seqloom.cells.graph import Norm, Pointwise
from seqloom.kernels import Call, Randomness, backend
from seqloom.kernels.call import SequenceKernel
from seqloom.kernels.cpu import CPUEngine, Machine
from seqloom.kernels.recurrence import Planned, TorchEngine
from seqloom.kernels.reference import Reference
from tests.kernels.cells import multiple, needs_square

__all__ = ["CPU", "DERIVED", "REFERENCE", "Draw", "assert_same", "cpu", "draw", "engine", "error", "outcome"]


@cache
def engine(width: int | None = None) -> CPUEngine:
    """Our engine, for the host or for vectors of ``width`` bits."""
    return CPUEngine(None if width is None else Machine(width))


def cpu(width: int | None = None) -> SequenceKernel:
    """Our kernel on that engine."""
    return Planned(backend.CPU, engine(width))


REFERENCE, DERIVED, CPU = Reference(), Planned(backend.DERIVED, TorchEngine()), cpu()


@dataclass(frozen=True)
class Draw:
    """A call, and the directions in which its results are differentiated."""

    call: Call
    directions: tuple[Tensor, ...]

    def to(self, dtype: torch.dtype) -> Draw:
        """The same numbers in another format."""
        call = self.call
        return Draw(
            call._replace(
                parameters={name: tensor.to(dtype) for name, tensor in call.parameters.items()},
                x=call.x.to(dtype),
                states=tuple(state.to(dtype) for state in call.states),
            ),
            tuple(direction.to(dtype) for direction in self.directions),
        )

    def with_x(self, x: Tensor) -> Draw:
        """The same draw with another x."""
        return replace(self, call=self.call._replace(x=x))


def draw(
    cell: Cell,
    features: int = 3,
    hidden: int = 5,
    batch: int = 3,
    time: int = 6,
    lengths: Tensor | None = None,
    masks: bool = False,
    seed: int = 0,
) -> Draw:
    """float64 numbers, all exact in float32; sizes are rounded up to what the cell can have."""
    random = torch.Generator().manual_seed(seed)
    step = multiple(cell)
    nodes = trace(cell, 4 * step, 4 * step).graph.nodes
    groups = max((node.groups for node in nodes if isinstance(node, Norm)), default=0)
    divides = any(isinstance(node, Pointwise) and node.operation == "divide" for node in nodes)
    hidden = -(-max(hidden, 8 * groups) // step) * step  # of two units a norm leaves nothing but rounding
    features = hidden if needs_square(cell) else -(-features // step) * step
    traced = trace(cell, features, hidden)

    def normal(*shape: int, scale: float = 1.0) -> Tensor:
        return (scale * torch.randn(shape, generator=random)).double()

    parameters = {shape.name: torch.empty(shape.shape) for shape in traced.graph.parameters()}
    cell.initialise(traced, parameters, random)
    parameters = {n: p.double() + normal(*p.shape, scale=0.1 / p.shape[-1] ** 0.5) for n, p in parameters.items()}
    parameters = {name: tensor.float().double() for name, tensor in parameters.items()}
    states = tuple(state.initial + normal(batch, state.width, scale=0.3) for state in traced.graph.states)
    states = tuple((state.abs() if divides else state).float().double() for state in states)  # no division by almost 0
    randomness = None
    if masks and traced.graph.has_masks:
        seeds = torch.randint(1 << 62, (batch,), generator=random)
        randomness = Randomness(seeds, torch.randint(100, (batch,), generator=random))
    call = Call(traced.graph, parameters, normal(batch, time, features), states, lengths, randomness)
    directions = (normal(batch, time, traced.graph.out_features), *(normal(*state.shape) for state in states))
    return Draw(call, directions)


def outcome(kernel: SequenceKernel, drawn: Draw) -> dict[str, Tensor]:
    """Outputs, final states and all gradients by name."""
    call = drawn.call
    leaves = {"x": call.x}
    leaves |= {f"state {k}": state for k, state in enumerate(call.states)}
    leaves |= dict(call.parameters)
    leaves = {name: tensor.detach().clone().requires_grad_() for name, tensor in leaves.items()}
    states = tuple(leaves[f"state {k}"] for k in range(len(call.states)))
    parameters = {name: leaves[name] for name in call.parameters}
    y, final = kernel.run(call._replace(x=leaves["x"], states=states, parameters=parameters))
    results = {"y": y} | {f"final {k}": state for k, state in enumerate(final)}
    total = sum((a * b).sum() for a, b in zip(results.values(), drawn.directions, strict=True))
    found = torch.autograd.grad(total, list(leaves.values()), allow_unused=True) if total.requires_grad else ()
    gradients = {f"gradient of {n}": g for n, g in zip(leaves, found, strict=False) if g is not None}
    return {name: tensor.detach() for name, tensor in (results | gradients).items()}


def error(got: Mapping[str, Tensor], wanted: Mapping[str, Tensor], name: str) -> float:
    """The largest difference relative to the largest entry; a gradient that one of them lacks is 0; NaN is infinite."""
    a, b = got.get(name), wanted.get(name)
    if a is None or b is None:
        a, b = (torch.zeros(1), torch.zeros(1)) if a is b else (a, b)
        a, b = torch.zeros_like(b) if a is None else a, torch.zeros_like(a) if b is None else b
    a, b = a.double(), b.double()
    assert a.shape == b.shape, f"{name}: shape {tuple(a.shape)}, expected {tuple(b.shape)}"
    if not b.numel():
        return 0.0
    difference, largest = float((a - b).abs().nan_to_num(torch.inf).max()), float(b.abs().max())
    return difference / largest if largest else difference


def assert_same(got: Mapping[str, Tensor], wanted: Mapping[str, Tensor], allowed: float) -> None:
    """Raise AssertionError, naming what differs."""
    for name in got.keys() | wanted.keys():
        found = error(got, wanted, name)
        assert found <= allowed, f"{name}: error {found:.1e}, allowed {allowed:.1e}"
