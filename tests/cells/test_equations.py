"""Every cell against its equations as its paper has them, written by hand in torch or computed by torch.nn."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from seqloom import kernels
from seqloom.cells import (
    LRU,
    LSTM,
    SLSTM,
    Cell,
    CoupledLSTM,
    GRUWithoutReset,
    IndRNN,
    LayerNormGRU,
    LayerNormLSTM,
    LeakyEchoState,
    LiGRU,
    MinGRU,
    MinimalGated,
    MinLSTM,
    PeepholeLSTM,
    ProjectedLSTM,
    RealLRU,
)
from seqloom.layers import Recurrent

D, H = 3, 4
sigmoid, tanh = torch.sigmoid, torch.tanh
Step = Callable[["Weights", Tensor, tuple[Tensor, ...]], tuple[Tensor, ...]]


class Weights:
    """The parameters of a layer, and the few things that formulas do with them."""

    def __init__(self, parameters: Mapping[str, Tensor]) -> None:
        self.parameters = parameters

    def __getitem__(self, name: str) -> Tensor:
        return self.parameters[name]

    def map(self, name: str, *operands: Tensor) -> Tensor:
        total = sum(v @ self[f"{name}.weight_{k}"].T for k, v in enumerate(operands))
        return total + self.parameters.get(f"{name}.bias", 0.0)

    def norm(self, name: str, value: Tensor) -> Tensor:
        return F.layer_norm(value, (value.shape[-1],), self[f"{name}.scale"], self[f"{name}.bias"])


def peephole(w, x, s):
    h, c = s
    i = sigmoid(w.map("input", x, h) + w["input_peephole.vector"] * c)
    f = sigmoid(w.map("forget", x, h) + w["forget_peephole.vector"] * c)
    c = f * c + i * tanh(w.map("candidate", x, h))
    o = sigmoid(w.map("output", x, h) + w["output_peephole.vector"] * c)
    return o * tanh(c), c


def coupled(w, x, s):
    h, c = s
    i = sigmoid(w.map("input", x, h))
    c = c + i * (tanh(w.map("candidate", x, h)) - c)
    return sigmoid(w.map("output", x, h)) * tanh(c), c


def normed_maps(w, name, x, h):
    of_x, of_h = w.norm(f"{name}_norm", w.map(name, x)), w.norm(f"{name}_state_norm", w.map(f"{name}_state", h))
    return of_x, of_h


def layer_norm_lstm(w, x, s):
    h, c = s
    i, f, g, o = (sum(normed_maps(w, name, x, h)) for name in ("input", "forget", "candidate", "output"))
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(w.norm("memory_norm", c)), c


def layer_norm_gru(w, x, s):
    (h,) = s
    z, r = (sigmoid(sum(normed_maps(w, name, x, h))) for name in ("update", "reset"))
    of_x, of_h = normed_maps(w, "candidate", x, h)
    return ((1 - z) * h + z * tanh(of_x + r * of_h),)


def gru_without_reset(w, x, s):
    z = sigmoid(w.map("update", x, s[0]))
    return (z * s[0] + (1 - z) * tanh(w.map("candidate", x, s[0])),)


def minimal_gated(w, x, s):
    f = sigmoid(w.map("forget", x, s[0]))
    return ((1 - f) * s[0] + f * tanh(w.map("candidate", x, f * s[0])),)


def indrnn(w, x, s):
    return (torch.relu(w.map("hidden", x) + w["recurrent.vector"] * s[0]),)


def ligru(w, x, s):
    z = sigmoid(w.norm("update_norm", w.map("update", x)) + w.map("update_state", s[0]))
    n = torch.relu(w.norm("candidate_norm", w.map("candidate", x)) + w.map("candidate_state", s[0]))
    return (z * s[0] + (1 - z) * n,)


def echo(w, x, s):
    return (s[0] - 0.2 * s[0] + 0.5 * tanh(w.map("hidden", x, s[0])),)


def headed_map(w, name, x, h):
    matrix = w[f"{name}_state.weight_0"]
    return w.map(name, x) + h @ (torch.block_diag(*matrix) if matrix.ndim == 3 else matrix).T


def slstm_of(forget: Callable[[Tensor], Tensor]) -> Step:
    """Without a stabiliser, whose only work is to keep numbers small; its own state is log-sum-max of the gates."""

    def step(w, x, s):
        h, c, n, m = s
        i = torch.exp(headed_map(w, "input", x, h))
        f = forget(headed_map(w, "forget", x, h))
        c, n = c * m.exp(), n * m.exp()
        c = f * c + i * tanh(headed_map(w, "candidate", x, h))
        n = f * n + i
        m = torch.maximum(f.log() + m, i.log())
        return sigmoid(headed_map(w, "output", x, h)) * c / n, c / m.exp(), n / m.exp(), m

    return step


def mingru(w, x, s):
    z = sigmoid(w.map("update", x))
    return ((1 - z) * s[0] + z * w.map("candidate", x),)


def minlstm(w, x, s):
    f, i = sigmoid(w.map("forget", x)), sigmoid(w.map("input", x))
    return (f / (f + i) * s[0] + i / (f + i) * w.map("candidate", x),)


def real_lru(w, x, s):
    return (torch.exp(-torch.exp(w["decay.vector"])) * s[0] + w["gain.vector"].exp() * w.map("input", x),)


def lru(w, x, s):
    eigenvalue = torch.exp(torch.complex(-w["decay.vector"].exp(), w["phase.vector"].exp()))
    matrix = torch.complex(w["input_real.weight_0"], w["input_imaginary.weight_0"])
    h = eigenvalue * torch.complex(*s) + w["gain.vector"].exp() * (x.to(matrix.dtype) @ matrix.T)
    return h.real, h.imag


def first(w, x, new):
    return new[0]


def real_readout(w, x, new):
    return w.map("output", new[0], x)


def complex_readout(w, x, new):
    c = torch.complex(w["output.weight_0"], -w["output.weight_1"])
    return (torch.complex(*new) @ c.T).real + x @ w["output.weight_2"].T


PAPERS: dict[str, tuple[Cell, Step, Callable[..., Tensor]]] = {
    "peephole": (PeepholeLSTM(), peephole, first),
    "coupled": (CoupledLSTM(), coupled, first),
    "layer-norm LSTM": (LayerNormLSTM(), layer_norm_lstm, first),
    "layer-norm GRU": (LayerNormGRU(), layer_norm_gru, first),
    "GRU without reset": (GRUWithoutReset(), gru_without_reset, first),
    "minimal gated": (MinimalGated(), minimal_gated, first),
    "IndRNN": (IndRNN(), indrnn, first),
    "LiGRU": (LiGRU(), ligru, first),
    "echo state": (LeakyEchoState(decay=0.2, gain=0.5), echo, first),
    "sLSTM": (SLSTM(), slstm_of(sigmoid), first),
    "sLSTM with heads": (SLSTM(heads=2, forget_gate="exponential", forget_bias=0.0), slstm_of(torch.exp), first),
    "minGRU": (MinGRU(), mingru, first),
    "minLSTM": (MinLSTM(), minlstm, first),
    "real LRU": (RealLRU(), real_lru, real_readout),
    "complex LRU": (LRU(), lru, complex_readout),
}


def layer_of(cell: Cell, shake: float = 0.3) -> Recurrent:
    """A float64 layer whose vectors, scales and biases are not at their special first values."""
    torch.manual_seed(1)
    layer = Recurrent(cell, D, H).double()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.add_(shake * torch.randn_like(parameter))
    return layer


@pytest.mark.parametrize("name", PAPERS)
def test_a_cell_is_its_papers_equations(name: str) -> None:
    cell, step, readout = PAPERS[name]
    layer = layer_of(cell)
    weights = Weights({name: p.detach() for name, p in layer.weights.named_parameters()})
    x = torch.randn(2, 6, D, dtype=torch.float64)
    state = layer.initial_state(2)
    state = type(state)(*(leaf + 0.3 * torch.rand_like(leaf) for leaf in state))
    with kernels.use("reference"):
        y, after = layer(x, state)
    wanted, new = [], tuple(state)
    for t in range(x.shape[1]):
        new = step(weights, x[:, t], new)
        wanted.append(readout(weights, x[:, t], new))
    torch.testing.assert_close(y, torch.stack(wanted, 1), rtol=1e-10, atol=1e-12)
    for got, leaf in zip(after, new, strict=True):
        torch.testing.assert_close(got, leaf, rtol=1e-10, atol=1e-12)


def test_the_projected_lstm_is_torchs() -> None:
    layer = layer_of(ProjectedLSTM(projection=2))
    theirs = torch.nn.LSTM(D, H, proj_size=2, batch_first=True).double()
    w = dict(layer.weights.named_parameters())
    gates = ("input", "forget", "candidate", "output")
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(torch.cat([w[f"{gate}.weight_0"] for gate in gates]))
        theirs.weight_hh_l0.copy_(torch.cat([w[f"{gate}.weight_1"] for gate in gates]))
        theirs.bias_ih_l0.copy_(torch.cat([w[f"{gate}.bias"] for gate in gates]))
        theirs.bias_hh_l0.zero_()
        theirs.weight_hr_l0.copy_(w["projection.weight_0"])
    x = torch.randn(2, 6, D, dtype=torch.float64)
    y, state = layer(x)
    wanted, (h, c) = theirs(x)
    for got, leaf in ((y, wanted), (state.h, h[0]), (state.c, c[0])):
        torch.testing.assert_close(got, leaf, rtol=1e-10, atol=1e-12)


def test_peepholes_at_zero_make_the_plain_lstm() -> None:
    layer, plain = Recurrent(PeepholeLSTM, D, H), Recurrent(LSTM, D, H)
    plain.load_state_dict({name: p for name, p in layer.state_dict().items() if "peephole" not in name})
    x = torch.randn(2, 6, D)
    torch.testing.assert_close(layer(x)[0], plain(x)[0])


def test_the_stabiliser_keeps_large_gates_finite() -> None:
    layer, x = Recurrent(SLSTM, D, H), torch.randn(2, 50, D)
    y, _ = layer(x)
    with torch.no_grad():
        layer.weights.input.bias += 500  # e^500 has no place in a float32, and only scales c and n
    large, state = layer(x)
    assert bool((state.m > 300).all())
    torch.testing.assert_close(large, y, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kernel", ["auto", "reference"])
@pytest.mark.parametrize("log_input", [-110.0, -5000.0])
def test_an_input_gate_next_to_nothing_is_all_there_is_at_first(log_input: float, kernel: str) -> None:
    """h does not depend on m: i = e^-110 has no place in a float32, but c / n = g at the first step all the same."""
    torch.manual_seed(0)
    layer, x = Recurrent(SLSTM, D, H), torch.randn(2, 6, D, requires_grad=True)
    with torch.no_grad():
        layer.weights.input.weight_0.zero_()
        layer.weights.input.bias.zero_()
        wanted = layer(x)[0][:, 0]
        layer.weights.input.bias += log_input
    with kernels.use(kernel):
        y, state = layer(x, lengths=torch.tensor([6, 0]))
        gradients = torch.autograd.grad(y.sum(), [x, *layer.parameters()])
    torch.testing.assert_close(y[0, 0], wanted[0])
    assert all(bool(torch.isfinite(tensor).all()) for tensor in (y, *state, *gradients))


@pytest.mark.parametrize(
    "cell", [RealLRU(r_min=0.5, r_max=0.9), LRU(r_min=0.5, r_max=0.9, max_phase=0.3)], ids=["real", "complex"]
)
def test_eigenvalues_begin_on_the_ring(cell: Cell) -> None:
    torch.manual_seed(0)
    weights = {name: p.detach() for name, p in Recurrent(cell, 2, 4000).weights.named_parameters()}
    radius = torch.exp(-torch.exp(weights["decay.vector"]))
    assert 0.5 <= float(radius.min()) < 0.51
    assert 0.89 < float(radius.max()) <= 0.9
    inside = float((radius**2 < (0.25 + 0.81) / 2).float().mean())
    assert inside == pytest.approx(0.5, abs=0.03)  # half the area of the ring
    torch.testing.assert_close(weights["gain.vector"].exp() ** 2 + radius**2, torch.ones(4000))
    if "phase.vector" in weights:
        phase = weights["phase.vector"].exp()
        assert float(phase.max()) <= 0.3
        assert float(phase.mean()) == pytest.approx(0.15, abs=0.01)


def test_the_gain_keeps_the_size_of_the_input() -> None:
    torch.manual_seed(0)
    layer = Recurrent(LRU(r_min=0.5, r_max=0.9), 16, 64)
    with torch.no_grad():
        _, state = layer(torch.randn(64, 200, 16))
    assert float(torch.complex(*state).abs().square().mean()) == pytest.approx(1.0, rel=0.1)


def test_the_echo_of_the_past_fades() -> None:
    torch.manual_seed(0)
    layer = Recurrent(LeakyEchoState(decay=0.5, gain=0.5), 1, 30)
    x, start = torch.randn(1, 200, 1), torch.randn(2, 30)
    y, _ = layer(x.expand(2, -1, -1), (start,))
    torch.testing.assert_close(y[0, -1], y[1, -1], rtol=1e-4, atol=1e-5)
