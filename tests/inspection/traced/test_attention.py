"""Weights of attention, and those that linear recurrences imply, against what the layers give."""

from __future__ import annotations

import pytest
import torch

from seqloom.cells import LRU, RGLRU, Cell, MinGRU, MinLSTM, RealLRU, Zoneout, affine, sigmoid, tanh
from seqloom.errors import UsageError
from seqloom.inspection import trace
from seqloom.inspection.traced.matrix_states import effective_rank
from seqloom.kernels.matrix_state import delta_rule, exponential_gates, scalar_decay, vector_decay
from seqloom.layers import CausalSelfAttention, Recurrent, SelfAttention

B, T, D, H = 2, 9, 4, 4
LENGTHS = torch.tensor([9, 5])


@pytest.mark.parametrize("window", [None, 3])
@pytest.mark.parametrize("kind", [CausalSelfAttention, SelfAttention])
def test_weights_give_what_attention_gives(kind, window: int | None) -> None:
    torch.manual_seed(0)
    layer = kind(8, heads=4, key_heads=2, window=window).eval()
    x = torch.randn(B, T, 8)
    found = trace(layer, x, LENGTHS, of="attention")
    weights = found["attention"]
    assert weights.shape == (B, 4, T, T)
    values = layer.maps.split(x)[1].repeat_interleave(2, 2)  # (B, T, N, K)
    y = layer.maps.output(torch.einsum("bnts,bsnk->btnk", weights, values).flatten(2))
    real = torch.arange(T) < LENGTHS[:, None]
    torch.testing.assert_close(y[real], found.outputs[0][real])
    torch.testing.assert_close(weights.sum(-1).transpose(1, 2)[real], torch.ones(14, 4))
    assert not weights.transpose(1, 2)[~real].any()


FORMS = {
    "scalar decay": (scalar_decay, lambda n: [-torch.rand(B, n, 2)]),
    "vector decay": (vector_decay, lambda n: [-torch.rand(B, n, 2, 3)]),
    "delta rule": (delta_rule, lambda n: [-torch.rand(B, n, 2), torch.rand(B, n, 2)]),
    "exponential gates": (exponential_gates, lambda n: [torch.randn(B, n, 2), -torch.rand(B, n, 2)]),
}


class Memory(torch.nn.Module):
    """A matrix state and nothing else."""

    def __init__(self, forms) -> None:
        super().__init__()
        self.forms = forms

    def forward(self, inputs, state):
        return self.forms(*inputs, state=state)


@pytest.mark.parametrize("time", [1, 9, 70])
@pytest.mark.parametrize("name", FORMS)
def test_a_matrix_memory_gives_its_map_times_its_values(name: str, time: int) -> None:
    torch.manual_seed(0)
    forms, gates = FORMS[name]
    shapes = [(B, 2, 3, 5)] + [(B, 2, 3), (B, 2)] * (name == "exponential gates")
    state = forms.together(*(torch.zeros(shape).double() for shape in shapes))
    q, k, v = torch.randn(B, time, 2, 3), torch.randn(B, time, 2, 3) / 2, torch.randn(B, time, 2, 5)
    inputs = [each.double() for each in (q, k, v, *gates(time))]
    found = trace(Memory(forms), (inputs, state), of=("implicit_attention", "memory", "states"))
    y, _ = found.outputs
    weights = found["implicit_attention"]
    torch.testing.assert_close(torch.einsum("bnij,bjnv->binv", weights, inputs[2]), y)
    assert torch.equal(weights, weights.tril())
    assert time == 1 or (weights < 0).any(), "signed"
    torch.testing.assert_close(found["memory_norm"], torch.linalg.matrix_norm(found["memory"]))
    torch.testing.assert_close(found["memory_rank"], effective_rank(found["memory"]))
    if name != "exponential gates":  # whose reading is divided
        torch.testing.assert_close(torch.einsum("btnkv,btnk->btnv", found["memory"], inputs[0]), y)


def test_effective_rank_counts_directions() -> None:
    matrices = torch.stack(
        [torch.eye(3), torch.diag(torch.tensor([1.0, 1.0, 0.0])), torch.ones(3, 3), torch.zeros(3, 3)]
    )
    torch.testing.assert_close(effective_rank(matrices), torch.tensor([3.0, 2.0, 1.0, 0.0]))


class Divided(Cell):
    """Linear in its state, in every way that equations can be: a user's."""

    def equations(self, x, h):
        gate = sigmoid(affine("gate", x))
        return -(gate * (-h - tanh(affine("added", x)))) / (1 + gate)


CELLS = [MinGRU(), MinGRU(positive=True), MinLSTM(), Zoneout(MinGRU()), RealLRU(), LRU(), RGLRU(), Divided()]


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: type(cell).__name__)
def test_a_linear_recurrence_holds_its_map_times_what_was_written(cell: Cell) -> None:
    torch.manual_seed(0)
    layer, x = Recurrent(cell, D, H).double().eval(), torch.randn(B, T, D).double()
    of = ("implicit_attention", "states", "gates")
    found = trace(layer, x, LENGTHS, of=of)
    name = layer.graph.states[0].name
    first = found[name]
    maps = [trace(layer, x, LENGTHS, of=of, unit=k)["implicit_attention"] for k in range(H)]
    if isinstance(cell, LRU):
        powers = found["eigenvalue_real"] + 1j * found["eigenvalue_imaginary"]
        steps = torch.arange(T)
        lags = (steps[:, None] - steps).clamp(min=0)
        for k, found_map in enumerate(maps):
            expected = (powers[0, 0, k] ** lags).real.tril()
            torch.testing.assert_close(found_map[0], expected)
        sizes = (powers[0, 0].abs() ** lags[..., None]).square().mean(-1).sqrt().tril()
        torch.testing.assert_close(found["implicit_attention"][0], sizes)
        return
    written = found["candidate"] if "candidate" in found.quantities else _added(layer, x)
    for k, found_map in enumerate(maps):
        held = (found_map @ written[..., k, None]).squeeze(-1)
        torch.testing.assert_close(held, first[..., k] * (torch.arange(T) < LENGTHS[:, None]))
        assert torch.equal(found_map, found_map.tril())
        assert not found_map[1, 5:].any()
    together = torch.stack(maps).square().mean(0).sqrt()
    torch.testing.assert_close(found["implicit_attention"], together)


def _added(layer: Recurrent, x: torch.Tensor) -> torch.Tensor:
    """What a step writes into an empty state."""
    rows = x.flatten(0, 1)
    _, new = layer.step(rows, layer.initial_state(len(rows)))
    return new[0].unflatten(0, (B, T)).detach()


class Nonlinear(Cell):
    def equations(self, x, h):
        return sigmoid(affine("gate", x)) * h * h


class Mixing(Cell):
    def equations(self, x, h):
        return affine("mixed", x, h)


@pytest.mark.parametrize("cell", [Nonlinear(), Mixing()])
def test_other_recurrences_imply_no_attention(cell: Cell) -> None:
    assert not trace(Recurrent(cell, D, H), torch.randn(B, T, D), of="implicit_attention").quantities


def test_a_unit_that_there_is_not_is_refused() -> None:
    with pytest.raises(UsageError, match="unit is one of 4"):
        trace(Recurrent(MinGRU(), D, H), torch.randn(B, T, D), of="implicit_attention", unit=4)
