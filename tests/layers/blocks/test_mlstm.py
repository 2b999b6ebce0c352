"""The mLSTM block: laws, sizes, the first gates, and the recurrence of the paper through all of its layer."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from seqloom import kernels
from seqloom.errors import UsageError
from seqloom.kernels.matrix_state import exponential_gates
from seqloom.layers.blocks import mlstm
from seqloom.layers.blocks.mlstm import MLSTM, MLSTMBlock
from seqloom.testing import check_layer


def lively() -> MLSTMBlock:
    """A small block whose gates read their inputs, as they do once trained."""
    block = MLSTMBlock(3, 4, heads=2, block=2)
    for gate in (block.mixer.input_gate, block.mixer.forget_gate):
        torch.nn.init.normal_(gate.weight)
    return block


def test_the_block_obeys_the_laws() -> None:
    check_layer(lively, dtype=torch.float32)


@pytest.mark.slow
@pytest.mark.parametrize("kernel", ["auto", "reference"])
def test_the_block_obeys_the_laws_in_float64(kernel: str) -> None:
    check_layer(lively, kernel=kernel)


def test_the_layer_written_out() -> None:
    """Step by step, with the memory of eq. 19 to 22 and no stabiliser."""
    torch.manual_seed(0)
    layer = MLSTM(4, heads=2, block=2).double()
    for gate in (layer.input_gate, layer.forget_gate):
        torch.nn.init.normal_(gate.weight, std=0.5)
    x = torch.randn(1, 6, 4, dtype=torch.float64)
    y, _ = layer(x)
    u, z = layer.up(x).chunk(2, -1)
    c = F.silu(layer.convolution(u)[0])
    whole = {name: torch.block_diag(*getattr(layer, name).weight) for name in ("query", "key", "value")}
    q, k, v = c @ whole["query"].T, c @ whole["key"].T, u @ whole["value"].T
    i, f = (gate(torch.cat([q, k, v], -1)) for gate in (layer.input_gate, layer.forget_gate))
    q, k, v = (part.view(6, 2, 4) for part in (q, k / 2, v))
    memory, normaliser = torch.zeros(2, 4, 4).double(), torch.zeros(2, 4).double()
    for t in range(6):
        write, keep = i[0, t].exp(), f[0, t].sigmoid()
        memory = keep[:, None, None] * memory + write[:, None, None] * k[t][:, :, None] * v[t][:, None, :]
        normaliser = keep[:, None] * normaliser + write[:, None] * k[t]
        h = (q[t][:, None] @ memory)[:, 0] / (normaliser * q[t]).sum(-1).abs().clamp(min=1)[:, None]
        h = F.layer_norm(h, (4,)).flatten() + c[0, t]
        torch.testing.assert_close(y[0, t], layer.down(h * F.silu(z[0, t])), rtol=1e-4, atol=1e-5)


def test_parameters_are_counted() -> None:
    """H = 64, E = 128: up, down; convolution; three maps in blocks of 4; two gates of (q, k, v); norms and skip."""
    block = MLSTMBlock(64, 64)
    wanted = 3 * 64 * 128 + 5 * 128 + 3 * 4 * 128 + 2 * (3 * 128 * 4 + 4) + 2 * 128 + 2 * 64
    assert sum(p.numel() for p in block.parameters()) == wanted


def test_the_forget_gates_begin_open() -> None:
    gate = MLSTM(8).forget_gate
    assert torch.equal(gate.bias.detach(), torch.linspace(3, 6, 4))
    assert not gate.weight.any()


def test_the_reference_runs_the_naive_form(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the chunked form ran")

    monkeypatch.setattr(mlstm, "exponential_gates", replace(exponential_gates, chunked=refuse))
    with kernels.use("reference"):
        MLSTM(8)(torch.randn(1, 5, 8))
    with pytest.raises(AssertionError, match="chunked"):
        MLSTM(8)(torch.randn(1, 5, 8))


def test_heads_divide_the_inner_width() -> None:
    with pytest.raises(UsageError, match="heads=3"):
        MLSTM(8, heads=3)
