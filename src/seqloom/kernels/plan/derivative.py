"""The backward pass of a step, derived from its forward pass by reverse accumulation.

The result is one more list of values in the same arena, over what the forward pass kept: gradients of the new states
and of the output come in, gradients of the old states, the streams and the parameters go out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from seqloom.kernels.plan.lower import Forward
from seqloom.kernels.plan.schedule import Target
from seqloom.kernels.plan.values import (
    Apply,
    Arena,
    Deviation,
    Load,
    Normalise,
    NormaliseBack,
    Number,
    Place,
    Product,
    Slot,
    Term,
    Total,
)

__all__ = ["BY_RESULT", "derive"]

Rule = Callable[[Arena, int, tuple[int, ...], int], tuple[int, ...]]
"""(arena, gradient, operands, result) → the gradient of each operand."""


def _one_minus(arena: Arena, v: int) -> int:
    return arena.apply("subtract", arena.number(1.0), v)


def _times(arena: Arena, *factors: int) -> int:
    product = factors[0]
    for factor in factors[1:]:
        product = arena.apply("multiply", product, factor)
    return product


def _choice(arena: Arena, g: int, a: int, b: int) -> tuple[int, int]:
    """The gradient goes to the larger of a and b, in halves to equals, and to both where one is NaN, as torch does."""
    return arena.apply("share", g, a, b), arena.apply("share", g, b, a)


RULES: dict[str, Rule] = {
    "add": lambda arena, g, v, y: (g, g),
    "subtract": lambda arena, g, v, y: (g, arena.apply("negative", g)),
    "multiply": lambda arena, g, v, y: (_times(arena, g, v[1]), _times(arena, g, v[0])),
    "divide": lambda arena, g, v, y: (
        arena.apply("divide", g, v[1]),
        arena.apply("negative", arena.apply("divide", _times(arena, g, y), v[1])),
    ),
    "maximum": lambda arena, g, v, y: _choice(arena, g, v[0], v[1]),
    "minimum": lambda arena, g, v, y: _choice(arena, g, v[1], v[0]),
    "negative": lambda arena, g, v, y: (arena.apply("negative", g),),
    "sigmoid": lambda arena, g, v, y: (_times(arena, g, y, _one_minus(arena, y)),),
    "tanh": lambda arena, g, v, y: (_times(arena, g, _one_minus(arena, _times(arena, y, y))),),
    "relu": lambda arena, g, v, y: (arena.apply("passed", g, y),),
    "exp": lambda arena, g, v, y: (_times(arena, g, y),),
    "log": lambda arena, g, v, y: (arena.apply("divide", g, v[0]),),
    "softplus": lambda arena, g, v, y: (_times(arena, g, arena.apply("sigmoid", v[0])),),
    "sqrt": lambda arena, g, v, y: (arena.apply("divide", _times(arena, g, arena.number(0.5)), y),),
    "sin": lambda arena, g, v, y: (_times(arena, g, arena.apply("cos", v[0])),),
    "cos": lambda arena, g, v, y: (arena.apply("negative", _times(arena, g, arena.apply("sin", v[0]))),),
}

BY_RESULT = frozenset({"sigmoid", "tanh", "relu", "exp", "sqrt"})
"""Functions whose derivative needs their result alone, so that the argument need not be kept."""


def derive(forward: Forward) -> list[Target]:
    """What the backward pass of one step computes, and where it goes."""
    return _Reverse(forward).run()


class _Reverse:
    def __init__(self, forward: Forward) -> None:
        self.forward = forward
        self.arena = forward.arena
        self.gradients: dict[int, list[int]] = defaultdict(list)
        self.transposed: dict[int, dict[int, list[Term]]] = defaultdict(lambda: defaultdict(list))
        self.targets: list[Target] = []

    def run(self) -> list[Target]:
        arena = self.arena
        count = len(arena.values)
        for k, (value, slot) in enumerate(self.forward.outputs):
            self.gradients[value].append(arena.add(Load(Slot(f"output_{k}.gradient", slot.width, Place.TOKEN))))
        for value, slot in self.forward.new_states:
            later = Slot(f"gradient.{slot.name.removeprefix('new.')}", slot.width, Place.GIVEN)
            self.gradients[value].append(arena.add(Load(later)))
        for position in reversed(range(count)):
            self._visit(position)
        return self.targets

    def _visit(self, position: int) -> None:
        arena, value = self.arena, self.arena.values[position]
        gradient = arena.sum(self.gradients[position])
        for blocks, terms in self.transposed[position].items():
            gradient = arena.add(Product(tuple(terms), gradient, value.width, blocks))
        if isinstance(value, Load):
            self._arrive(value.slot, gradient)
        if gradient is None:
            return
        match value:
            case Apply():
                operands = value.operands
                for k, part in zip(operands, RULES[value.operation](arena, gradient, operands, position), strict=True):
                    self._give(k, part)
            case Product():
                name = value.terms[0].matrix.rpartition(".")[0]
                self._store(gradient, Slot(f"gradient.{name}", value.width, Place.TOKEN))
                for term in value.terms:
                    self.transposed[term.operand][value.blocks].append(Term(gradient, term.matrix, True))
                if value.start is not None:
                    self._give(value.start, gradient)
            case Normalise():
                deviation = arena.add(Deviation((position,), value.groups))
                inputs = (gradient, position, deviation)
                self._give(value.operands[0], arena.add(NormaliseBack(inputs, value.width, value.kind, value.groups)))
            case _:
                pass

    def _give(self, position: int, gradient: int) -> None:
        """One contribution to the gradient of ``position``; what was spread over the units is summed over them."""
        if isinstance(self.arena.values[position], Number):
            return
        if self.arena.width(gradient) > self.arena.width(position):
            gradient = self.arena.add(Total((gradient,)))
        self.gradients[position].append(gradient)

    def _arrive(self, slot: Slot, gradient: int | None) -> None:
        """The gradient of something loaded."""
        name = slot.name.partition(".")[2]
        match slot.place:
            case Place.PREVIOUS:
                zero = self.arena.number(0.0)
                self._store(zero if gradient is None else gradient, Slot(f"gradient.{name}", slot.width, Place.HANDED))
            case Place.TOKEN if gradient is not None:
                self._store(
                    gradient, Slot(f"gradient.{name}" if name else f"{slot.name}.gradient", slot.width, Place.TOKEN)
                )
                if name in self.forward.streams and self.forward.streams[name].bias:
                    self._accumulate(gradient, Slot(f"sum.{name}.bias", slot.width, Place.PARTIAL))
            case Place.SHARED if gradient is not None:
                self._accumulate(gradient, Slot(f"sum.{slot.name}", slot.width, Place.PARTIAL))
            case _:
                pass

    def _store(self, gradient: int, slot: Slot) -> None:
        target = Target(gradient, slot)
        if target not in self.targets:
            self.targets.append(target)

    def _accumulate(self, gradient: int, slot: Slot) -> None:
        self.targets.append(Target(gradient, slot))
