"""Every kernel against the equations it was made from, on this machine."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, astuple, dataclass, fields

import torch
from torch import Tensor

from seqloom import cells, kernels
from seqloom.cells import Cell, Graph, trace
from seqloom.errors import UsageError
from seqloom.kernels import Call, Randomness, Steps
from seqloom.kernels.backend import REFERENCE
from seqloom.kernels.call import SequenceKernel
from seqloom.kernels.reference import Reference
from seqloom.testing.closeness import tolerance

__all__ = ["Comparison", "compare_kernels", "known_cells"]

# (B, T, D, H); the first widths leave vectors partly filled, the last H fills them.
SIZES = ((3, 7, 5, 13), (5, 12, 17, 35), (2, 4, 3, 64))
FORMATS = (torch.float32, torch.float64)
FACTOR = 2.0
MOST_SPARE_UNITS = 32

Results = Mapping[str, Tensor]


@dataclass(frozen=True)
class Comparison:
    """The worst error of one kernel on one cell: of which tensor, and how much is ``allowed``.

    Errors are relative to the largest entry of a tensor, or to 1 where that is less. ``problem`` is the exception of a
    kernel that failed.
    """

    cell: str
    kernel: str
    dtype: str
    error: float
    allowed: float
    tensor: str
    problem: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the kernel computes what the equations say."""
        return self.problem is None and self.error <= self.allowed


def known_cells() -> dict[str, Cell]:
    """Every cell of ``seqloom.cells`` that needs no arguments, by name.

    >>> "LSTM" in known_cells()
    True
    """
    found = {}
    for name in sorted(cells.__all__):
        kind = getattr(cells, name)
        if isinstance(kind, type) and issubclass(kind, Cell) and not inspect.isabstract(kind) and _needs_nothing(kind):
            found[name] = kind()
    return found


def compare_kernels(
    subjects: Mapping[str, Cell] | None = None,
    candidates: Sequence[SequenceKernel] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Comparison]:
    """Compare kernels with the float64 reference: outputs, final states and all gradients, at odd sizes.

    ``subjects`` are cells by name (default: ``known_cells()``), ``candidates`` the kernels (default: all but the
    reference, and streaming steps besides); each runs what it does not refuse, in float32 and float64, with ragged
    lengths (0 among them) and without. An error may be twice that of the reference in the same format, or
    ``tolerance(dtype, T)`` over T steps. ``progress`` is told (done, of how many).

    >>> from seqloom.cells import GRU
    >>> all(found.ok for found in compare_kernels({"GRU": GRU()}))
    True
    """
    subjects = known_cells() if subjects is None else subjects
    runners = _runners(candidates)
    pairs = [(name, dtype) for name in subjects for dtype in FORMATS]
    found: list[Comparison] = []
    for done, (name, dtype) in enumerate(pairs):
        progress(done, len(pairs))
        draws = list(_draws(subjects[name], dtype))
        for label, run in runners.items():
            outcomes = [outcome for draw in draws if (outcome := _compare(draw, run)) is not None]
            if outcomes:
                worst = max(outcomes, key=lambda outcome: outcome.excess)
                found.append(Comparison(name, label, str(dtype).removeprefix("torch."), *astuple(worst)))
    progress(len(pairs), len(pairs))
    return found


@dataclass(frozen=True)
class _Draw:
    """A call, what the float64 reference gives for it, and what may differ."""

    call: Call
    wanted: Results
    allowed: Mapping[str, float]


@dataclass(frozen=True)
class _Outcome:
    error: float
    allowed: float
    tensor: str
    problem: str | None = None

    @property
    def excess(self) -> float:
        return math.inf if self.problem else self.error / self.allowed


Run = Callable[[Call], Results | None]
"""The results by name, or None where the kernel refuses."""


def _runners(candidates: Sequence[SequenceKernel] | None) -> dict[str, Run]:
    chosen = [k for k in kernels.RECURRENCE.kernels if k.backend is not REFERENCE] if candidates is None else candidates
    runners: dict[str, Run] = {kernel.backend.name: _Whole(kernel) for kernel in chosen}
    return runners | {"cpu, in steps": _in_steps} if candidates is None else runners


@dataclass(frozen=True)
class _Whole:
    """Outputs, final states and gradients of one kernel."""

    kernel: SequenceKernel

    def __call__(self, call: Call) -> Results | None:
        return None if self.kernel.refusal(call) is not None else _results(self.kernel, call)


def _in_steps(call: Call) -> Results | None:
    """Outputs and final states of single steps, as a stream makes them; masks are not drawn there."""
    if call.lengths is not None or call.randomness is not None:
        return None
    make_step, tensors = Steps(call.graph), [call.parameters[shape.name] for shape in call.graph.parameters()]
    outputs, states = [], call.states
    with torch.no_grad(), kernels.use("auto"):
        for x in call.x.unbind(1):
            done = make_step(x.contiguous(), states, tensors)
            if done is None:
                return None
            y, states = done
            outputs.append(y)
    return _named(call.graph, torch.stack(outputs, 1), states)


def _compare(draw: _Draw, run: Run) -> _Outcome | None:
    try:
        got = run(draw.call)
    except Exception as error:  # whatever a kernel raises is a finding
        return _Outcome(math.inf, 0.0, "", f"{type(error).__name__}: {error}")
    if got is None:
        return None
    errors = {name: _error(tensor, draw.wanted[name]) for name, tensor in got.items()}
    worst = max(errors, key=lambda name: errors[name] / draw.allowed[name])
    return _Outcome(errors[worst], draw.allowed[worst], worst)


def _draws(cell: Cell, dtype: torch.dtype) -> Iterator[_Draw]:
    """Calls at every size, with and without lengths; their numbers are exact in float32."""
    reference = Reference()
    for seed, (batch, time, inputs, hidden) in enumerate(SIZES):
        generator = torch.Generator().manual_seed(seed)
        traced = _fitting(cell, inputs, hidden)
        graph = traced.graph
        parameters = {shape.name: torch.empty(shape.shape) for shape in graph.parameters()}
        cell.initialise(traced, parameters, generator)
        parameters = {name: p + 0.1 * torch.randn(p.shape, generator=generator) for name, p in parameters.items()}
        x = torch.randn(batch, time, inputs, generator=generator)
        states = tuple(s.initial + 0.3 * torch.rand(batch, s.width, generator=generator) for s in graph.states)
        rows = torch.arange(batch)
        randomness = Randomness(rows + 1, torch.zeros_like(rows)) if graph.has_masks else None
        ragged = torch.randint(1, time + 1, (batch,), generator=generator)
        ragged[0], ragged[1] = time, 0
        for lengths in (ragged, None):
            call = _as(dtype, Call(graph, parameters, x, states, lengths, randomness))
            wanted = _results(reference, _as(torch.float64, call))
            plain = _results(reference, call)
            allowed = {name: max(tolerance(dtype, time), FACTOR * _error(plain[name], wanted[name])) for name in wanted}
            yield _Draw(call, wanted, allowed)


def _fitting(cell: Cell, inputs: int, hidden: int) -> cells.Traced:
    """The cell at ``hidden`` units, or at the next number that its blocks and groups divide."""
    for width in range(hidden, hidden + MOST_SPARE_UNITS):
        try:
            return trace(cell, inputs, width)
        except UsageError:
            continue
    return trace(cell, inputs, hidden)


def _as(dtype: torch.dtype, call: Call) -> Call:
    return call._replace(
        parameters={name: tensor.to(dtype) for name, tensor in call.parameters.items()},
        x=call.x.to(dtype),
        states=tuple(state.to(dtype) for state in call.states),
    )


def _results(kernel: SequenceKernel, call: Call) -> Results:
    """The output, the final states, and the gradients of a fixed random projection of both."""
    inputs = {"x": call.x, **{f"initial {s.name}": v for s, v in zip(call.graph.states, call.states, strict=True)}}
    leaves = {name: t.detach().clone().requires_grad_() for name, t in {**inputs, **call.parameters}.items()}
    states = tuple(leaves[name] for name in inputs if name != "x")
    call = call._replace(parameters={name: leaves[name] for name in call.parameters}, x=leaves["x"], states=states)
    with torch.enable_grad():
        named = _named(call.graph, *kernel.run(call))
        generator = torch.Generator().manual_seed(0)
        weights = [torch.randn(t.shape, generator=generator).to(t.dtype) for t in named.values()]
        total = sum((t * w).sum() for t, w in zip(named.values(), weights, strict=True))
        found = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)  # type: ignore[arg-type]
    gradients = {
        f"gradient of {name}": torch.zeros_like(leaf) if gradient is None else gradient
        for (name, leaf), gradient in zip(leaves.items(), found, strict=True)
    }
    return {name: tensor.detach() for name, tensor in {**named, **gradients}.items()}


def _named(graph: Graph, y: Tensor, states: Sequence[Tensor]) -> dict[str, Tensor]:
    return {"output": y} | {f"final {state.name}": t for state, t in zip(graph.states, states, strict=True)}


def _error(got: Tensor, wanted: Tensor) -> float:
    """The largest difference, relative to the largest entry or to 1; infinite where something is not finite."""
    if got.shape != wanted.shape:
        return math.inf
    difference = float((got.double() - wanted).abs().max())
    return difference / max(1.0, float(wanted.abs().max())) if math.isfinite(difference) else math.inf


def _needs_nothing(kind: type[Cell]) -> bool:
    return all(field.default is not MISSING or field.default_factory is not MISSING for field in fields(kind))
