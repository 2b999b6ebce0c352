"""The traced form of a cell: a short list of nodes, each reading only earlier ones.

Tracing turns the equations of one time step into this graph. Kernels are made from it, parameters are counted
from it, and a saved model holds it as plain data, so that a user's own cell loads without its code.
"""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

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
    "check_name",
]

UNARY = ("negative", "sigmoid", "tanh", "relu", "exp", "log", "softplus", "sqrt", "sin", "cos")
BINARY = ("add", "subtract", "multiply", "divide", "maximum", "minimum")
NORMS = ("layer", "rms")
RHYTHMS = ("step", "sequence")
MAXIMUM_NODES = 4096
MAXIMUM_WIDTH = 1 << 20
LARGEST = 1e300
RESERVED = ("row_seed", "row_time")


@dataclass(frozen=True)
class Input:
    """The layer's input at this step, x (B, D)."""

    width: int


@dataclass(frozen=True)
class Part:
    """Columns of the input, as many as ``width``, from ``start`` on."""

    operands: tuple[int, ...]
    width: int
    start: int

    @property
    def text(self) -> str:
        """The part as it is written: x[4:8]."""
        return f"x[{self.start}:{self.start + self.width}]"


@dataclass(frozen=True)
class State:
    """A state as the previous step left it, with the value it has before the first step."""

    name: str
    width: int
    initial: float


@dataclass(frozen=True)
class Constant:
    """A number."""

    value: float
    width: int = 1


@dataclass(frozen=True)
class Affine:
    """Σ_k W_k · operand_k + b, in ``blocks`` independent blocks (heads)."""

    name: str
    operands: tuple[int, ...]
    width: int
    bias: bool
    blocks: int


@dataclass(frozen=True)
class Weight:
    """A learned vector (H,) that multiplies or shifts, unit by unit."""

    name: str
    width: int


@dataclass(frozen=True)
class Norm:
    """A normalisation over the units, within ``groups`` groups, with a learned scale (and shift for "layer")."""

    name: str
    operands: tuple[int, ...]
    width: int
    kind: str
    groups: int


@dataclass(frozen=True)
class Mask:
    """Independent coins with probability ``p`` of 1; their mean ``p`` in evaluation."""

    name: str
    width: int
    p: float
    per: str


@dataclass(frozen=True)
class Pointwise:
    """An arithmetic operation or a function, unit by unit."""

    operation: str
    operands: tuple[int, ...]
    width: int


Node = Input | Part | State | Constant | Affine | Weight | Norm | Mask | Pointwise
FIELD_TYPES: dict[str, tuple[type, ...]] = {"int": (int,), "float": (float, int), "bool": (bool,), "str": (str,)}
NODE_TYPES = {kind.__name__: kind for kind in (Input, Part, State, Constant, Affine, Weight, Norm, Mask, Pointwise)}


@dataclass(frozen=True)
class ParameterShape:
    """A parameter of the graph: its name, shape and part ("input", "recurrent", "bias", "vector" or "scale")."""

    name: str
    shape: tuple[int, ...]
    part: str


@dataclass(frozen=True)
class Graph:
    """One time step: ``nodes`` in order, the nodes that are the new states, and the node that is the output.

    ``text`` is ``to_data`` as JSON, ready before anybody traces what runs.
    """

    text: ClassVar[str]
    nodes: tuple[Node, ...]
    new_states: tuple[int, ...]
    output: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", json.dumps(self.to_data()))

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

    def to_data(self) -> dict[str, Any]:
        """The graph as JSON-ready data, for a saved model."""
        nodes = [{"node": type(node).__name__, **asdict(node)} for node in self.nodes]
        return {"nodes": nodes, "new_states": list(self.new_states), "output": self.output}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Graph:
        """Read back what ``to_data`` wrote; raises UsageError for anything else, however it was made."""
        try:
            if len(data["nodes"]) > MAXIMUM_NODES:
                raise UsageError(f"A cell has at most {MAXIMUM_NODES} nodes; this one has {len(data['nodes'])}.")
            nodes = tuple(_node_from_data(entry) for entry in data["nodes"])
            graph = cls(nodes, tuple(data["new_states"]), data["output"])
            graph.check()
        except (KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"This is not the graph of a cell: {type(error).__name__}: {error}.") from None
        return graph

    def check(self) -> None:
        """Raise UsageError unless every node is well formed and reads only earlier nodes."""
        names: set[str] = set()
        for position, node in enumerate(self.nodes):
            where = f"node {position} ({type(node).__name__})"
            _check_types(node, where)
            if not 1 <= node.width <= MAXIMUM_WIDTH:
                raise UsageError(f"{where}: a width lies between 1 and {MAXIMUM_WIDTH}; this is {node.width!r}.")
            if not isinstance(node, Input | Part | Constant | Pointwise):
                check_name(node.name)
                if node.name in names:
                    raise UsageError(f"{where}: the name {node.name!r} is used twice.")
                names.add(node.name)
            self._check_operands(position, where)
            _check_settings(node, where)
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


def _node_from_data(entry: Mapping[str, Any]) -> Node:
    kind = NODE_TYPES[entry["node"]]
    known = {field.name for field in fields(kind)}
    if set(entry) - {"node"} != known:
        raise UsageError(f"A node {kind.__name__} has the fields {sorted(known)}; this one has {sorted(entry)}.")
    values = {key: tuple(value) if key == "operands" else value for key, value in entry.items() if key != "node"}
    build: Any = kind
    node: Node = build(**values)
    return node


def _check_types(node: Node, where: str) -> None:
    for field in fields(node):
        value = getattr(node, field.name)
        if field.name != "operands" and type(value) not in FIELD_TYPES[str(field.type)]:
            raise UsageError(f"{where}: {field.name} must be of the type {field.type}; this is {value!s:.20}.")


def _check_settings(node: Node, where: str) -> None:
    match node:
        case Pointwise() if node.operation not in UNARY + BINARY:
            raise UsageError(f"{where}: no operation is called {node.operation!r}.")
        case Norm() if node.kind not in NORMS:
            raise UsageError(f"{where}: a norm is one of {NORMS}; this is {node.kind!r}.")
        case Mask() if not (0 <= node.p <= 1 and node.per in RHYTHMS):
            raise UsageError(
                f"{where}: a mask needs 0 <= p <= 1 and one of {RHYTHMS}; this is {node.p!r}, {node.per!r}."
            )
        case State(initial=value) | Constant(value=value) if not -LARGEST < value < LARGEST:
            raise UsageError(f"{where}: a number must be finite; this is {value!s:.20}.")
        case _:
            pass


def check_name(name: str) -> None:
    """Raise UsageError unless ``name`` can name a parameter and a field: lower case, digits and underscores."""
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name):
        raise UsageError(f"A name has lower-case letters, digits and underscores, at most 64; this is {name!r}.")
    if keyword.iskeyword(name) or name in RESERVED:
        raise UsageError(f"The name {name!r} has a meaning of its own; choose another.")
