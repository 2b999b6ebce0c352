"""Packed products against torch's, at every odd size."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqloom.kernels.recurrence.projection import Projection
from seqloom.kernels.recurrence.workspace import padded
from tests.kernels.comparing import engine
from tests.kernels.cpu.widths import WIDTHS

ALLOWED = {torch.float64: 1e-13, torch.float32: 1e-5}
FEW = settings(max_examples=12, derandomize=True)
FORMATS = pytest.mark.parametrize("dtype", ALLOWED, ids=str)
EVERY_WIDTH = pytest.mark.parametrize("width", WIDTHS)
size = st.integers(1, 70)


def close(got: torch.Tensor, wanted: torch.Tensor) -> None:
    allowed = ALLOWED[wanted.dtype] * (1 + wanted.abs().max())
    assert bool(((got - wanted).abs() <= allowed).all())


def projection(width: int, rows: list[int], columns: int, dtype: torch.dtype) -> Projection:
    """Matrices side by side, each at a multiple of the engine's unit, as the plan lays them out."""
    unit = engine(width).unit_of(torch.empty(0, dtype=dtype))
    starts = [sum(padded(r, unit) for r in rows[:k]) for k in range(len(rows))]
    bias = torch.randn(1, sum(padded(r, unit) for r in rows), dtype=dtype)
    return Projection(tuple(torch.randn(r, columns, dtype=dtype) for r in rows), tuple(starts), bias)


@FORMATS
@EVERY_WIDTH
@FEW
@given(
    tokens=st.integers(1, 300), depth=st.sampled_from([1, 3, 17, 64, 255, 257, 600]), rows=st.lists(size, max_size=3)
)
def test_projection(width: int, dtype: torch.dtype, tokens: int, depth: int, rows: list[int]) -> None:
    rows = [*rows, 5]
    x, made = torch.randn(tokens, depth, dtype=dtype), projection(width, rows, depth, dtype)
    out = torch.full((tokens, made.bias.shape[1]), torch.nan, dtype=dtype)
    engine(width).project(x, made, out)
    for matrix, start in zip(made.matrices, made.starts, strict=True):
        stop = start + len(matrix)
        close(out[:, start:stop], x @ matrix.T + made.bias[:, start:stop])


@FORMATS
@EVERY_WIDTH
@FEW
@given(tokens=st.integers(1, 300), columns=size, rows=st.lists(st.sampled_from([1, 5, 16, 33, 260]), max_size=3))
def test_projection_back(width: int, dtype: torch.dtype, tokens: int, columns: int, rows: list[int]) -> None:
    made = projection(width, [*rows, 7], columns, dtype)
    gradient = torch.full((tokens, made.bias.shape[1]), torch.nan, dtype=dtype)
    wanted = torch.zeros(tokens, columns, dtype=dtype)
    for matrix, start in zip(made.matrices, made.starts, strict=True):
        part = torch.randn(tokens, len(matrix), dtype=dtype)
        gradient[:, start : start + len(matrix)] = part
        wanted += part @ matrix
    out = torch.full((tokens, columns), torch.nan, dtype=dtype)
    engine(width).project_back(gradient, made, out)
    close(out, wanted)


@FORMATS
@EVERY_WIDTH
@FEW
@given(tokens=st.sampled_from([1, 2, 63, 255, 256, 257, 700]), rows=st.integers(1, 280), columns=size)
def test_outer(width: int, dtype: torch.dtype, tokens: int, rows: int, columns: int) -> None:
    a, b = torch.randn(tokens, rows, dtype=dtype), torch.randn(tokens, columns, dtype=dtype)
    close(engine(width).outer(a, b), a.T @ b)


@EVERY_WIDTH
def test_operands_may_lie_anywhere(width: int) -> None:
    x, matrix = torch.randn(9, 20)[:, 3:12], torch.randn(11, 40)[:, ::4]
    made = Projection((matrix[:, :9],), (0,), torch.zeros(1, 32))
    for rows in (x, x.T.contiguous().T, torch.randn(1, 9).expand(9, 9)):
        out = torch.full((9, 32), torch.nan)
        engine(width).project(rows, made, out)
        close(out[:, :11], rows @ matrix[:, :9].T)
    a, b = torch.randn(20, 9).T, torch.randn(9, 30)[:, 1::2]
    close(engine(width).outer(a, b), a.T @ b)


@EVERY_WIDTH
def test_a_product_through_torchs_threads(width: int) -> None:
    x, made = torch.randn(1000, 130), projection(width, [70, 33], 130, torch.float32)
    outs = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        try:
            out = torch.zeros(1000, made.bias.shape[1])
            engine(width).project(x, made, out)
            outs += [out, engine(width).outer(x, out)]
        finally:
            torch.set_num_threads(1)
    assert torch.equal(outs[0], outs[2])
    assert torch.equal(outs[1], outs[3])
