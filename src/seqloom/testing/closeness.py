"""How far two results may differ: one table, by number format and by the length of the sums behind them."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from seqloom.layers.state import leaves, with_equal_room

__all__ = ["assert_close", "assert_same_state", "tolerance"]

UNITS = {torch.float64: 1e-12, torch.float32: 2e-6, torch.bfloat16: 2e-2}


def tolerance(dtype: torch.dtype, terms: int) -> float:
    """The allowed error relative to the largest entry, for sums of ``terms`` products: unit(dtype) · sqrt(terms).

    Rounding errors of independent sign grow with the square root of their number (Higham, 2002, sec. 2.8).

    >>> f"{tolerance(torch.float32, 64):.1e}"
    '1.6e-05'
    """
    return UNITS.get(dtype, 0.0) * math.sqrt(max(terms, 1))


def assert_close(got: Tensor, wanted: Tensor, law: str, terms: int = 64) -> None:
    """Raise AssertionError, naming ``law``, where ``got`` and ``wanted`` differ by more than the table allows."""
    assert got.shape == wanted.shape, f"{law}: shape {tuple(got.shape)}, expected {tuple(wanted.shape)}"
    if not got.numel():
        return
    assert bool(torch.isfinite(got).all()), f"{law}: the result is not finite"
    scale = 1.0 + float(wanted.detach().abs().max()) if wanted.is_floating_point() else 1.0
    error = float((got.detach().double() - wanted.detach().double()).abs().max())
    allowed = tolerance(wanted.dtype, terms) * scale
    assert error <= allowed, f"{law}: differs by {error:.2e}, allowed {allowed:.2e}"


def assert_same_state(got: Any, wanted: Any, law: str, terms: int = 64) -> None:
    """The same for every leaf of two states; a part that grows may have room to spare, filled with zeros."""
    pairs = zip(*map(leaves, with_equal_room([got, wanted])), strict=True)
    for (name, a), (_, b) in pairs:
        assert_close(a, b, f"{law} ({name})", terms)
