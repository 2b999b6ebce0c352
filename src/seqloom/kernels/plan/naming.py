"""What the values, slots and matrices of a plan are called in its explanation: as in the cell's equations."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from seqloom.cells.expressions import bare
from seqloom.cells.formula import equations_of, map_text
from seqloom.kernels.plan.lower import lower
from seqloom.kernels.plan.plan import Plan
from seqloom.kernels.plan.schedule import Multiply, Segment, Whole
from seqloom.kernels.plan.values import Coins, Normalise, NormaliseBack, Number, Place, Product, Slot, Total, Value

__all__ = ["Names"]


class Names:
    """The names of one plan; ``count`` values of its arena are of the forward pass, the others of the way back."""

    def __init__(self, plan: Plan) -> None:
        self.arena = plan.backward.arena
        masks_drawn = any(isinstance(value, Coins) for value in self.arena.values)
        forward = lower(plan.graph, masks_drawn, plan.wanted)
        self.count = len(forward.arena.values)
        self.graph = plan.graph
        written = equations_of(plan.graph)
        self.equations = tuple(line.text for line in written.lines)
        node_texts = [value.text for value in written.values]
        self._definitions = {line.partition(" = ")[0]: line for line in self.equations}
        self._shapes = {parameter.name: parameter.shape for parameter in plan.graph.parameters()}
        self._texts: dict[int, str] = {}
        for node, position in forward.of_node.items():
            self._texts.setdefault(position, node_texts[node])
        self._shared = {name: node_texts[node] for name, node in plan.shared}
        self._products = {
            tuple((term.matrix, term.transposed) for term in value.terms): position
            for position, value in enumerate(self.arena.values)
            if isinstance(value, Product)
        }
        self._name_gradients()
        self._kept = dict(self._names_kept(plan))

    def map(self, name: str) -> str:
        """A map, as the equations write it."""
        return map_text(self.graph, name)

    def matrix(self, name: str) -> str:
        """A matrix, as the equations write it."""
        owner, _, part = name.rpartition(".")
        return f"W_{owner}_{part.removeprefix('weight_')}"

    def parameter(self, name: str) -> str:
        """A learned vector: b_update, or a weight by its own name."""
        owner, _, part = name.rpartition(".")
        return {"bias": f"b_{owner}", "scale": f"scale_{owner}"}.get(part, owner)

    def size(self, matrix: str) -> str:
        """Rows × columns, times the number of blocks."""
        return " × ".join(map(str, self._shapes[matrix]))

    def weights(self, matrix: str) -> int:
        """How many numbers a matrix has."""
        return prod(self._shapes[matrix])

    def value_at(self, position: int) -> str:
        """The value at a position of the arena."""
        value = self.arena.values[position]
        if position in self._texts:
            return self._texts[position]
        match value:
            case Normalise():
                return f"normalised({self.value_at(value.operands[0])})"
            case Number():
                return f"{value.value:g}"
            case _:
                return "an inner gradient" if position >= self.count else "an inner value"

    def value(self, value: Value) -> str:
        """A value that is in the arena."""
        return self.value_at(self.arena.add(value))

    def shared(self, name: str) -> str:
        """A vector that is computed from weights alone."""
        return self._shared[name]

    def slot(self, slot: Slot) -> str:
        """What lies in a slot whose name says it."""
        kind, _, rest = slot.name.partition(".")
        if kind in ("gradient", "sum"):
            name = self._shared.get(rest) or (self.parameter(rest) if kind == "sum" else self.map(rest))
            return f"∂{name}"
        return f"∂{kind}" if rest == "gradient" else self.parameter(slot.name)

    def kept(self, name: str) -> str:
        """What the slot ``name`` holds when a training step is done."""
        return self._kept.get(name, name.rpartition(".")[2])

    def product(self, operation: Multiply) -> str:
        """target = start + W operand + …"""
        position = self._position(operation)
        value = self.arena.values[position]
        assert isinstance(value, Product)
        terms = [f"{self.matrix(t.matrix)}{'ᵀ' * t.transposed} {self.value_at(t.operand)}" for t in value.terms]
        start = operation.start
        if start is not None and start.place == Place.SHARED:
            terms.append(self.slot(start))
        sign = "=" if start is None or start.place == Place.SHARED else "+="
        sizes = dict.fromkeys(self.size(term.matrix) for term in value.terms)
        return f"{self.value_at(position)} {sign} {' + '.join(terms)}  ({', '.join(sizes)})"

    def stores(self, segment: Segment) -> Iterator[str]:
        """What a segment computes: definitions of the equations, values, gradients, and sums over all tokens."""
        values: dict[str, None] = {}
        defined: dict[str, None] = {}
        gradients: dict[str, None] = {}
        sums: dict[str, None] = {}
        for target in segment.stores:
            if target.slot.place == Place.PARTIAL:
                sums[self.slot(target.slot)] = None
            elif target.slot.name.startswith("gradient.") or target.slot.name.endswith(".gradient"):
                gradients[self.slot(target.slot)] = None
            elif target.slot.name == "output":
                defined[self._definitions["y"]] = None
            elif (text := self.value_at(target.value)) in self._definitions:
                defined[self._definitions[text]] = None
            else:
                values[bare(text)] = None
        if values:
            yield ", ".join(values)
        yield from sorted(defined, key=self.equations.index)
        if gradients:
            yield ", ".join(gradients)
        if sums:
            yield f"summed over the tokens: {', '.join(sums)}"

    def _position(self, operation: Multiply) -> int:
        return self._products[tuple((factor.matrix, factor.transposed) for factor in operation.factors)]

    def _name_gradients(self) -> None:
        """Name what the way back computes by what it is the gradient of."""
        values = self.arena.values
        readers = {
            (term.matrix, True): term.operand
            for value in values[: self.count]
            if isinstance(value, Product)
            for term in value.terms
        }
        for position, value in enumerate(values):
            match value:
                case Product(terms=terms) if terms[0].transposed:
                    name = f"∂{self.value_at(readers[terms[0].matrix, True])}"
                    self._texts[position] = name
                    if value.start is not None:
                        self._texts.setdefault(value.start, name)
                    for term in terms:
                        self._texts[term.operand] = f"∂{self.map(term.matrix.rpartition('.')[0])}"
                case NormaliseBack(operands=(gradient, hat, _)):
                    normalise = values[hat]
                    assert isinstance(normalise, Normalise)
                    self._texts.setdefault(position, f"∂{self.value_at(normalise.operands[0])}")
                    self._texts.setdefault(gradient, f"∂{self.value_at(hat)}")
                case _:
                    pass

    def _names_kept(self, plan: Plan) -> Iterator[tuple[str, str]]:
        """The slots of a training step, each with what was written into it last."""
        for operation in plan.training.operations:
            match operation:
                case Multiply():
                    yield operation.target.name, self.value_at(self._position(operation))
                case Whole(value=Normalise() as value):
                    name = self.value(value)
                    yield from zip(
                        (t.name for t in operation.targets), (name, f"1 / deviation of {name}"), strict=False
                    )
                case Whole(value=Total() as total):
                    yield operation.targets[0].name, self.value(total)
                case Segment():
                    yield from ((t.slot.name, self.value_at(t.value)) for t in operation.stores)
                case _:
                    pass
        for slot in plan.states:
            yield slot.name, slot.name.removeprefix("new.")
