"""Signs of a network that has stopped to learn: gates that are saturated, and units that are dead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor, nn

from seqloom.cells.nodes import Pointwise
from seqloom.inspection.traced.observable import Reading
from seqloom.inspection.traced.tracing import trace
from seqloom.layers import Recurrent
from seqloom.layers.protocol import SequenceLayer

__all__ = ["Signs", "at_an_end", "real_values", "signs_of"]

_END: Final = 0.01
_STILL: Final = 1e-3
_FEWEST: Final = 4


class Signs(NamedTuple):
    """``saturated`` is for each gate the share of its values within 0.01 of 0 or 1, where its slope is below a
    twenty-fifth of the largest; ``dead`` for each layer the share of its units that say the same at every step of every
    row, and ``sizes`` the root of the mean square of what it reads."""

    saturated: Mapping[str, float]
    dead: Mapping[str, float]
    sizes: Mapping[str, float]


class _Run(NamedTuple):
    """A module and what runs it, as :func:`trace` reads an estimator."""

    module: nn.Module
    run: Callable[[], Any]

    def observable(self, X: Any, y: Any = None) -> Reading:
        return Reading(self.module, self.run)


def signs_of(module: nn.Module, run: Callable[[], Any]) -> Signs:
    """The signs of ``module`` while ``run`` makes it read something, in evaluation and without gradients.

    Layers are the innermost ones, by their paths. A unit is dead whose deviation over all steps is below a thousandth
    of that of the layer's liveliest.

    >>> from seqloom.layers import parse_spec
    >>> layer = parse_spec("lstm(4)").build(2)
    >>> found = signs_of(layer, lambda: layer(torch.randn(3, 9, 2)))
    >>> found.saturated["layers.0.forget_gate"], found.dead, round(found.sizes["layers.0"])
    (0.0, {'layers.0': 0.0}, 1)
    """
    with _heard(module) as heard:
        found = trace(_Run(module, run), None, of="gates", most_bytes=1 << 62)
    gates = {name: value for name, value in found.quantities.items() if _is_logistic(module, name)}
    saturated = {name: at_an_end(real_values(value, found.lengths[name])) for name, value in gates.items()}
    dead = {path: _dead(torch.cat([said for _, said in each])) for path, each in heard.items()}
    sizes = {path: float(torch.cat([read for read, _ in each]).square().mean().sqrt()) for path, each in heard.items()}
    return Signs(saturated, dead, sizes)


def at_an_end(gate: Tensor) -> float:
    """The share of a gate's values that are within 0.01 of 0 or 1.

    >>> at_an_end(torch.tensor([0.001, 0.5, 0.995, 0.9]))
    0.5
    """
    return float(((gate < _END) | (gate > 1 - _END)).float().mean()) if gate.numel() else 0.0


def real_values(value: Tensor, lengths: Tensor | None) -> Tensor:
    """The values (N, H) of the real steps of (B, T, H)."""
    if lengths is None:
        return value.flatten(0, 1)
    return value[torch.arange(value.shape[1], device=value.device) < lengths.to(value.device)[:, None]]


def _is_logistic(module: nn.Module, key: str) -> bool:
    """Whether a quantity is a logistic gate of a recurrence; gates of other shapes have no ends at 0 and 1."""
    path, _, name = key.rpartition(".")
    layer = module.get_submodule(path.partition("#")[0])
    if not isinstance(layer, Recurrent):
        return False
    node = layer.graph.nodes[layer.graph.quantities[name]]
    return isinstance(node, Pointwise) and node.operation == "sigmoid"


def _dead(values: Tensor) -> float:
    """Of values (N, H); of a few steps nothing is told."""
    if len(values) < _FEWEST:
        return 0.0
    deviations = values.float().std(0, correction=0)
    return float((deviations <= _STILL * deviations.max()).float().mean())


@contextmanager
def _heard(module: nn.Module) -> Iterator[dict[str, list[tuple[Tensor, Tensor]]]]:
    """What each of the innermost layers reads and says in the ``with`` block, values (N, H) of each of its calls."""
    found: dict[str, list[tuple[Tensor, Tensor]]] = {}

    def listen(path: str, layer: SequenceLayer) -> Any:
        def hear(_: nn.Module, args: Any, kwargs: Any, result: Any) -> None:
            lengths = args[2] if len(args) > 2 else kwargs.get("lengths")
            after = None if lengths is None else layer.lengths_after(lengths)
            pair = real_values(args[0].detach(), lengths), real_values(result[0].detach(), after)
            found.setdefault(path, []).append(pair)

        return layer.register_forward_hook(hear, with_kwargs=True)

    layers = {path: part for path, part in module.named_modules() if isinstance(part, SequenceLayer)}
    inner = [path for path in layers if not any(other != path and _holds(path, other) for other in layers)]
    hooks = [listen(path, layers[path]) for path in inner]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def _holds(outer: str, inner: str) -> bool:
    return not outer or inner.startswith(f"{outer}.")
