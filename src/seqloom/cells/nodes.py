"""The nodes of a traced cell, and what a well-formed one is."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from seqloom.errors import UsageError

__all__ = [
    "BINARY",
    "UNARY",
    "Affine",
    "Constant",
    "Input",
    "Mask",
    "Node",
    "Norm",
    "Part",
    "Pointwise",
    "State",
    "Weight",
    "check_name",
    "check_node",
    "check_settings",
    "node_from_data",
]

UNARY = ("negative", "sigmoid", "tanh", "relu", "exp", "log", "softplus", "sqrt", "sin", "cos")
BINARY = ("add", "subtract", "multiply", "divide", "maximum", "minimum")
NORMS = ("layer", "rms")
RHYTHMS = ("step", "sequence")
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


def node_from_data(entry: Mapping[str, Any]) -> Node:
    """Read back what ``Graph.to_data`` wrote of one node; raises UsageError for other fields."""
    kind = NODE_TYPES[entry["node"]]
    known = {field.name for field in fields(kind)}
    if set(entry) - {"node"} != known:
        raise UsageError(f"A node {kind.__name__} has the fields {sorted(known)}; this one has {sorted(entry)}.")
    values = {key: tuple(value) if key == "operands" else value for key, value in entry.items() if key != "node"}
    build: Any = kind
    node: Node = build(**values)
    return node


def check_node(node: Node, where: str) -> None:
    """Raise UsageError unless the fields of ``node`` have their types and lie in their ranges."""
    for field in fields(node):
        value = getattr(node, field.name)
        if field.name != "operands" and type(value) not in FIELD_TYPES[str(field.type)]:
            raise UsageError(f"{where}: {field.name} must be of the type {field.type}; this is {value!s:.20}.")
    if not 1 <= node.width <= MAXIMUM_WIDTH:
        raise UsageError(f"{where}: a width lies between 1 and {MAXIMUM_WIDTH}; this is {node.width!r}.")


def check_settings(node: Node, where: str) -> None:
    """Raise UsageError for an operation, norm, mask or number that there is not."""
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
