"""The traced form of a cell: a short list of nodes, each reading only earlier ones.

Tracing turns the equations of one time step into this graph. Kernels are made from it, parameters are counted
from it, and a saved model holds it as plain data, so that a user's own cell loads without its code.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from seqloom.cells.nodes import (
    UNARY,
    Affine,
    Constant,
    Input,
    Mask,
    Node,
    Norm,
    Part,
    Pointwise,
    State,
    Weight,
    check_name,
    check_node,
    check_settings,
    node_from_data,
)
from seqloom.errors import UsageError

__all__ = [
    "Affine",
    "Constant",
    "Graph",
    "Input",
    "Mask",
    "Node",
    "Norm",
    "ParameterShape",
    "Part",
    "Pointwise",
    "State",
    "Weight",
]

MAXIMUM_NODES = 4096


@dataclass(frozen=True)
class ParameterShape:
    """A parameter of the graph: its name, shape and part ("input", "recurrent", "bias", "vector" or "scale")."""

    name: str
    shape: tuple[int, ...]
    part: str


@dataclass(frozen=True)
class Graph:
    """One time step: ``nodes`` in order, the nodes that are the new states, and the node that is the output.

    ``names`` says what the equations call a node, for the eye alone: graphs that differ in nothing else are equal, and
    are compiled once. ``text`` is what is computed as JSON, ready before anybody traces what runs.
    """

    text: ClassVar[str]
    nodes: tuple[Node, ...]
    new_states: tuple[int, ...]
    output: int
    names: tuple[tuple[str, int], ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", json.dumps(self._computed()))

    def __hash__(self) -> int:
        return hash(self.text)  # which a string remembers; the nodes' would be computed for every look into a cache

    @property
    def in_features(self) -> int:
        """Width D of x."""
        return next(node.width for node in self.nodes if isinstance(node, Input))

    @property
    def out_features(self) -> int:
        """Width of the output."""
        return self.nodes[self.output].width

    @property
    def states(self) -> tuple[State, ...]:
        """The states in the order of the equations' arguments."""
        return tuple(node for node in self.nodes if isinstance(node, State))

    @property
    def has_masks(self) -> bool:
        """Whether training draws random numbers inside the recurrence."""
        return any(isinstance(node, Mask) for node in self.nodes)

    @property
    def has_parts(self) -> bool:
        """Whether a step takes x apart."""
        return any(isinstance(node, Part) for node in self.nodes)

    def parameters(self) -> Iterator[ParameterShape]:
        """Every parameter of the graph, in the order of the equations."""
        reads_state = self._reads_state()
        for node in self.nodes:
            match node:
                case Affine():
                    for k, operand in enumerate(node.operands):
                        columns = self.nodes[operand].width // node.blocks
                        rows = node.width // node.blocks
                        shape = (rows, columns) if node.blocks == 1 else (node.blocks, rows, columns)
                        part = "recurrent" if reads_state[operand] else "input"
                        yield ParameterShape(f"{node.name}.weight_{k}", shape, part)
                    if node.bias:
                        yield ParameterShape(f"{node.name}.bias", (node.width,), "bias")
                case Weight():
                    yield ParameterShape(f"{node.name}.vector", (node.width,), "vector")
                case Norm():
                    yield ParameterShape(f"{node.name}.scale", (node.width,), "scale")
                    if node.kind == "layer":
                        yield ParameterShape(f"{node.name}.bias", (node.width,), "bias")
                case _:
                    pass

    def _reads_state(self) -> list[bool]:
        reads: list[bool] = []
        for node in self.nodes:
            operands = getattr(node, "operands", ())
            reads.append(isinstance(node, State) or any(reads[k] for k in operands))
        return reads

    @property
    def quantities(self) -> dict[str, int]:
        """What has a name, and which node it is: what the equations named, then the new states without such a name."""
        named = set(dict(self.names).values())
        states = zip(self.states, self.new_states, strict=True)
        return dict(self.names) | {state.name: new for state, new in states if new not in named}

    def to_data(self) -> dict[str, Any]:
        """The graph as JSON-ready data, for a saved model."""
        return self._computed() | {"names": dict(self.names)}

    def _computed(self) -> dict[str, Any]:
        nodes = [{"node": type(node).__name__, **asdict(node)} for node in self.nodes]
        return {"nodes": nodes, "new_states": list(self.new_states), "output": self.output}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Graph:
        """Read back what ``to_data`` wrote; raises UsageError for anything else, however it was made."""
        try:
            if len(data["nodes"]) > MAXIMUM_NODES:
                raise UsageError(f"A cell has at most {MAXIMUM_NODES} nodes; this one has {len(data['nodes'])}.")
            nodes = tuple(node_from_data(entry) for entry in data["nodes"])
            names = tuple(data.get("names", {}).items())  # graphs of before have none
            graph = cls(nodes, tuple(data["new_states"]), data["output"], names)
            graph.check()
        except (KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"This is not the graph of a cell: {type(error).__name__}: {error}.") from None
        return graph

    def check(self) -> None:
        """Raise UsageError unless every node is well formed and reads only earlier nodes."""
        names: set[str] = set()
        for position, node in enumerate(self.nodes):
            where = f"node {position} ({type(node).__name__})"
            check_node(node, where)
            if not isinstance(node, Input | Part | Constant | Pointwise):
                check_name(node.name)
                if node.name in names:
                    raise UsageError(f"{where}: the name {node.name!r} is used twice.")
                names.add(node.name)
            self._check_operands(position, where)
            check_settings(node, where)
        ends = (*self.new_states, self.output)
        if any(type(end) is not int or not 0 <= end < len(self.nodes) for end in ends):
            raise UsageError(
                f"The new states and the output must be nodes 0 to {len(self.nodes) - 1}; these are {ends}."
            )
        if sum(isinstance(node, Input) for node in self.nodes) != 1:
            raise UsageError("A cell has exactly one input, x.")
        if not self.states:
            raise UsageError("A cell has at least one state; without one, nothing recurs.")
        if [self.nodes[end].width for end in self.new_states] != [state.width for state in self.states]:
            raise UsageError("Each new state must have the width of the state it replaces.")
        self._check_names()

    def _check_names(self) -> None:
        taken = {node.name for node in self.nodes if isinstance(node, State | Weight | Norm | Mask)}
        for name, position in self.names:
            check_name(name)
            if name in taken:
                raise UsageError(f"The name {name!r} is used twice; only a map and what is made from it may share one.")
            if type(position) is not int or not 0 <= position < len(self.nodes):
                raise UsageError(f"The name {name!r} is that of a node 0 to {len(self.nodes) - 1}, not {position!r}.")
        if not len({*dict(self.names)}) == len({*dict(self.names).values()}) == len(self.names):
            raise UsageError(f"A value has one name, and a name one value; these are {dict(self.names)}.")

    def _check_operands(self, position: int, where: str) -> None:
        node = self.nodes[position]
        operands = getattr(node, "operands", ())
        if any(type(k) is not int or not 0 <= k < position for k in operands):
            raise UsageError(f"{where}: operands must be earlier nodes; these are {operands}.")
        widths = [self.nodes[k].width for k in operands]
        match node:
            case Part():
                if len(node.operands) != 1 or not isinstance(self.nodes[node.operands[0]], Input):
                    raise UsageError(f"{where}: only x has parts.")
                if not 0 <= node.start <= widths[0] - node.width:
                    raise UsageError(f"{where}: x has {widths[0]} columns; this is {node.width} from {node.start} on.")
            case Affine():
                if node.blocks < 1 or any(width % node.blocks for width in (*widths, node.width)):
                    raise UsageError(
                        f"{where}: {node.blocks} blocks do not divide the widths {widths} and {node.width}."
                    )
            case Norm():
                if widths != [node.width] or node.groups < 1 or node.width % node.groups:
                    raise UsageError(f"{where}: {node.groups} groups do not divide the width {node.width}.")
            case Pointwise():
                count = 1 if node.operation in UNARY else 2
                if len(operands) != count or {*widths, 1} != {node.width, 1}:
                    raise UsageError(f"{where}: {node.operation} of widths {widths} cannot give {node.width}.")
            case _:
                pass
