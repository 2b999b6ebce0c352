"""Whatever stands in config.json, it gives a module or a ModelFileError, and no memory that the weights do not take."""

from __future__ import annotations

import contextlib
import copy
import functools
import json
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from seqloom.errors import ModelFileError
from seqloom.models.saved import module_from_data, module_to_data
from seqloom.tasks.model_directory import WEIGHTS, loaded
from seqloom.training.snapshot import tensor_bytes
from tests.models.saved.subjects import SUBJECTS

NESTED: Any = functools.reduce(lambda inside, _: [inside], range(100), 1)
STACKS: Any = functools.reduce(
    lambda inside, _: {"kind": "stack", "layers": [inside], "dropout": 0.0, "residual": False, "last_norm": None},
    range(40),
    {"kind": "layer", "in_features": 2, "spec": "gru(2)"},
)
VALUES = st.one_of(
    st.sampled_from([None, True, False, 0, -1, 1, 2, 65536, 1 << 20, 1 << 62, 10**40, 0.0, 0.5, -1e300, 1e-320]),
    st.sampled_from([float("nan"), float("inf"), "", "stack", "layer", "\ud800", "__class__", "os.system", [], {}]),
    st.sampled_from([NESTED, STACKS, "gru(65536)", "window(65536, size=64)", "esn(4, depth=65536)", "2*gru(4)"]),
    st.sampled_from(["transformer(65536, expansion=65536)", "gru(4) bidirectional", "positions(kind=learned)"]),
    st.text(max_size=5),
    st.integers(),
)


@functools.cache
def saved(name: str) -> tuple[str, bytes]:
    module = SUBJECTS[name].make()
    return json.dumps(module_to_data(module)), tensor_bytes(module.state_dict())


def places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in ``data`` with each of its keys."""
    keys = data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
    for key in keys:
        yield data, key
        yield from places(data[key])


def check_changed(data: st.DataObject) -> None:
    """Change saved data in a few places, and load them."""
    text, weights = saved(data.draw(st.sampled_from(sorted(SUBJECTS))))
    config = json.loads(text)
    for _ in range(data.draw(st.integers(1, 3))):
        found = list(places(config))
        owner, key = data.draw(st.sampled_from(found))
        value = copy.deepcopy(data.draw(VALUES))
        match data.draw(st.sampled_from(["replace", "delete", "move", "add"])):
            case "replace":
                owner[key] = value
            case "delete":
                del owner[key]
            case "move":
                other, name = data.draw(st.sampled_from(found))
                if name in other if isinstance(other, dict) else name < len(other):
                    owner[key] = copy.deepcopy(other[name])
            case _ if isinstance(owner, list):
                owner.append(value)
            case _:
                owner[data.draw(st.sampled_from(["shared", "kind", "graph", "more"]))] = value
        if not config:
            break
    with contextlib.suppress(ModelFileError):
        with torch.device("meta"):
            module_from_data(config, nn.Module)  # by itself: ``loaded`` refuses whatever fails
        assert isinstance(loaded(lambda: module_from_data(config, nn.Module), {WEIGHTS: weights}), nn.Module)


UNHURRIED = settings(suppress_health_check=[HealthCheck.too_slow])


@settings(UNHURRIED, max_examples=100)
@given(st.data())
def test_changed_data_give_a_module_or_are_refused(data: st.DataObject) -> None:
    check_changed(data)


@pytest.mark.slow
@settings(UNHURRIED, max_examples=2000)
@given(st.data())
def test_thousands_of_changes_give_a_module_or_are_refused(data: st.DataObject) -> None:
    check_changed(data)


@pytest.mark.parametrize("config", [NESTED, STACKS, None, [], "stack", 7, {}, {"kind": []}, {"kind": "os.system"}])
def test_what_is_no_module_is_refused(config: Any) -> None:
    with pytest.raises(ModelFileError, match=r"config\.json: model should be an object"):
        module_from_data(config, nn.Module)


def test_a_few_bytes_cannot_ask_for_the_memory_of_inputs_without_weights() -> None:
    config = {"kind": "one-hot", "vocabulary_size": 1 << 20}
    with pytest.raises(ModelFileError, match="1,099,511,627,776 numbers that are no weights"):
        loaded(lambda: module_from_data(config, nn.Module), {WEIGHTS: tensor_bytes({})})


def test_words_of_another_layer_than_the_cell_take_no_memory() -> None:
    config = module_to_data(SUBJECTS["the word gru"].make())
    config["layers"][0]["spec"] = "transformer(65536, expansion=65536)"
    weights = tensor_bytes(SUBJECTS["the word gru"].make().state_dict())
    assert isinstance(loaded(lambda: module_from_data(config, nn.Module), {WEIGHTS: weights}), nn.Module)


def test_another_class_than_is_asked_for_is_refused() -> None:
    config = module_to_data(SUBJECTS["step head"].make())
    with pytest.raises(ModelFileError, match="should be a LearnedEmbedding"):
        module_from_data(config, type(SUBJECTS["embedding"].make()))
