"""The laws that every sequence layer obeys, as one public check.

A layer that passes can be cut, streamed, padded, batched, permuted and saved without a change in what it computes.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from seqloom import kernels
from seqloom.layers.protocol import CausalLayer, SequenceLayer
from seqloom.layers.state import from_tensors, leaves, map_state, select, to_tensors
from seqloom.testing.closeness import assert_close, assert_same_state

__all__ = ["check_layer"]

LENGTHS = (0, 1, 63, 64, 65)
BATCH, TIME = 3, 7


@dataclass(frozen=True)
class Subject:
    """The layer under test, and how its inputs are made."""

    layer: SequenceLayer
    dtype: torch.dtype
    untrained: Collection[str]
    initial: Callable[[Any, int], Any] | None = None

    def inputs(self, batch: int = BATCH, time: int = TIME) -> Tensor:
        """Random x (B, T, D)."""
        return torch.randn(batch, time, self.layer.in_features, dtype=self.dtype)

    def lengths_after(self, *lengths: int | Tensor) -> list[int]:
        """How many steps of y are real for so many of x."""
        after = self.layer.lengths_after(torch.tensor(lengths))
        assert after is not None, "lengths became None"
        return after.tolist()

    def state(self, batch: int = BATCH) -> Any:
        """A random state, so that a law cannot hold by starting at zero; integer leaves stay as they are."""
        state = self.layer.initial_state(batch) if self.initial is None else self.initial(self.layer, batch)
        return map_state(lambda a: (a + 0.3 * torch.randn_like(a)).detach() if a.is_floating_point() else a, state)


def check_layer(
    make: Callable[[], SequenceLayer],
    *,
    dtype: torch.dtype = torch.float64,
    kernel: str = "auto",
    training: bool = False,
    untrained: Collection[str] = (),
    initial: Callable[[Any, int], Any] | None = None,
    seed: int = 0,
) -> None:
    """Raise AssertionError, naming the law, unless the layer that ``make`` builds obeys every law.

    ``kernel`` is what ``kernels.use`` takes. ``training`` checks the layer in training mode (for cells with masks,
    whose draws must not depend on cuts or rows). ``untrained`` names parameters that may keep a zero gradient, for a
    reason that stands beside the call. ``initial(layer, batch_size)`` makes the state to begin with, where
    ``layer.initial_state(batch_size)`` is too little: for a decoder, one with a memory to look at; for an sLSTM, one
    with a memory that is not empty. Causal layers are also cut and stepped.

    >>> from seqloom.cells import GRU
    >>> from seqloom.layers import Recurrent
    >>> check_layer(lambda: Recurrent(GRU, 3, 5))
    """
    torch.manual_seed(seed)
    layer = make().to(dtype).train(training)
    subject = Subject(layer, dtype, untrained, initial)
    with kernels.use(kernel):
        for law in LAWS:
            law(subject)
        if isinstance(layer, CausalLayer):
            for causal_law in CAUSAL_LAWS:
                causal_law(subject, layer)


def check_shapes(subject: Subject) -> None:
    """Every T, B = 1, and the pair of outputs."""
    layer = subject.layer
    assert layer.keeps_time == (subject.lengths_after(*LENGTHS) == [*LENGTHS]), "keeps_time is not what is done"
    for time in LENGTHS:
        x, state, steps = subject.inputs(1, time), subject.state(1), subject.lengths_after(time)[0]
        y, after = layer(x, state)
        assert y.shape == (1, steps, layer.out_features), f"T = {time}: y has shape {tuple(y.shape)}"
        if time == 0:
            assert_same_state(after, state, "no steps leave the state as it was")


def check_arguments(subject: Subject) -> None:
    """Arguments are not changed, and need not be contiguous."""
    x, state = subject.inputs(), subject.state()
    before = (x.clone(), map_state(Tensor.clone, state))
    y, after = subject.layer(x, state)
    assert torch.equal(x, before[0]), "x was changed"
    assert all(torch.equal(a, b) for (_, a), (_, b) in zip(leaves(state), leaves(before[1]), strict=True)), (
        "the state was changed"
    )
    scattered = torch.stack([x, torch.full_like(x, 9.0)], dim=-1)[..., 0].transpose(0, 1).contiguous().transpose(0, 1)
    again, after_again = subject.layer(scattered, state)
    assert_close(again, y, "non-contiguous x")
    assert_same_state(after_again, after, "non-contiguous x")


def check_rows(subject: Subject) -> None:
    """Choosing rows before or after the layer is the same."""
    x, state, rows = subject.inputs(), subject.state(), torch.tensor([2, 0, 0, 1])
    y, after = subject.layer(x, state)
    chosen, after_chosen = subject.layer(x[rows], select(state, rows))
    assert_close(chosen, y[rows], "select and the layer commute")
    assert_same_state(after_chosen, select(after, rows), "select and the layer commute")


def check_padding(subject: Subject) -> None:
    """A padded row is the row alone; beyond its length outputs are 0 and NaN is harmless; length 0 changes nothing."""
    layer, x, state = subject.layer, subject.inputs(), subject.state()
    lengths = torch.tensor([TIME, 4, 0])
    x[1, 4:], x[2] = torch.nan, torch.nan
    x.requires_grad_()
    y, after = layer(x, state, lengths)
    for row, (length, steps) in enumerate(zip(lengths.tolist(), subject.lengths_after(*lengths), strict=True)):
        one = torch.tensor([row])
        alone, after_alone = layer(x[one, :length], select(state, one))
        assert_close(y[one, :steps], alone, f"a row of length {length} is the row alone")
        assert_same_state(select(after, one), after_alone, f"a row of length {length} ends as the row alone")
        assert not y[row, steps:].any(), "an output beyond the length is not 0"
    assert_same_state(select(after, one), select(state, one), "a row of length 0 keeps its state")
    floats = [leaf.sum() for _, leaf in leaves(after) if leaf.is_floating_point()]
    for name, gradient in _gradients(layer, y.sum() + sum(floats), x).items():
        assert bool(torch.isfinite(gradient).all()), f"NaN in padding reached the gradient of {name}"


def check_gradients(subject: Subject) -> None:
    """Gradients agree with the reference, through outputs and final state; each is finite and not zero."""
    x, state = subject.inputs(), subject.state()
    found = _all_gradients(subject, x, state)
    with kernels.use("reference"):
        wanted = _all_gradients(subject, x, state)
    for name, gradient in found.items():
        assert_close(gradient, wanted[name], f"the gradient of {name}", terms=64 * BATCH * TIME)
        assert name in subject.untrained or bool(gradient.any()), f"the gradient of {name} is zero: it cannot learn"


def check_derivatives(subject: Subject) -> None:
    """The reference passes float64 gradcheck for inputs, parameters and initial state."""
    if subject.dtype != torch.float64:
        return
    layer = copy.deepcopy(subject.layer).double()
    x = subject.inputs(2, 3).double().requires_grad_()
    state = map_state(
        lambda a: a.double().requires_grad_() if a.is_floating_point() else a,
        replace(subject, layer=layer, dtype=torch.float64).state(2),
    )
    parameters = [p for p in layer.parameters() if p.requires_grad]
    floats = [leaf for _, leaf in leaves(state) if leaf.is_floating_point() and leaf.numel()]

    def run(*_: Tensor) -> tuple[Tensor, ...]:
        y, after = layer(x, state)
        return (y, *(leaf for _, leaf in leaves(after) if leaf.is_floating_point() and leaf.numel()))

    with kernels.use("reference"):
        assert torch.autograd.gradcheck(run, (x, *floats, *parameters)), "gradcheck"


def check_saved_state(subject: Subject) -> None:
    """A state written as named tensors and read back is the same state."""
    state = subject.state()
    again = from_tensors(subject.layer.initial_state(1), to_tensors(state))
    assert type(again) is type(state), "a saved state has another type"
    assert_same_state(again, state, "a saved state")


def check_cuts(subject: Subject, layer: CausalLayer) -> None:
    """Cut anywhere and resumed, the sequence gives the same outputs and final state, in each row's own place too."""
    x, state = subject.inputs(), subject.state()
    y, after = layer(x, state)
    for cut in range(TIME + 1):
        left, middle = layer(x[:, :cut], state)
        right, end = layer(x[:, cut:], middle)
        assert_close(torch.cat([left, right], 1), y, f"cut at {cut}")
        assert_same_state(end, after, f"cut at {cut}")


def check_steps(subject: Subject, layer: CausalLayer) -> None:
    """Folding ``step`` over time is ``forward``."""
    x, state = subject.inputs(), subject.state()
    y, after = layer(x, state)
    outputs = []
    for t in range(TIME):
        y_t, state = layer.step(x[:, t], state)
        outputs.append(y_t)
    assert_close(torch.stack(outputs, 1), y, "steps are the whole")
    assert_same_state(state, after, "steps are the whole")


def check_causality(subject: Subject, layer: CausalLayer) -> None:
    """What comes later changes nothing earlier, and what comes now changes something from here on."""
    x, state = subject.inputs(), subject.state()
    y, _ = layer(x, state)
    changed = x.clone()
    changed[:, 4:] += 1.0
    other, _ = layer(changed, state)
    assert_close(other[:, :4], y[:, :4], "the future leaves the past alone")
    assert not torch.equal(other[:, 4:], y[:, 4:]), "the output does not read x"


LAWS = (
    check_shapes,
    check_arguments,
    check_rows,
    check_padding,
    check_gradients,
    check_derivatives,
    check_saved_state,
)
CAUSAL_LAWS = (check_cuts, check_steps, check_causality)


def _gradients(layer: SequenceLayer, loss: Tensor, *inputs: Tensor) -> dict[str, Tensor]:
    names = [f"input {k}" for k in range(len(inputs))] + [n for n, p in layer.named_parameters() if p.requires_grad]
    tensors = [*inputs, *(p for p in layer.parameters() if p.requires_grad)]
    found = torch.autograd.grad(loss, tensors, allow_unused=True)
    return {n: torch.zeros_like(t) if g is None else g for n, t, g in zip(names, tensors, found, strict=True)}


def _all_gradients(subject: Subject, x: Tensor, state: Any) -> dict[str, Tensor]:
    """Gradients of a fixed random projection of outputs and final state, from ``state`` and from the layer's own.

    The second reaches what is learned in making a state: initial values, the projection of a memory.
    """
    generator = torch.Generator().manual_seed(1)
    x = x.clone().requires_grad_()
    state = map_state(lambda a: a.clone().requires_grad_() if a.is_floating_point() else a, state)
    floats = [leaf for _, leaf in leaves(state) if leaf.is_floating_point() and leaf.numel()]
    total = x.new_zeros(())
    for given in (state, None):
        torch.manual_seed(2)
        if given is None and subject.initial is not None:
            given = subject.initial(subject.layer, BATCH)
        y, after = subject.layer(x, given)
        for part in (y, *(leaf for _, leaf in leaves(after) if leaf.is_floating_point())):
            total = total + (part * torch.randn(part.shape, generator=generator, dtype=part.dtype)).sum()
    return _gradients(subject.layer, total, x, *floats)
