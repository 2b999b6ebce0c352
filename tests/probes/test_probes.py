"""What every probe promises: examples from a seed, whose baseline is what the trivial answer reaches on them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from seqloom.errors import UsageError
from seqloom.probes import (
    PROBES,
    Adding,
    Adding1997,
    Agreement,
    AssociativeRecall,
    BracketDepth,
    ClassAnswer,
    Copy,
    DelayedCopy,
    EmbeddedReber,
    Examples,
    MackeyGlass,
    ModularCounting,
    Multiplication,
    Parity,
    Probe,
    SelectiveCopy,
    TemporalOrder,
)

SMALL: tuple[Probe, ...] = (
    Copy(delay=3, count=2, symbols=4),
    DelayedCopy(delay=2, length=6),
    SelectiveCopy(length=7, count=3, symbols=4),
    Adding(length=9),
    Adding1997(length=24),
    Multiplication(length=24),
    TemporalOrder(length=30),
    TemporalOrder(length=30, marks=3),
    Parity(length=6, longest=9),
    ModularCounting(length=4, longest=9),
    BracketDepth(length=6, longest=9, deepest=3),
    Agreement(between=5, furthest=7),
    AssociativeRecall(length=16, pairs=3, symbols=20),
    EmbeddedReber(),
    MackeyGlass(length=12, ahead=5),
)
NAMES = [str(probe) for probe in SMALL]


def test_every_probe_is_tested_and_named_once() -> None:
    assert {type(probe) for probe in SMALL} == set(PROBES)
    assert len({probe.name for probe in PROBES}) == len(PROBES)


@pytest.mark.parametrize("probe", SMALL, ids=NAMES)
def test_examples_have_the_shapes_of_the_contract(probe: Probe) -> None:
    examples = probe.draw(7, seed=1)
    batch, time = examples.targets.shape
    assert batch == 7
    if probe.tokens:
        assert (examples.inputs.dtype, examples.inputs.shape) == (torch.int64, (batch, time))
        assert 0 <= int(examples.inputs.min()) <= int(examples.inputs.max()) < probe.in_features
    else:
        assert (examples.inputs.dtype, examples.inputs.shape) == (torch.float32, (batch, time, probe.in_features))
    assert (examples.scored.dtype, examples.scored.shape) == (torch.bool, (batch, time))
    assert bool(examples.scored.any(1).all())
    if isinstance(probe.answer, ClassAnswer):
        assert examples.targets.dtype == torch.int64
        assert 0 <= int(examples.targets.min()) <= int(examples.targets.max()) < probe.answer.outputs
    if examples.lengths is not None:
        beyond = torch.arange(time) >= examples.lengths[:, None]
        assert not bool((examples.scored & beyond).any())
        assert not bool(examples.inputs[beyond].any())


@pytest.mark.parametrize("probe", SMALL, ids=NAMES)
def test_examples_are_a_function_of_count_and_seed(probe: Probe) -> None:
    state = np.random.get_state()[1].copy(), torch.get_rng_state()  # type: ignore[index,union-attr]
    first, again, other = probe.draw(20, (3, 0, 5)), probe.draw(20, (3, 0, 5)), probe.draw(20, (3, 1, 5))
    for one, two in zip(first, again, strict=True):
        assert (one is None) == (two is None)
        assert one is None or torch.equal(one, two)
    assert first.inputs.shape != other.inputs.shape or not torch.equal(first.inputs, other.inputs)
    assert (np.random.get_state()[1] == state[0]).all()  # type: ignore[index]
    assert torch.equal(torch.get_rng_state(), state[1])


@pytest.mark.parametrize("probe", SMALL, ids=NAMES)
def test_the_baseline_is_what_the_trivial_answer_reaches(probe: Probe) -> None:
    examples = probe.draw(20_000, seed=2)
    predictions, targets = trivial(probe, examples), examples.targets[examples.scored]
    allowed = None if examples.allowed is None else examples.allowed[examples.scored]
    loss = float(probe.answer.loss(predictions, targets))
    accuracy = float(probe.answer.right(predictions, targets, allowed).float().mean())
    assert loss == pytest.approx(probe.baseline().loss, rel=0.03)
    assert accuracy == pytest.approx(probe.baseline().accuracy, rel=0.05, abs=0.01)


def trivial(probe: Probe, examples: Examples) -> Tensor:
    """The best constant at each step, estimated from the examples themselves: predictions (S, K)."""
    if isinstance(probe, EmbeddedReber):
        return forgetful(examples)
    steps = torch.arange(examples.scored.shape[1]).expand_as(examples.scored)[examples.scored]
    if examples.lengths is not None:  # asked at the end: known by its distance from the end
        steps = examples.lengths[:, None].expand_as(examples.scored)[examples.scored]
    targets = examples.targets[examples.scored]
    if not isinstance(probe.answer, ClassAnswer):
        return targets.mean().expand(len(targets), 1)
    if isinstance(probe, AssociativeRecall):
        steps = torch.zeros_like(steps)
    counts = torch.zeros(int(steps.max()) + 1, probe.answer.outputs).index_put(
        (steps, targets), torch.ones(len(targets)), accumulate=True
    )
    # Ties between equally likely classes, as the baseline has them, are broken by the counts of the examples.
    return (counts / counts.sum(1, keepdim=True)).clamp(min=1e-9).log()[steps]


def forgetful(examples: Examples) -> Tensor:
    """All symbols that may come, equally likely; at the last T or P both, with T ahead."""
    assert examples.allowed is not None
    assert examples.lengths is not None
    chances = examples.allowed.float()
    rows, last = torch.arange(len(chances)), examples.lengths - 2
    chances[rows, last] = torch.tensor([0.0, 0.5 + 1e-6, 0.5 - 1e-6, 0, 0, 0, 0])
    return (chances / chances.sum(-1, keepdim=True)).clamp(min=1e-9).log()[examples.scored]


@pytest.mark.parametrize("kind", PROBES)
def test_wrong_sizes_are_refused_by_name(kind: type[Probe]) -> None:
    for field in fields(kind):
        for wrong in (0, -1, 1.5, True, "3"):
            arguments: dict[str, Any] = {field.name: wrong}
            with pytest.raises(UsageError, match=f"{kind.name}: expected {field.name}"):
                kind(**arguments)
    with pytest.raises(UsageError, match="at least 1 example"):
        kind().draw(0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Adding(length=1), "length of at least 2"),
        (lambda: AssociativeRecall(length=15, pairs=4), "need a length of 16"),
        (lambda: AssociativeRecall(pairs=4, symbols=9), "at least 10 symbols"),
        (lambda: Parity(shortest=5, length=4), "shortest at most length"),
        (lambda: DelayedCopy(delay=9, length=9), "delay below the length"),
        (lambda: SelectiveCopy(count=9, length=8), "a length of at least that"),
        (lambda: TemporalOrder(marks=4), "2 or 3 marks"),
        (lambda: Adding1997(length=21), "length of at least 22"),
        (lambda: MackeyGlass(delay=16), "below a delay of 17"),
        (lambda: Agreement(nearest=9, between=8), "nearest at most between"),
    ],
)
def test_sizes_that_do_not_fit_together_are_refused(make: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make()


@settings(max_examples=30)
@given(data=st.data(), kind=st.sampled_from(PROBES), count=st.integers(1, 5), seed=st.integers(0, 2**70))
def test_any_size_that_is_accepted_can_be_drawn(data: st.DataObject, kind: type[Probe], count: int, seed: int) -> None:
    sizes = {field.name: data.draw(st.integers(1, 60), label=field.name) for field in fields(kind)}
    try:
        probe = kind(**sizes)
    except UsageError:
        return
    for one in (probe, probe.longer()):
        if one is not None:
            examples = one.draw(count, seed)
            assert len(examples.inputs) == count
            assert bool(examples.scored.any())
            loss, accuracy = one.baseline()
            assert loss >= 0
            assert 0 <= accuracy <= 1
