"""Gates that are saturated and units that are dead, planted by hand."""

from __future__ import annotations

import pytest
import torch

from seqloom.inspection.signs import signs_of
from seqloom.layers import parse_spec


def signs(words: str, *, scale: float = 1.0, sink: tuple[str, int] = ("", 0)):
    torch.manual_seed(0)
    layer = parse_spec(words).build(3)
    for name, weight in layer.named_parameters():
        if sink[0] and name.endswith(sink[0]):
            weight.data[: sink[1]] = -50.0
    x, lengths = scale * torch.randn(4, 12, 3), torch.tensor([12, 3, 7, 12])
    return signs_of(layer, lambda: layer(x, None, lengths))


def test_gates_that_read_large_numbers_are_saturated() -> None:
    for scale, low, high in ((1.0, 0.0, 0.05), (1000.0, 0.9, 1.0)):
        found = signs("lstm(6)", scale=scale)
        assert found.saturated.keys() == {f"layers.0.{gate}_gate" for gate in ("input", "forget", "output")}
        assert all(low <= share <= high for share in found.saturated.values())
        assert found.sizes["layers.0"] == pytest.approx(scale, rel=0.3)


@pytest.mark.parametrize(
    ("words", "bias", "layer"),
    [
        ("elman(8, activation=relu)", "hidden.bias", "layers.0"),
        ("conv(8) + gru(4)", "linear.bias", "layers.0"),
        ("gru(4) + indrnn(8)", "layers.1.weights.hidden.bias", "layers.1"),
        ("elman(8, activation=relu) bidirectional", "hidden.bias", "layers.0.backward_layer"),
    ],
)
def test_units_that_are_shut_are_dead(words: str, bias: str, layer: str) -> None:
    alive, half = signs(words).dead[layer], signs(words, sink=(bias, 4)).dead[layer]
    assert alive <= 0.25
    assert half == pytest.approx(0.5 + alive, abs=0.25)
    assert signs(words, sink=(bias, 8)).dead[layer] == 1


def test_gates_of_other_shapes_have_no_ends() -> None:
    """Exponential gates, and those of SiLU, are large or negative by right."""
    assert signs("slstm(8) + mamba2(8) + gla(8)", scale=100.0).saturated == {}


def test_hooks_are_gone_and_the_mode_is_as_it_was() -> None:
    layer = parse_spec("gru(4)").build(3).train()
    signs_of(layer, lambda: layer(torch.randn(2, 5, 3)))
    assert layer.training
    assert not any(part._forward_hooks for part in layer.modules())
