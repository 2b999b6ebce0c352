"""A matrix memory in a model of half precision: its state is float32, and no step of thousands is lost in it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from seqloom import kernels
from seqloom.kernels.matrix_state import delta_rule, scalar_decay, vector_decay
from seqloom.layers.blocks.matrix_memory import MatrixMemory
from seqloom.layers.blocks.mlstm import ExponentialMemory
from seqloom.layers.state import leaves
from seqloom.testing.closeness import tolerance

TIME, HEADS, SIZE = 2000, 2, 8

MEMORIES: dict[str, tuple[nn.Module, tuple[int, ...]]] = {
    "scalar decay": (MatrixMemory(scalar_decay, HEADS, SIZE, SIZE), ()),
    "vector decay": (MatrixMemory(vector_decay, HEADS, SIZE, SIZE), (SIZE,)),
    "delta rule": (MatrixMemory(delta_rule, HEADS, SIZE, SIZE), ()),
    "exponential gates": (ExponentialMemory(HEADS, SIZE), ()),
}
"""Each memory, and the axes of its decays beside (B, T, N)."""

each_memory = pytest.mark.parametrize("name", MEMORIES)
each_format = pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)


def sequences(name: str, dtype: torch.dtype) -> tuple[Tensor, ...]:
    """Inputs over 2,000 steps that are hardly forgotten, and all of one sign, so that the sums are large."""
    torch.manual_seed(0)
    queries, keys, values = (torch.rand(1, TIME, HEADS, SIZE) for _ in range(3))
    kept = -1e-3 * torch.rand(1, TIME, HEADS, *MEMORIES[name][1])
    match name:
        case "delta rule":
            inputs = queries, nn.functional.normalize(keys, dim=-1), values, kept, torch.rand(1, TIME, HEADS)
        case "exponential gates":
            inputs = queries, keys, values, torch.randn(1, TIME, HEADS), kept
        case _:
            inputs = queries, keys, values, kept
    return tuple(one.to(dtype) for one in inputs)


def outcomes(name: str, dtype: torch.dtype, inputs: tuple[Tensor, ...]) -> dict[str, tuple[Tensor, Any]]:
    """The last output and the last state, by the chunks, by the naive form, and by steps."""
    memory = MEMORIES[name][0].to(dtype)
    state = memory.initial_state(1)
    chunked, after = memory(inputs, state, None)
    with kernels.use("reference"):
        naive, after_naive = memory(inputs, state, None)
    for t in range(TIME):
        y, state = memory.step(tuple(one[:, t] for one in inputs), state)
    return {"chunked": (chunked[:, -1], after), "naive": (naive[:, -1], after_naive), "step": (y, state)}


@each_format
@each_memory
def test_every_form_is_near_the_same_in_float64(name: str, dtype: torch.dtype) -> None:
    inputs = sequences(name, dtype)
    found = outcomes(name, dtype, inputs)
    wanted_y, wanted = outcomes(name, torch.float64, tuple(one.double() for one in inputs))["naive"]
    for form, (y, state) in found.items():
        assert y.dtype == dtype
        error = float((y.double() - wanted_y).abs().max() / wanted_y.abs().max())
        assert error <= torch.finfo(dtype).eps, f"{form}: an output is off by {error:.1e}"
        for (leaf, got), (_, exact) in zip(leaves(state), leaves(wanted), strict=True):
            assert got.dtype == torch.float32
            error = float((got.double() - exact).abs().max() / exact.abs().max().clamp(min=1))
            assert error <= tolerance(torch.float32, TIME), f"{form}: {leaf} is off by {error:.1e}"


@each_format
@each_memory
def test_a_state_of_half_precision_is_taken_and_widened(name: str, dtype: torch.dtype) -> None:
    memory = MEMORIES[name][0].to(dtype)
    narrow = type(memory.initial_state(1))(*(leaf.to(dtype) for leaf in memory.initial_state(1)))
    inputs = tuple(one[:, :3] for one in sequences(name, dtype))
    for after in (memory(inputs, narrow, None)[1], memory.step(tuple(one[:, 0] for one in inputs), narrow)[1]):
        assert {leaf.dtype for _, leaf in leaves(after)} == {torch.float32}


@each_memory
def test_wider_formats_stay(name: str) -> None:
    memory = MEMORIES[name][0].double()
    _, after = memory(sequences(name, torch.float64), memory.initial_state(1), None)
    assert {leaf.dtype for _, leaf in leaves(after)} == {torch.float64}
