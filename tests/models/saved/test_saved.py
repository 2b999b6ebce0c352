"""module → plain data → text → plain data → module: with the same weights, the same outputs to the bit."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import seqloom.layers
import seqloom.models
from seqloom.cells import LSTM
from seqloom.errors import UsageError
from seqloom.layers import Bidirectional, Recurrent, SequenceLayer, stack
from seqloom.models.saved import module_from_data, module_to_data
from seqloom.models.saved.kinds import KINDS
from tests.models.saved.subjects import SUBJECTS


def leaves(found: Any) -> list[Tensor]:
    if isinstance(found, Tensor):
        return [found]
    return [leaf for part in found for leaf in leaves(part)]


@pytest.mark.parametrize("name", SUBJECTS)
def test_what_is_saved_is_what_is_made_again(name: str) -> None:
    make, run = SUBJECTS[name]
    torch.manual_seed(0)
    module = make().eval()
    for weight in module.parameters():
        nn.init.normal_(weight, std=0.4)
    data = module_to_data(module)
    text = json.dumps(data, allow_nan=False)
    again = module_from_data(json.loads(text), type(module))
    again.load_state_dict(module.state_dict())
    assert json.dumps(module_to_data(again)) == text
    torch.manual_seed(0)
    wanted = leaves(run(module))
    torch.manual_seed(0)
    found = leaves(run(again.eval()))
    assert all(map(torch.equal, found, wanted))
    assert len(found) == len(wanted)
    parts = [[part for _, part in one.named_modules(remove_duplicate=False)] for one in (again, module)]
    assert list(map(type, parts[0])) == list(map(type, parts[1]))
    dropouts = [[part.p for part in some if isinstance(part, nn.Dropout)] for some in parts]
    assert dropouts[0] == dropouts[1]
    assert len(list(again.parameters())) == len(list(module.parameters()))


def public_modules() -> list[type[nn.Module]]:
    """The modules that ``seqloom.layers`` exports, and every one of ``seqloom.models``."""
    places: list[Any] = [seqloom.layers, seqloom.layers.attention]
    walked = pkgutil.walk_packages(seqloom.models.__path__, "seqloom.models.")
    places += [importlib.import_module(module.name) for module in walked]
    named = [getattr(place, name) for place in places for name in getattr(place, "__all__", ())]
    classes = {kind for kind in named if inspect.isclass(kind) and issubclass(kind, nn.Module)}
    return [kind for kind in classes if not inspect.isabstract(kind)]


OTHERS = {
    "EchoStateNetwork": "its readout is solved for in float64, outside of what is trained",
    "LogMel": "it has nothing to learn, and stands before what is saved",
    "LastHead": "it knows the layer below from outside",
}


def test_the_table_has_every_module_of_ours() -> None:
    made = {type(part) for subject in SUBJECTS.values() for part in subject.make().modules()}
    assert {kind.__name__ for kind in public_modules() if kind not in made} == set(OTHERS)


def test_the_table_has_every_kind() -> None:
    def kinds(data: Any) -> set[str]:
        if isinstance(data, dict):
            own = {data["kind"]} if "kind" in data else set()
            return own.union(*map(kinds, data.values()))
        return set().union(*map(kinds, data)) if isinstance(data, list) else set()

    assert set().union(*(kinds(module_to_data(subject.make())) for subject in SUBJECTS.values())) == set(KINDS)


class Doubled(Recurrent):
    def forward(self, x: Any, state: Any = None, lengths: Any = None) -> Any:
        y, state = super().forward(x, state, lengths)
        return 2 * y, state


class Backwards(Bidirectional):
    pass


class Own(SequenceLayer):
    in_features = out_features = 3

    def initial_state(self, batch_size: int) -> Any:
        return ()

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, Any]:
        return x, ()


def deep(layers: int) -> nn.Module:
    found: Any = Recurrent(LSTM, 3, 3)
    for _ in range(layers):
        found = stack([found])
    return found


@pytest.mark.parametrize(
    "make",
    [
        lambda: Doubled(LSTM, 3, 3),
        lambda: Backwards(Recurrent(LSTM, 3, 3), Recurrent(LSTM, 3, 3)),
        lambda: stack([Own()]),
        lambda: nn.Linear(3, 3),
        lambda: deep(40),
    ],
)
def test_what_cannot_be_told_is_refused(make: Any) -> None:
    with pytest.raises(UsageError, match="cannot be saved"):
        module_to_data(make())
