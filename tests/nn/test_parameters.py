"""What ``torch.nn.utils`` does to parameters, done to torch's module and to ours: the same numbers come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize, prune

import seqloom.nn

SIZE = 6

pytestmark = pytest.mark.filterwarnings("ignore:`torch.nn.utils.weight_norm` is deprecated:FutureWarning")


class Dropped(nn.Module):
    def forward(self, weight: Tensor) -> Tensor:
        return nn.functional.dropout(weight, 0.5, self.training)


def dropped_by_hook(module: nn.Module, name: str) -> None:
    raw = nn.Parameter(module._parameters.pop(name))  # type: ignore[arg-type]
    module.register_parameter(f"{name}_raw", raw)
    module.register_forward_pre_hook(lambda one, _: setattr(one, name, 0.5 * getattr(one, f"{name}_raw")))
    setattr(module, name, 0.5 * raw.detach())


def tied(module: nn.Module, name: str) -> None:
    first = next(key for key, parameter in module.named_parameters() if parameter.ndim == 2)
    setattr(module, name, getattr(module, first))


def parametrised(module: nn.Module, name: str) -> None:
    parametrize.register_parametrization(module, name, Dropped())


def pruned(module: nn.Module, name: str) -> None:
    prune.l1_unstructured(module, name, 0.5)


Way = Callable[[Any, str], Any]
WAYS: dict[str, tuple[Way, Way | None]] = {
    "tied": (tied, None),
    "weight_norm": (parametrizations.weight_norm, parametrize.remove_parametrizations),
    "spectral_norm": (parametrizations.spectral_norm, parametrize.remove_parametrizations),
    "orthogonal": (parametrizations.orthogonal, parametrize.remove_parametrizations),
    "older weight_norm": (nn.utils.weight_norm, nn.utils.remove_weight_norm),
    "older spectral_norm": (nn.utils.spectral_norm, nn.utils.remove_spectral_norm),
    "prune": (pruned, prune.remove),
    "weight drop": (parametrised, parametrize.remove_parametrizations),
    "weight drop by hook": (dropped_by_hook, None),
}
"""How it is done, and undone."""
KINDS: dict[str, tuple[type, dict[str, Any]]] = {
    "RNN": (nn.RNN, {}),
    "LSTM": (nn.LSTM, {"num_layers": 2, "bidirectional": True}),
    "projected LSTM": (nn.LSTM, {"proj_size": 3}),
    "GRU": (nn.GRU, {"num_layers": 2}),
    "RNNCell": (nn.RNNCell, {}),
    "LSTMCell": (nn.LSTMCell, {}),
    "GRUCell": (nn.GRUCell, {"bias": False}),
}


def first(result: Any) -> Tensor:
    return result if isinstance(result, Tensor) else first(result[0])


def applied(way: Way | None, module: nn.Module, names: list[str]) -> None:
    for name in names if way else ():
        torch.manual_seed(len(name))
        way(module, name)  # type: ignore[misc]


def agree(theirs: nn.Module, ours: nn.Module, x: Tensor) -> Tensor:
    """Outputs with and without gradients, and the gradients of every leaf; gives ours."""
    results = []
    for module in (theirs, ours):
        torch.manual_seed(3)
        with torch.no_grad():
            plain = first(module(x))
        torch.manual_seed(4)
        y = first(module(x))
        gradients = torch.autograd.grad(y.square().sum(), list(module.parameters()))
        results.append((plain, y, *gradients))
    torch.testing.assert_close(results[1], results[0])
    return results[1][0]


def trained(module: nn.Module, x: Tensor) -> None:
    torch.manual_seed(5)
    optimiser = torch.optim.SGD(module.parameters(), lr=0.5)
    first(module(x)).square().sum().backward()
    optimiser.step()
    optimiser.zero_grad()


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_as_in_torchs_module(kind: str, way: str, training: bool) -> None:
    theirs_type, options = KINDS[kind]
    do, undo = WAYS[way]
    theirs = theirs_type(SIZE, SIZE, **options).double().train(training)
    ours = getattr(seqloom.nn, theirs_type.__name__)(SIZE, SIZE, **options).double().train(training)
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(4, SIZE).double()
    agree(theirs, ours, x)
    square = [key for key, weight in theirs.named_parameters() if weight.shape == (SIZE, SIZE)]
    names = [key for key, weight in theirs.named_parameters() if weight.ndim == 2]
    names = square if do is tied else names
    for module in (theirs, ours):
        applied(do, module, names)
    assert theirs.state_dict().keys() == ours.state_dict().keys()
    changed = agree(theirs, ours, x)
    for module in (theirs, ours):
        trained(module, x)
    after = agree(theirs, ours, x)
    assert not torch.allclose(changed, after)
    for module in (theirs, ours):
        applied(undo, module, names)
    undone = agree(theirs, ours, x)
    assert ours.state_dict().keys() == theirs.state_dict().keys()
    if not training:  # where nothing is drawn
        torch.testing.assert_close(undone, after)
