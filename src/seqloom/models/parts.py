"""What a model is made of, from the input up: parts with their words, weights and the shape of what they give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from torch import nn

from seqloom.cells import Graph, formula
from seqloom.layers import Embedding, Front, OneHot, Pooled, SequenceLayer, Stack, Unchanged
from seqloom.layers.called import called, width_of
from seqloom.layers.decoders.decoder import Decoder

__all__ = ["BESIDE", "Part", "cells_of", "listed", "parts_of", "weights_of"]

BESIDE = "beside these"
"""What is called what a model learns in none of its parts."""
_LONGEST_PATTERN, _OFTEN = 4, 3
_BELOW, _LAYERS, _ABOVE = ("embedding", "front"), ("reader", "body", "encoder", "reservoir"), ("head", "field")
"""How our models call what stands below their layers, these, and what stands above."""


@dataclass(frozen=True)
class Part:
    """``count`` equal parts one on the other: what they are called, their weights in all, and what the last gives."""

    name: str
    weights: int
    shape: str
    count: int = 1


class _Found(NamedTuple):
    module: nn.Module
    name: str
    steps: str
    """The letter of the steps of what it gives; nothing where there is one vector for a row."""
    width: int | None

    @property
    def shape(self) -> str:
        letters = [letter for letter in ("B", self.steps, str(self.width or "")) if letter]
        return f"({', '.join(letters)})" if self.width else ""


def parts_of(*modules: nn.Module, steps: str = "T") -> list[Part]:
    """The parts of layers or models from the input up; shared weights count once.

    Equal neighbours are one part, and so are patterns of up to four parts that come three times or more.
    What a model learns in none of its layers, fronts and heads comes last, as ``BESIDE``. ``steps`` is the letter of
    the first axis after the batch.

    >>> from seqloom.layers import parse_spec
    >>> for part in parts_of(parse_spec("3*gru(8) + pool(mean)").build_pooled(8)):
    ...     print(part.count, part.name, part.weights, part.shape)
    3 gru(8) 1248 (B, T, 8)
    1 pool(mean) 0 (B, 8)
    """
    seen: set[int] = set()
    parts = [Part(found.name, _counted(found.module, seen), found.shape) for found in _in_a_row(modules, steps)]
    beside = sum(_counted(module, seen) for module in modules)
    return [*_folded(parts), *([Part(BESIDE, beside, "")] if beside else [])]


def listed(module: nn.Module) -> str:
    """The parts in a line.

    >>> from seqloom.layers import parse_spec
    >>> listed(parse_spec("3*gru(8) + pool(mean)").build_pooled(8))
    '3 × gru(8), pool(mean); 1,248 weights'
    """
    parts = [part for part in parts_of(module) if part.name != BESIDE]
    names = (f"{part.count} × {part.name}" if part.count > 1 else part.name for part in parts)
    return f"{', '.join(names)}; {weights_of(module):,} weights"


def weights_of(module: nn.Module) -> int:
    """How many numbers are learned; shared ones count once."""
    return _counted(module, set())


def cells_of(module: nn.Module) -> dict[str, Graph]:
    """The cells in a layer or model by their names, the first one of those with the same equations.

    >>> from seqloom.layers import parse_spec
    >>> list(cells_of(parse_spec("2*gru(8) bidirectional + lstm(4) + attention(4)").build(8)))
    ['GRUResetAfter', 'LSTM']
    """
    found: dict[str, Graph] = {}
    seen: set[str] = set()
    for part in module.modules():
        graph = getattr(part, "graph", None)
        if isinstance(graph, Graph) and (written := formula(graph)) not in seen:
            cell = getattr(part, "cell", None)
            name = "Cell" if cell is None else type(cell).__name__
            number = sum(other.partition(" ")[0] == name for other in found) + 1
            found[name if number == 1 else f"{name} {number}"] = graph
            seen.add(written)
    return found


def _in_a_row(modules: Iterable[nn.Module], steps: str) -> Iterator[_Found]:
    for module in modules:
        for found in _chain(module, steps):
            steps = found.steps
            yield found


def _chain(module: nn.Module, steps: str) -> Iterator[_Found]:
    match module:
        case nn.Sequential():
            yield from _in_a_row(module, steps)
        case Stack():
            for found in _in_a_row(module.layers, steps):
                steps = found.steps
                yield found
            if module.norm is not None:
                yield _Found(module.norm, f"{module.last_norm} norm", steps, module.out_features)
        case Unchanged():
            pass
        case Pooled():
            yield from _chain(module.body, steps)
            yield _Found(module.pooling, called(module.pooling), "", module.out_features)
        case Embedding():
            name = "one-hot" if isinstance(module, OneHot) else "embedding"
            yield _Found(module, f"{name} of {module.vocabulary_size:,} tokens", steps, module.out_features)
        case Front():
            yield _Found(module, called(module), "S", module.out_features)
        case _ if parts := _parts_of_model(module):
            yield from _in_a_row(parts, steps)
        case SequenceLayer():
            yield _Found(module, called(module), steps if module.keeps_time else f"{steps}′", module.out_features)
        case _:
            yield _Found(module, called(module), steps, width_of(module))


def _parts_of_model(module: nn.Module) -> list[nn.Module]:
    """What stands below, in and above the layers of a model; nothing for a module that is no model of ours."""
    layers = next((name for name in _LAYERS if name in dict(module.named_children())), None)
    if layers is None or isinstance(module, Decoder):
        return []
    inner = [layers, "target_embedding", "decoder"] if layers == "encoder" else [layers]
    named = [getattr(module, name, None) for name in (*_BELOW, *inner, *_ABOVE)]
    return [part for part in named if isinstance(part, nn.Module)]


def _counted(module: nn.Module, seen: set[int]) -> int:
    """The numbers in weights that were not ``seen`` yet; they now are."""
    fresh = {id(weight): weight.numel() for weight in module.parameters() if id(weight) not in seen}
    seen.update(fresh)
    return sum(fresh.values())


def _folded(parts: list[Part]) -> Iterator[Part]:
    """Equal neighbours as one, and patterns that come again and again."""
    begin = 0
    while begin < len(parts):
        period, count = _repeated(parts[begin:])
        run = parts[begin : begin + period * count]
        yield Part(
            " + ".join(part.name for part in run[:period]), sum(part.weights for part in run), run[-1].shape, count
        )
        begin += len(run)


def _repeated(parts: list[Part]) -> tuple[int, int]:
    """How long the pattern is that ``parts`` begin with, and how often it comes; one part, once, where none does."""
    keys = [(part.name, part.shape) for part in parts]
    counts = {}
    for period in range(1, _LONGEST_PATTERN + 1):
        counts[period] = 1
        while keys[counts[period] * period :][:period] == keys[:period]:
            counts[period] += 1
    often = {period: count for period, count in counts.items() if count >= (_OFTEN if period > 1 else 2)}
    period = max(often, key=lambda one: often[one] * one, default=1)
    return period, often.get(period, 1)
