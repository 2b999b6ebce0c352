"""Pictures of gates over the steps of a row, and of signed attention."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from seqloom.data.pictures import read_picture
from seqloom.errors import UsageError
from seqloom.inspection import Trace, trace
from seqloom.inspection.attention import draw_alignment
from seqloom.inspection.gates import draw_gates
from seqloom.layers import parse_spec


def traced(spec: str) -> Trace:
    torch.manual_seed(0)
    return trace(parse_spec(spec).build(3), torch.randn(2, 30, 3), torch.tensor([30, 12]))


def test_each_gate_and_state_has_a_panel(tmp_path: Path) -> None:
    found = traced("lstm(16)")
    draw_gates(found, 0, tmp_path / "0.png")
    draw_gates(found, 1, tmp_path / "1.png", steps=list("some $ token"))
    long, short = (read_picture(tmp_path / f"{row}.png") for row in (0, 1))
    assert long.shape[0] == short.shape[0] == pytest.approx(160 * (0.75 * 6 + 1.6), abs=2)
    assert long.shape[1] > short.shape[1]
    red, _, blue = np.moveaxis(long.astype(int), 2, 0)
    assert (red > blue + 60).any(), "above 0"
    assert (blue > red + 60).any(), "below 0"


def test_a_layer_or_row_that_there_is_not_is_refused(tmp_path: Path) -> None:
    found = traced("2*lstm(4)")
    with pytest.raises(UsageError, match=r"one of several layers is drawn; there are 'layers\.0', 'layers\.1'"):
        draw_gates(found, 0, tmp_path / "a.png")
    with pytest.raises(UsageError, match=r"no layer 'layers\.2'"):
        draw_gates(found, 0, tmp_path / "a.png", "layers.2")
    with pytest.raises(UsageError, match="there are 2 rows"):
        draw_gates(found, 2, tmp_path / "a.png", "layers.0")


def test_signed_weights_have_two_colours(tmp_path: Path) -> None:
    weights = np.tril(np.random.default_rng(0).normal(size=(100, 100)))
    names = list(map(str, range(100)))
    draw_alignment(weights, names, names, tmp_path / "a.png")
    red, _, blue = np.moveaxis(read_picture(tmp_path / "a.png").astype(int), 2, 0)
    assert (red > blue + 60).any()
    assert (blue > red + 60).any()
