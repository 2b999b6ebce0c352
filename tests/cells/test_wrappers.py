"""Zoneout and dropout over any cell: which coins fall where, and that all else is the inner cell's."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch

from seqloom import kernels
from seqloom.cells import (
    GRU,
    LRU,
    LSTM,
    Cell,
    Elman,
    He,
    ProjectedLSTM,
    RecurrentDropout,
    VariationalDropout,
    Zoneout,
    trace,
)
from seqloom.errors import UsageError
from seqloom.layers import Recurrent


@dataclass(frozen=True, kw_only=True)
class Shown(Cell):
    """Shows what its equations read: h, which is always 1, and x."""

    state = ("h", "read")

    def equations(self, x, h, read):
        return 1 + 0 * h, h + 10 * x

    def output(self, x, h, read):
        return read

    def initial(self, name):
        return 1.0


def read_by(wrapper: Cell, units: int = 64, steps: int = 50) -> tuple[torch.Tensor, torch.Tensor]:
    """What the cell inside ``wrapper`` read of h and of x, both 1, over the steps (B, T, H)."""
    torch.manual_seed(0)
    layer = Recurrent(wrapper, units, units).train()
    y, _ = layer(torch.ones(4, steps, units))
    return (y % 10).round(decimals=3), (y / 10).floor()


def test_recurrent_dropout_draws_at_every_step() -> None:
    h, x = read_by(RecurrentDropout(Shown(), rate=0.2))
    assert h.unique().tolist() == [0.0, 1.25]
    assert float((h == 0).float().mean()) == pytest.approx(0.2, abs=0.02)
    assert not torch.equal(h[:, 0], h[:, 1])
    assert bool((x == 1).all())


def test_variational_dropout_draws_once_for_a_sequence() -> None:
    h, x = read_by(VariationalDropout(Shown(), rate=0.2, input_rate=0.5))
    for read, scaled, rate in ((h, 1.25, 0.2), (x, 2.0, 0.5)):
        assert read.unique().tolist() == [0.0, scaled]
        assert float((read == 0).float().mean()) == pytest.approx(rate, abs=0.1)
        assert bool((read == read[:, :1]).all())
        assert not torch.equal(read[0], read[1])


def test_zoneout_keeps_units_as_they_were() -> None:
    torch.manual_seed(0)
    layer = Recurrent(Zoneout(Elman(), rate=0.3), 3, 400).train()
    y, _ = layer(torch.randn(4, 20, 3))
    kept = (y[:, 1:] == y[:, :-1]).float().mean()
    assert float(kept) == pytest.approx(0.3, abs=0.02)


def test_zoneout_mixes_in_evaluation() -> None:
    inner, layer = Recurrent(LSTM, 3, 5), Recurrent(Zoneout(LSTM(), rate=(0.25, 0.5)), 3, 5).eval()
    layer.load_state_dict(inner.state_dict())
    x, h, c = torch.randn(2, 1, 3), torch.randn(2, 5), torch.randn(2, 5)
    _, new = inner(x, (h, c))
    seed = torch.zeros(2, dtype=torch.int64)
    _, got = layer(x, (h, c, seed, seed))
    torch.testing.assert_close(got.h, 0.25 * h + 0.75 * new.h)
    torch.testing.assert_close(got.c, 0.5 * c + 0.5 * new.c)


@pytest.mark.parametrize("kind", [RecurrentDropout, VariationalDropout])
@pytest.mark.parametrize(
    "inner", [GRU(), ProjectedLSTM(projection=2, forget_bias=2.0), LRU()], ids=["gru", "projected", "lru"]
)
def test_dropout_changes_nothing_in_evaluation(kind, inner: Cell) -> None:
    plain, layer = Recurrent(inner, 3, 5), Recurrent(kind(inner), 3, 5).eval()
    layer.load_state_dict(plain.state_dict())
    x = torch.randn(2, 6, 3)
    with kernels.use("reference"):
        torch.testing.assert_close(layer(x)[0], plain(x)[0])


@pytest.mark.parametrize("wrap", [Zoneout, RecurrentDropout, VariationalDropout])
def test_the_rest_is_the_inner_cells(wrap) -> None:
    inner = ProjectedLSTM(projection=2, forget_bias=2.0, input_init=He())
    wrapper = wrap(inner)
    assert (wrapper.state, wrapper.width("h", 8), wrapper.width("c", 8)) == (inner.state, 2, 8)
    assert (wrapper.initial("h"), wrapper.initial_bias("forget"), wrapper.input_init) == (0.0, 2.0, He())
    one, other = (list(trace(cell, 3, 4).graph.parameters()) for cell in (wrapper, inner))
    assert one == other
    layer = Recurrent(wrapper, 3, 4)
    assert bool((layer.weights.forget.bias == 2.0).all())


def test_a_rate_of_zero_is_the_cell_itself() -> None:
    for wrapper in (
        Zoneout(GRU(), rate=0.0),
        RecurrentDropout(GRU(), rate=0),
        VariationalDropout(GRU(), rate=0, input_rate=0),
    ):
        assert trace(wrapper, 3, 4).graph == trace(GRU(), 3, 4).graph


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Zoneout(LSTM), "an instance of a Cell"),
        (lambda: Zoneout(LSTM(), rate=1.0), "from 0 to below 1"),
        (lambda: Zoneout(LSTM(), rate=(0.1,)), "needs 2 rates"),
        (lambda: RecurrentDropout(GRU(), rate=-0.1), "from 0 to below 1"),
        (lambda: VariationalDropout(GRU(), input_rate=2), "input_rate"),
    ],
)
def test_what_a_wrapper_refuses(make, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make()
