"""The weights of a recurrence, found anew for every call: tied, shared, parametrised, pruned or replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import NoneType

import torch
from torch import Tensor, nn

from seqloom.cells.graph import Graph
from seqloom.errors import UsageError

__all__ = ["WeightMap", "empty_weights", "plain_weights", "weights_by_name"]


class WeightMap(nn.Module):
    """Parameters that belong together, as those of one map of a cell; calling it gives the present ones by name.

    Because it is called, what ``torch.nn.utils`` computes in a hook (``prune``, the older ``weight_norm``) is computed
    for every forward pass and every step, as for a layer of torch.

    >>> from torch.nn.utils.parametrizations import weight_norm
    >>> from seqloom.cells import LSTM
    >>> from seqloom.layers import Recurrent
    >>> layer = Recurrent(LSTM, 2, 4)
    >>> _ = weight_norm(layer.weights.forget, "weight_1")
    >>> [name for name, _ in layer.weights.forget.named_parameters()][-1]
    'parametrizations.weight_1.original1'
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter]) -> None:
        super().__init__()
        self.names = dict.fromkeys(parameters)
        for name, parameter in parameters.items():
            self.register_parameter(name, parameter)

    @property
    def is_plain(self) -> bool:
        """Whether every weight is a parameter of this map, and nothing computes it."""
        return self._parameters.keys() == self.names.keys() and not (self._forward_pre_hooks or self._forward_hooks)

    def forward(self) -> dict[str, Tensor]:
        """The present weights by name."""
        if self.is_plain:
            return dict(self._parameters)  # type: ignore[arg-type]
        return {name: tensor for name in self.names if (tensor := getattr(self, name, None)) is not None}

    def __getstate__(self) -> dict[str, object]:
        """All, computed weights without their history, which can be neither copied nor pickled."""
        return {
            name: value.detach() if isinstance(value, Tensor) and not value.is_leaf else value
            for name, value in self.__dict__.items()
        }


def empty_weights(graph: Graph) -> nn.Module:
    """A tree of parameters by the graph's names, "update.weight_0" under the map "update"; values are still to come."""
    maps: dict[str, dict[str, nn.Parameter]] = {}
    for parameter in graph.parameters():
        owner, _, name = parameter.name.rpartition(".")
        maps.setdefault(owner, {})[name] = nn.Parameter(torch.empty(parameter.shape))
    root = nn.Module()
    root._modules.update({owner: WeightMap(parameters) for owner, parameters in maps.items()})
    return root


def weights_by_name(root: nn.Module, graph: Graph) -> dict[str, Tensor]:
    """The present weights of ``graph`` by its names; one tensor or map may stand under several.

    Raises UsageError for a weight that is missing or has another shape, and for a map that is none.
    """
    found = {f"{owner}.{name}": tensor for owner, one in _maps(root) for name, tensor in one().items()}
    wanted = _shapes(graph)
    for name, shape in wanted.items():
        tensor = found.get(name)
        if tensor is None or tensor.shape != shape:
            got = "there is none" if tensor is None else f"it is {tuple(tensor.shape)}"
            raise UsageError(f"The cell reads the weight {name!r} of shape {tuple(shape)}, but {got}.")
    return {name: found[name] for name in wanted}


def plain_weights(root: nn.Module) -> list[Tensor]:
    """The present weights, in no certain order, where all are plain parameters; none where any is computed."""
    found: list[Tensor] = []
    for one in root._modules.values():
        if not (isinstance(one, WeightMap) and one.is_plain):
            return []
        found += one._parameters.values()  # type: ignore[arg-type]
    return [] if NoneType in map(type, found) else found


def _maps(root: nn.Module) -> Iterator[tuple[str, WeightMap]]:
    for owner, one in root._modules.items():
        if not isinstance(one, WeightMap):
            raise UsageError(
                f"The map {owner!r} is a {type(one).__name__}, not a WeightMap. Give it the weights one by one, as in "
                f"layer.weights.{owner}.weight_0 = linear.weight."
            )
        yield owner, one


@lru_cache(maxsize=256)
def _shapes(graph: Graph) -> Mapping[str, torch.Size]:
    return {parameter.name: torch.Size(parameter.shape) for parameter in graph.parameters()}
