"""Gates at their ends: with weights far too large no output and no gradient of any family is NaN, on any kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

from seqloom import kernels
from seqloom.cells import LRU, RGLRU, SLSTM, Cell, MinGRU, MinLSTM, RealLRU
from seqloom.layers import Recurrent, parse_spec
from seqloom.layers.words import WORDS

WIDTH, TIME = 8, 20

CELLS: dict[str, Cell] = {
    "LRU alone": LRU(),
    "RealLRU alone": RealLRU(),
    "RGLRU alone": RGLRU(heads=2),
    "SLSTM alone": SLSTM(heads=2),
    "SLSTM exponential": SLSTM(forget_gate="exponential"),  # type: ignore[arg-type]
    "MinGRU alone": MinGRU(),
    "MinLSTM alone": MinLSTM(),
    "MinLSTM positive": MinLSTM(positive=True),
}

LAYERS: dict[str, Callable[[], nn.Module]] = {
    **{word: lambda word=word: parse_spec(word).build(WIDTH) for word in WORDS},  # type: ignore[misc]
    **{name: lambda cell=cell: Recurrent(cell, WIDTH, WIDTH) for name, cell in CELLS.items()},  # type: ignore[misc]
}

FACTORS = [30.0, 1000.0]
LEVELS = [80.0, -80.0, 110.0, -110.0, 1000.0, -1000.0, 1e5, -1e5]

GROWS = {"gain", "recurrent.vector", "candidate_state"}
"""What makes a state itself as large as no number is: e^gain, IndRNN's own weight, LiGRU's, which nothing squashes."""

each_layer = pytest.mark.parametrize("name", LAYERS)


def extremes(layer: nn.Module) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Each parameter by name, with each of its extreme values."""
    for name, parameter in layer.named_parameters():
        before = parameter.detach().clone()
        if name.rpartition(".")[2].startswith("weight"):
            yield from ((name, parameter, factor * before) for factor in FACTORS)
        else:
            yield from ((name, parameter, torch.full_like(before, level)) for level in LEVELS)


def _write(parameter: Tensor, value: Tensor) -> None:
    with torch.no_grad():
        parameter.copy_(value)


def assert_finite(layer: nn.Module, x: Tensor, where: str) -> None:
    layer.zero_grad()
    given = x.clone().requires_grad_()
    y, _ = layer(given)
    assert bool(y.isfinite().all()), f"{where}: y"
    if y.requires_grad:
        y.sum().backward()
    for name, parameter in (("x", given), *layer.named_parameters()):
        assert parameter.grad is None or bool(parameter.grad.isfinite().all()), f"{where}: the gradient of {name}"


@each_layer
@pytest.mark.parametrize("kernel", ["auto", "reference"])
def test_one_parameter_at_an_extreme(name: str, kernel: str) -> None:
    layer, x = LAYERS[name](), torch.randn(2, TIME, WIDTH)
    with kernels.use(kernel):
        for which, parameter, value in extremes(layer):
            if not any(part in which for part in GROWS):
                before = parameter.detach().clone()
                _write(parameter, value)
                assert_finite(layer, x, f"{which} at {float(value.flatten()[0]):.0f}")
                _write(parameter, before)


@each_layer
@pytest.mark.parametrize("kernel", ["auto", "reference"])
def test_all_maps_thirty_times_too_large(name: str, kernel: str) -> None:
    layer, x = LAYERS[name](), torch.randn(2, TIME, WIDTH)
    with torch.no_grad():
        for which, parameter in layer.named_parameters():
            if ".weight" in which and not any(part in which for part in (*GROWS, "weights.decay", "weights.phase")):
                parameter.mul_(30)
    with kernels.use(kernel):
        assert_finite(layer, x, "all maps")


@pytest.mark.parametrize("level", [0.0, -50.0, -200.0, -1e4, 1e4])
def test_the_gates_of_minlstm_share_by_their_logarithms(level: float) -> None:
    """f / (f + i) is σ(log f - log i), also where neither gate is any number but 0."""
    f, i = level + torch.linspace(-3, 3, 13, dtype=torch.float64), torch.full((13,), level, dtype=torch.float64)
    layer = Recurrent(MinLSTM(), 3, 1).double()
    parameters = dict(layer.weights.named_parameters())
    with torch.no_grad():
        for column, gate in enumerate(("forget", "input", "candidate")):
            parameters[f"{gate}.weight_0"].copy_(torch.eye(3, dtype=torch.float64)[[column]])
            parameters[f"{gate}.bias"].zero_()
    x = torch.stack([f, i, torch.ones_like(f)], 1)[:, None]
    for kernel in ("auto", "cpu", "reference"):
        with kernels.use(kernel):
            y, _ = layer(x, (torch.zeros(13, 1, dtype=torch.float64),))
        log_keep = nn.functional.logsigmoid(f) - nn.functional.logsigmoid(i)
        torch.testing.assert_close(y[:, 0, 0], torch.sigmoid(-log_keep), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("cell", [MinLSTM(), MinLSTM(positive=True), LRU(), RealLRU()], ids=lambda c: type(c).__name__)
def test_gradients_are_those_of_differences(cell: Cell) -> None:
    layer = Recurrent(cell, 3, 4).double()
    x = torch.randn(2, 5, 3, dtype=torch.float64, requires_grad=True)
    names = [name for name, _ in layer.named_parameters()]

    def run(x: Tensor, *values: Tensor) -> Tensor:
        y: Tensor = torch.func.functional_call(layer, dict(zip(names, values, strict=True)), (x,))[0]
        return y

    assert torch.autograd.gradcheck(run, (x, *layer.parameters()), fast_mode=True)
