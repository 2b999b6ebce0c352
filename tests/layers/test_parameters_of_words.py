"""Every parameter of every layer that has a word, parametrised and pruned: nothing sees weights of before."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize, prune

from seqloom.cells import LSTM
from seqloom.layers import CausalLayer, LearnedState, Recurrent, SequenceLayer, parse_spec
from seqloom.layers.words import WORDS

SIZE = 8
OPTIONS = {"positions": "positions(kind=learned, length=9)"}
TRAINED = [word for word in WORDS if word != "esn"]


class Doubled(nn.Module):
    def forward(self, weight: Tensor) -> Tensor:
        return 2 * weight


def parametrised(module: nn.Module, name: str) -> None:
    parametrize.register_parametrization(module, name, Doubled())


def pruned(module: nn.Module, name: str) -> None:
    prune.random_unstructured(module, name, 0.4)


def dropped_by_hook(module: nn.Module, name: str) -> None:
    """As older code drops weights: a raw parameter, and an attribute that a hook of the module writes."""
    raw = nn.Parameter(module._parameters.pop(name))  # type: ignore[arg-type]
    module.register_parameter(f"{name}_raw", raw)
    module.register_forward_pre_hook(lambda one, _: setattr(one, name, 0.5 * getattr(one, f"{name}_raw")))
    setattr(module, name, 0.5 * raw.detach())


WAYS = [parametrised, pruned, dropped_by_hook]
Way = Callable[[nn.Module, str], None]


def owners(layer: nn.Module) -> list[tuple[str, nn.Module, str]]:
    found = [(path, module, name) for path, module in layer.named_modules() for name in module._parameters]
    return [(path, module, name) for path, module, name in found if module._parameters[name] is not None]


def stepped(layer: SequenceLayer, x: Tensor) -> Tensor:
    assert isinstance(layer, CausalLayer)
    outputs, state = [], layer.initial_state(len(x))
    for x_t in x.unbind(1):
        y, state = layer.step(x_t, state)
        outputs.append(y)
    return torch.stack(outputs, 1)


def check(make: Callable[[], SequenceLayer], way: Way) -> None:
    layer, plain, x = make(), make(), torch.randn(2, 5, SIZE).double()
    with torch.no_grad():
        stepped(layer, x)
    changed = owners(layer)
    for _, module, name in changed:
        way(module, name)
    layer(x)[0].square().sum().backward()
    with torch.no_grad():
        for parameter in layer.parameters():
            assert parameter.grad is not None
            parameter.sub_(0.1 * torch.randn_like(parameter))
        steps, y = stepped(layer, x), layer(x)[0]  # steps first: nothing has called the modules since
        values = {f"{path}.{name}".lstrip("."): getattr(module, name) for path, module, name in changed}
        missing = plain.load_state_dict(values, strict=False)
        assert not missing.unexpected_keys
        wanted = plain(x)[0]
    torch.testing.assert_close(steps, wanted)
    torch.testing.assert_close(y, wanted)
    torch.testing.assert_close(stepped(layer, x), wanted)
    torch.testing.assert_close(layer(x)[0], wanted)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("word", TRAINED)
def test_steps_and_sequences_see_the_present_weights(word: str, way: Way) -> None:
    torch.manual_seed(0)
    check(lambda: parse_spec(OPTIONS.get(word, f"{word}({SIZE})")).build(SIZE).double().eval(), way)


@pytest.mark.parametrize("way", WAYS)
def test_a_learned_first_state(way: Way) -> None:
    torch.manual_seed(0)

    def make() -> SequenceLayer:
        layer = Recurrent(LSTM, SIZE, SIZE, initial=LearnedState())
        nn.init.normal_(next(layer.initial_vectors.parameters()))
        return layer.double().eval()

    check(make, way)
