"""NaN and infinity in a real step: no chunk makes numbers of them; neither other rows nor earlier chunks see them."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from seqloom.kernels.matrix_state import (
    ExponentialState,
    Forms,
    delta_rule,
    exponential_gates,
    scalar_decay,
    vector_decay,
)

BATCH, TIME, HEADS, KEY, VALUE = 2, 70, 2, 5, 3
STEP, BEFORE = 60, 30
"""Where the value is, and how many steps are in earlier chunks of every form."""

INPUTS: dict[str, tuple[Forms[Any], list[str]]] = {
    "scalar decay": (scalar_decay, ["query", "key", "value", "decay"]),
    "vector decay": (vector_decay, ["query", "key", "value", "decays"]),
    "delta rule": (delta_rule, ["query", "key", "value", "decay", "beta"]),
    "exponential gates": (exponential_gates, ["query", "key", "value", "gate", "decay"]),
}


def drawn(kind: str) -> Tensor:
    """A sequence of a kind of input."""
    match kind:
        case "query":
            return torch.randn(BATCH, TIME, HEADS, KEY)
        case "key":
            return normalize(torch.randn(BATCH, TIME, HEADS, KEY), dim=-1)
        case "value":
            return torch.randn(BATCH, TIME, HEADS, VALUE)
        case "decays":
            return -0.1 * torch.rand(BATCH, TIME, HEADS, KEY)
        case "decay":
            return -0.1 * torch.rand(BATCH, TIME, HEADS)
        case _:
            return torch.rand(BATCH, TIME, HEADS)


def zeros(name: str) -> Any:
    memory = torch.zeros(BATCH, HEADS, KEY, VALUE)
    if name != "exponential gates":
        return memory
    return ExponentialState(memory, torch.zeros(BATCH, HEADS, KEY), torch.zeros(BATCH, HEADS))


CASES = [(name, k) for name, (_, kinds) in INPUTS.items() for k in range(len(kinds))]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(("name", "k"), CASES)
def test_what_is_no_number_comes_out(name: str, k: int, value: float) -> None:
    forms, kinds = INPUTS[name]
    inputs, state = [drawn(kind) for kind in kinds], zeros(name)
    clean, _ = forms.chunked(*inputs, state)
    inputs[k][0, STEP] = value
    wanted, wanted_state = forms.naive(*inputs, state)
    y, after = forms.chunked(*inputs, state)
    leaves, wanted_leaves = ((s,) if isinstance(s, Tensor) else s for s in (after, wanted_state))
    for got, one in zip((y, *leaves), (wanted, *wanted_leaves), strict=True):
        assert not bool((got.isfinite() & ~one.isfinite()).any()), "a number in place of none"
    assert bool(wanted[0, STEP:].isfinite().all()) == bool(y[0, STEP:].isfinite().all())
    torch.testing.assert_close(y[1], clean[1], msg="another row")
    torch.testing.assert_close(y[0, :BEFORE], clean[0, :BEFORE], msg="earlier chunks")
