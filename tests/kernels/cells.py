"""The cells that kernels are tested on: all of the library's, and odd ones that use the words in every way allowed."""

from __future__ import annotations

from dataclasses import dataclass

from seqloom import cells
from seqloom.cells import (
    GRU,
    LSTM,
    SLSTM,
    Cell,
    Elman,
    GRUResetAfter,
    ProjectedLSTM,
    RecurrentDropout,
    VariationalDropout,
    Zoneout,
    affine,
    bernoulli,
    cos,
    exp,
    log,
    maximum,
    minimum,
    norm,
    part,
    relu,
    sigmoid,
    sin,
    softplus,
    sqrt,
    tanh,
    weight,
)
from seqloom.testing import known_cells
from tests.layers.test_laws import EveryWord

__all__ = ["CELLS", "LIBRARY", "ODD", "multiple", "needs_square"]


class EveryFunction(Cell):
    """Every function, on arguments at which it is smooth or has a kink."""

    def equations(self, x, h):
        a, b = affine("a", x, h), affine("b", x)
        smooth = sin(b) * cos(a) + exp(-(a * a)) - sqrt(1 + a * a) + log(1 + h * h) + 0.1 * softplus(b)
        kinks = relu(b) - maximum(a, 0.1) + minimum(b, h) / (2 + h * h)
        return tanh(smooth) + 0.3 * sigmoid(kinks)


class Narrow(Cell):
    """Values of width 1 that are spread over the units."""

    def equations(self, x, h):
        gate, level = sigmoid(affine("gate", x, h, out=1)), affine("level", h, out=1)
        return gate * tanh(affine("a", x, h)) + (1 - gate) * maximum(h, level) / (1.5 + level * level)


class FromWeights(Cell):
    """What reads weights alone is computed once."""

    def equations(self, x, h):
        decay = exp(-exp(weight("decay", -0.5)))
        return decay * h + (1 - decay) * tanh(affine("a", x)) + sin(weight("q", 0.3)) * affine("m", weight("r", 0.2))


class ProductOfProduct(Cell):
    """A map of a map."""

    def equations(self, x, h):
        return tanh(affine("outer", affine("inner", x, h), h))


class StateIsProduct(Cell):
    """A state that is a product, read by one activation besides; a state that nothing reads."""

    state = ("h", "c")

    def equations(self, x, h, c):
        product = affine("a", x, h)
        return tanh(product), product


class OutputIsProduct(Cell):
    """A map that only the output reads."""

    def equations(self, x, h):
        return tanh(affine("a", x, h))

    def output(self, x, h):
        return affine("read", h)


class OutputIsOperand(Cell):
    """An output that a map of the loop reads."""

    state = ("h", "v")

    def equations(self, x, h, v):
        v = tanh(affine("a", x, h))
        return affine("project", v), v

    def output(self, x, h, v):
        return v


class OutputInside(Cell):
    """An output that is no state and that the loop reads as well."""

    state = ("c", "h")

    def equations(self, x, c, h):
        return 0.5 * c + affine("write", x, h), tanh(affine("a", tanh(c)))

    def output(self, x, c, h):
        return c * h


class XTwice(Cell):
    """One map that reads x twice, and x outside any map of its own."""

    def equations(self, x, h):
        return tanh(affine("a", x, x, h) + affine("b", x * x, out=1))


class Unused(Cell):
    """A map, a weight and a norm that lead nowhere."""

    def equations(self, x, h):
        norm("nothing", affine("unused", x, h) * weight("idle"))
        return tanh(affine("a", x, h))


class NumberAsOperand(Cell):
    """Maps of numbers, and of masks that are numbers in evaluation."""

    def equations(self, x, h):
        coins = bernoulli("one", 0.5) + bernoulli("two", 0.25, per="sequence")
        return tanh(affine("a", x, h) + affine("b", 2.0) + affine("c", coins) + norm("n", coins * h))

    def output(self, x, h):
        return bernoulli("out", 0.75)


class Blocks(Cell):
    """Blocks on x, on a state, without a bias; norms in groups."""

    def equations(self, x, h):
        a = affine("a", x, h, blocks=2)
        return tanh(norm("n", a, groups=2) + affine("b", h, blocks=2, bias=False))


class Swap(Cell):
    """States that change places."""

    state = ("h", "c")

    def equations(self, x, h, c):
        return c, tanh(affine("a", x, h))


class NoParameters(Cell):
    """Nothing to learn."""

    def equations(self, x, h):
        return 0.5 * h + 0.1 * x


class Delay(Cell):
    """The state is x itself."""

    def equations(self, x, h):
        return x


class Widths(Cell):
    """Three states of three widths."""

    state = ("h", "one", "three")

    def equations(self, x, h, one, three):
        h = tanh(affine("a", x, h, three) + one)
        return h, 0.5 * one + affine("b", h, one, out=1), tanh(affine("c", three, h, out=3)) * one

    def width(self, name, hidden):
        return {"one": 1, "three": 3}.get(name, hidden)

    def initial(self, name):
        return {"one": 0.25}.get(name, 0.0)


class Halves(Cell):
    """The halves of x, by themselves and in maps, over states of half the width."""

    def equations(self, x, h):
        first, second = part(x, 0, of=2), part(x, 1, of=2)
        return tanh(first + affine("a", x, second, h, out=h.width) + affine("b", first, h, out=h.width) * second)

    def output(self, x, h):
        return h * part(x, 0, of=2) + affine("read", part(x, 1, of=2), out=h.width)

    def width(self, name, hidden):
        return hidden // 2


class HalvesApart(Halves):
    """The same without a link between units."""

    def equations(self, x, h):
        return sigmoid(part(x, 1, of=2)) * h + part(x, 0, of=2)

    def output(self, x, h):
        return h


@dataclass(frozen=True, kw_only=True)
class Leaky(Cell):
    """Gradients handed on without a product, read by a product of the same step."""

    leak: float = 0.9

    state = ("h", "c")

    def equations(self, x, h, c):
        c = self.leak * c + affine("write", x, h)
        return tanh(affine("a", x, h)), c


KNOWN = known_cells()

LIBRARY: dict[str, Cell] = {name: KNOWN[name] for name in cells.__all__ if name in KNOWN} | {
    "Elman relu": Elman(activation="relu"),
    "Elman sigmoid": Elman(activation="sigmoid"),
    "GRU writes": GRU(update="writes"),
    "GRUResetAfter writes": GRUResetAfter(update="writes"),
    "ProjectedLSTM": ProjectedLSTM(projection=3),
    "SLSTM heads": SLSTM(heads=2, forget_gate="exponential"),
    "Zoneout": Zoneout(LSTM(), rate=(0.2, 0.4)),
    "RecurrentDropout": RecurrentDropout(GRU(), rate=0.3),
    "VariationalDropout": VariationalDropout(ProjectedLSTM(projection=3), rate=0.3, input_rate=0.2),
}
"""The library's cells by name; of those that need arguments, one each."""

ODD: dict[str, Cell] = {
    kind.__name__: kind()
    for kind in (
        EveryWord,
        EveryFunction,
        Narrow,
        FromWeights,
        ProductOfProduct,
        StateIsProduct,
        OutputIsProduct,
        OutputIsOperand,
        OutputInside,
        XTwice,
        Unused,
        NumberAsOperand,
        Blocks,
        Swap,
        NoParameters,
        Delay,
        Widths,
        Halves,
        HalvesApart,
        Leaky,
    )
}

CELLS = LIBRARY | ODD


def needs_square(cell: Cell) -> bool:
    """Whether x must have the width of the states."""
    return isinstance(cell, NoParameters | Delay | Halves)


def multiple(cell: Cell) -> int:
    """What must divide the sizes."""
    return 2 if isinstance(cell, EveryWord | Blocks | Halves) else getattr(cell, "heads", getattr(cell, "groups", 1))
