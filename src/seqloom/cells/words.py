"""The words in which a cell is written, and the symbols that they make while a cell is traced.

Operands are ``x``, the states, and what is made from them. The set is closed: whatever can be said in these words can
be run, differentiated, streamed and compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, NoReturn

from seqloom.cells.initialisation import Constant as ConstantFill
from seqloom.cells.initialisation import Initialiser
from seqloom.cells.nodes import (
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
)
from seqloom.errors import UsageError

__all__ = [
    "Symbol",
    "affine",
    "bernoulli",
    "cos",
    "exp",
    "log",
    "maximum",
    "minimum",
    "named",
    "norm",
    "part",
    "relu",
    "sigmoid",
    "sin",
    "softplus",
    "sqrt",
    "tanh",
    "weight",
]


@dataclass
class Trace:
    """The nodes written so far, and what the equations said of their parameters."""

    hidden_size: int
    nodes: list[Node] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    named: dict[str, int] = field(default_factory=dict)
    vectors: dict[str, Initialiser] = field(default_factory=dict)

    def add(self, node: Node) -> Symbol:
        """Append ``node`` and return its symbol; a name is used once."""
        if not isinstance(node, Input | Part | Constant | Pointwise):
            check_name(node.name)
            if node.name in self.names:
                raise UsageError(
                    f"The name {node.name!r} is used twice; each map, weight, norm, mask and state has its own."
                )
            self.names.add(node.name)
        self.nodes.append(node)
        return Symbol(self, len(self.nodes) - 1, node.width)


_CURRENT: ContextVar[Trace | None] = ContextVar("seqloom_trace", default=None)


@contextmanager
def tracing(hidden_size: int) -> Iterator[Trace]:
    """Collect the nodes that the words make inside the ``with`` block."""
    trace = Trace(hidden_size)
    token = _CURRENT.set(trace)
    try:
        yield trace
    finally:
        _CURRENT.reset(token)


def _trace(word: str) -> Trace:
    trace = _CURRENT.get()
    if trace is None:
        raise UsageError(f"{word}() has a meaning only inside the equations of a cell.")
    return trace


class Symbol:
    """A value of the step that is being traced: arithmetic on it writes the graph."""

    __slots__ = ("position", "trace", "width")
    __array_ufunc__ = None

    def __init__(self, trace: Trace, position: int, width: int) -> None:
        self.trace = trace
        self.position = position
        self.width = width

    def __add__(self, other: Symbol | float) -> Symbol:
        return _binary("add", self, other)

    def __radd__(self, other: float) -> Symbol:
        return _binary("add", other, self)

    def __sub__(self, other: Symbol | float) -> Symbol:
        return _binary("subtract", self, other)

    def __rsub__(self, other: float) -> Symbol:
        return _binary("subtract", other, self)

    def __mul__(self, other: Symbol | float) -> Symbol:
        return _binary("multiply", self, other)

    def __rmul__(self, other: float) -> Symbol:
        return _binary("multiply", other, self)

    def __truediv__(self, other: Symbol | float) -> Symbol:
        return _binary("divide", self, other)

    def __rtruediv__(self, other: float) -> Symbol:
        return _binary("divide", other, self)

    def __neg__(self) -> Symbol:
        return _unary("negative", self)

    def __bool__(self) -> NoReturn:
        raise UsageError(
            "A cell's equations cannot branch on a value (bool, if, and, or, comparison): they are traced once, for "
            "all data. Write the choice as arithmetic, as in gate * a + (1 - gate) * b, or with maximum and minimum."
        )

    def _no_comparison(self, other: object) -> NoReturn:
        self.__bool__()

    __lt__ = __le__ = __gt__ = __ge__ = _no_comparison
    __eq__ = __ne__ = _no_comparison
    __hash__ = object.__hash__

    def __pow__(self, other: object) -> NoReturn:
        raise UsageError("** is not one of a cell's words: write x * x, sqrt(x) or exp(p * log(x)).")

    def __getitem__(self, index: object) -> NoReturn:
        raise UsageError("A cell's values cannot be indexed: give each part a name of its own, as affine(name, ...).")

    def __matmul__(self, other: object) -> NoReturn:
        raise UsageError(
            "@ is not one of a cell's words: write affine(name, operand, ...) for a product with a weight."
        )

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> NoReturn:
        name = getattr(function, "__name__", str(function))
        raise UsageError(
            f"torch.{name} cannot be used in a cell's equations: use the word of the same name from seqloom.cells "
            f"({', '.join(sorted(__all__[1:]))}) or arithmetic, so that the cell can be compiled."
        )

    def __repr__(self) -> str:
        return f"<symbol {self.position}: {type(self.trace.nodes[self.position]).__name__}, width {self.width}>"


def _symbol(value: Symbol | float, word: str) -> Symbol:
    trace = _trace(word)
    if isinstance(value, Symbol):
        if value.trace is not trace:
            raise UsageError(f"{word}: a value of another cell or step was used; make all values inside the equations.")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"{word}: expected a value of the cell or a number, not {type(value).__name__}.")
    return trace.add(Constant(float(value)))


def _binary(operation: str, left: Symbol | float, right: Symbol | float) -> Symbol:
    a, b = _symbol(left, operation), _symbol(right, operation)
    if a.width != b.width and 1 not in (a.width, b.width):
        raise UsageError(
            f"{operation}: the widths {a.width} and {b.width} differ; use affine(name, v, out=...) to change one."
        )
    return a.trace.add(Pointwise(operation, (a.position, b.position), max(a.width, b.width)))


def _unary(operation: str, value: Symbol | float) -> Symbol:
    a = _symbol(value, operation)
    return a.trace.add(Pointwise(operation, (a.position,), a.width))


def _function(operation: str, formula: str) -> Callable[[Symbol], Symbol]:
    def apply(value: Symbol) -> Symbol:
        return _unary(operation, value)

    apply.__name__ = apply.__qualname__ = operation
    apply.__doc__ = f"{formula}, unit by unit."
    return apply


sigmoid = _function("sigmoid", "1 / (1 + e^-v)")
tanh = _function("tanh", "(e^v - e^-v) / (e^v + e^-v)")
relu = _function("relu", "max(v, 0)")
exp = _function("exp", "e^v")
log = _function("log", "The natural logarithm of v")
softplus = _function("softplus", "log(1 + e^v)")
sqrt = _function("sqrt", "The square root of v")
sin = _function("sin", "The sine of v (radians)")
cos = _function("cos", "The cosine of v (radians)")


def maximum(a: Symbol | float, b: Symbol | float) -> Symbol:
    """max(a, b), unit by unit."""
    return _binary("maximum", a, b)


def minimum(a: Symbol | float, b: Symbol | float) -> Symbol:
    """min(a, b), unit by unit."""
    return _binary("minimum", a, b)


def part(x: Symbol, index: int, of: int) -> Symbol:
    """Part ``index`` (from 0) of x, cut into ``of`` parts of one width: inputs that lie side by side.

    Raises UsageError for other values than x, for widths that ``of`` does not divide, and for a part that is not there.
    """
    whole = _symbol(x, "part")
    if not isinstance(whole.trace.nodes[whole.position], Input):
        raise UsageError(
            "part: only x has parts; give each part of another value a name of its own, as affine(name, v)."
        )
    if of < 1 or whole.width % of or not 0 <= index < of:
        raise UsageError(f"part: x has {whole.width} columns; there is no part {index!r} of {of!r}, counted from 0.")
    width = whole.width // of
    return whole.trace.add(Part((whole.position,), width, index * width))


def affine(name: str, *operands: Symbol, out: int | None = None, bias: bool = True, blocks: int = 1) -> Symbol:
    """Σ_k W_k · operand_k + b, with parameters ``name.weight_k`` and ``name.bias``.

    ``out`` is the width of the result (default: the hidden size H); ``blocks`` cuts every W_k into that many blocks on
    the diagonal (heads). Raises UsageError for a name used before, no operand, or blocks that do not divide the widths.
    """
    trace = _trace("affine")
    if not operands:
        raise UsageError(f"affine({name!r}) needs at least one operand: x, a state, or a value made from them.")
    symbols = [_symbol(operand, f"affine({name!r})") for operand in operands]
    width = trace.hidden_size if out is None else out
    if blocks < 1 or any(size % blocks for size in (width, *(s.width for s in symbols))):
        widths = [symbol.width for symbol in symbols]
        raise UsageError(f"affine({name!r}): {blocks} blocks do not divide the widths {widths} and {width}.")
    return trace.add(Affine(name, tuple(s.position for s in symbols), width, bias, blocks))


def weight(name: str, init: Initialiser | float = 0.0) -> Symbol:
    """A learned vector (H,), for peepholes and decays; ``init`` is a number or an initialiser."""
    trace = _trace("weight")
    symbol = trace.add(Weight(name, trace.hidden_size))
    trace.vectors[name] = ConstantFill(float(init)) if isinstance(init, int | float) else init
    return symbol


def norm(name: str, value: Symbol, kind: str = "layer", groups: int = 1) -> Symbol:
    """Normalise ``value`` over its units, in ``groups`` groups, with a learned scale (and shift for "layer").

    "layer": (v - mean) / sqrt(variance + 1e-5) (Ba et al., 2016);
    "rms": v / sqrt(mean(v²) + 1e-5) (Zhang & Sennrich, 2019).
    """
    a = _symbol(value, f"norm({name!r})")
    if kind not in ("layer", "rms"):
        raise UsageError(f"norm({name!r}): kind is 'layer' or 'rms', not {kind!r}.")
    if groups < 1 or a.width % groups:
        raise UsageError(f"norm({name!r}): {groups} groups do not divide the width {a.width}.")
    return a.trace.add(Norm(name, (a.position,), a.width, kind, groups))


def bernoulli(name: str, p: float, per: str = "step", out: int | None = None) -> Symbol:
    """Coins with probability ``p`` of 1, thrown per "step" or per "sequence"; their mean ``p`` in evaluation.

    ``out`` is how many (default: the hidden size H).
    """
    if not 0 <= p <= 1:
        raise UsageError(f"bernoulli({name!r}): p is a probability, not {p!r}.")
    if per not in ("step", "sequence"):
        raise UsageError(f"bernoulli({name!r}): per is 'step' or 'sequence', not {per!r}.")
    trace = _trace("bernoulli")
    return trace.add(Mask(name, trace.hidden_size if out is None else out, float(p), per))


def named(name: str, value: Symbol) -> Symbol:
    """``value`` itself, called ``name`` from here on in formulas, explanations and traces; no number changes.

    Names are the paper's, spelt out: ``named("forget_gate", sigmoid(affine("forget", x, h)))``. A map may bear the same
    name as what is made from it. Raises UsageError for a name that is used twice, and for a value that has one.
    """
    trace = _trace("named")
    check_name(name)
    symbol = _symbol(value, f"named({name!r})")
    if name in trace.named:
        raise UsageError(f"named({name!r}) is written twice in one cell; each quantity has a name of its own.")
    if symbol.position in trace.named.values():
        other = next(other for other, position in trace.named.items() if position == symbol.position)
        raise UsageError(f"named({name!r}): this value is called {other!r} already.")
    trace.named[name] = symbol.position
    return symbol


def declare_state(trace: Trace, name: str, width: int, initial: float) -> Symbol:
    """The symbol of a state, for the tracer."""
    return trace.add(State(name, width, float(initial)))
