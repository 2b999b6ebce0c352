"""Work on whole rows: norms, their derivatives, totals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir

from seqloom.kernels.cpu.emit import Code, define
from seqloom.kernels.cpu.operands import WORDS, Rows, rows_at
from seqloom.kernels.cpu.typed import Format, Integer, Variable, Vector
from seqloom.kernels.reference import NORM_EPSILON

__all__ = ["define_normalise", "define_normalise_back", "define_total"]


class _Group:
    """One group of units of some rows that lie at ``addresses``, whole vectors first, then number by number.

    Numbers lie in memory in the format ``stored`` and are float64 in registers: a norm's gradient is what is left of
    large terms that cancel.
    """

    def __init__(self, code: Code, stored: Format, width: Integer) -> None:
        self.code = code
        self.stored = stored
        self.width = width
        self.whole = width // stored.lanes * stored.lanes

    def sum(self, term: Callable[..., Any], *addresses: Integer) -> Any:
        """Σ term over the units."""
        code, size = self.code, self.stored.bytes
        total = Variable(code, code.constant(0.0).value)
        rest = Variable(code, ir.Constant(code.format.number, 0.0))
        with code.loop(0, self.whole, self.stored.lanes) as k:
            vectors = [self._load(address + k * size) for address in addresses]
            total.set((Vector(code, total.get()) + term(*vectors)).value)
        with code.loop(self.whole, self.width) as k:
            numbers = [self.load_number(address + k * size) for address in addresses]
            rest.set(code.builder.fadd(rest.get(), _first(term(*numbers))))
        return code.builder.fadd(code.sum_of(Vector(code, total.get())), rest.get())

    def write(self, target: Integer, result: Callable[..., Any], *addresses: Integer) -> None:
        """target = result, unit by unit."""
        code, size = self.code, self.stored.bytes
        with code.loop(0, self.whole, self.stored.lanes) as k:
            vectors = [self._load(address + k * size) for address in addresses]
            self._store(target + k * size, result(*vectors).value, self.stored.vector)
        with code.loop(self.whole, self.width) as k:
            numbers = [self.load_number(address + k * size) for address in addresses]
            self.store_number(target + k * size, _first(result(*numbers)))

    def mean(self, term: Callable[..., Any], *addresses: Integer) -> Vector:
        """The mean of term, in every lane."""
        code = self.code
        count = code.builder.sitofp(self.width.value, code.format.number)
        return code.spread(code.builder.fdiv(self.sum(term, *addresses), count))

    def _load(self, address: Integer) -> Vector:
        code, stored = self.code, self.stored
        value = code.builder.load(code.pointer(address), align=stored.bytes, typ=stored.vector)
        return Vector(code, value if stored.bits == 64 else code.builder.fpext(value, code.format.vector))

    def load_number(self, address: Integer) -> Vector:
        """The number at ``address``, in every lane."""
        code, stored = self.code, self.stored
        value = code.builder.load(code.pointer(address), align=stored.bytes, typ=stored.number)
        return code.spread(value if stored.bits == 64 else code.builder.fpext(value, code.format.number))

    def store_number(self, address: Integer, value: Any) -> None:
        """Write one number."""
        self._store(address, value, self.stored.number)

    def _store(self, address: Integer, value: Any, kind: Any) -> None:
        code, stored = self.code, self.stored
        rounded = value if stored.bits == 64 else code.builder.fptrunc(value, kind)
        code.builder.store(rounded, code.pointer(address), align=stored.bytes)


def _first(lanes: Vector) -> Any:
    return lanes.code.builder.extract_element(lanes.value, ir.IntType(32)(0))


def _wide(number_format: Format) -> Format:
    return Format(64, number_format.lanes)


def define_normalise(module: Any, number_format: Format, centred: bool) -> Any:
    """x̂ and 1 / deviation of each group. In memory: groups, width of one, words of v, x̂ and deviation (0: not kept)."""
    with define(module, f"normalise_{'layer' if centred else 'rms'}", 6, _wide(number_format)) as code:
        groups, width, (source, target, deviation), row = _frame(code, 3)
        with row as r, code.loop(0, groups) as g:
            start = g * width * number_format.bytes
            v, hat = source.first + r * source.stride + start, target.first + r * target.stride + start
            group = _Group(code, number_format, width)
            mean = group.mean(lambda a: a, v) if centred else code.constant(0.0)
            variance = group.mean(lambda a: (a - mean) * (a - mean), v)
            scale = 1.0 / code.intrinsic("sqrt", variance + NORM_EPSILON)
            group.write(hat, lambda a: (a - mean) * scale, v)
            with code.when(deviation.stride.compare("!=", 0)):
                place = deviation.first + r * deviation.stride + g * number_format.bytes
                group.store_number(place, _first(scale))
    return code.function


def define_normalise_back(module: Any, number_format: Format, centred: bool) -> Any:
    """The gradient of v. In memory: groups, width of one, words of x̂'s gradient, x̂, 1 / deviation and the result."""
    with define(module, f"normalise_back_{'layer' if centred else 'rms'}", 6, _wide(number_format)) as code:
        groups, width, (arriving, hats, deviations, results), row = _frame(code, 4)
        with row as r, code.loop(0, groups) as g:
            start = g * width * number_format.bytes
            gradient, hat, result = (at.first + r * at.stride + start for at in (arriving, hats, results))
            group = _Group(code, number_format, width)
            scale = group.load_number(deviations.first + r * deviations.stride + g * number_format.bytes)
            along = group.mean(lambda a, b: a * b, gradient, hat)
            mean = group.mean(lambda a: a, gradient) if centred else code.constant(0.0)
            group.write(result, lambda a, b: (a - mean - b * along) * scale, gradient, hat)
    return code.function


def define_total(module: Any, number_format: Format) -> Any:
    """The sum over the units. In memory: 1, the width, words of v and the result."""
    with define(module, "total", 6, _wide(number_format)) as code:
        _, width, (source, target), row = _frame(code, 2)
        with row as r:
            group = _Group(code, number_format, width)
            total = group.sum(lambda a: a, source.first + r * source.stride)
            group.store_number(target.first + r * target.stride, total)
    return code.function


def _frame(code: Code, slots: int) -> tuple[Integer, Integer, Sequence[Rows], Any]:
    words, offsets, first_row, last_row, _, _ = code.arguments
    groups, width = code.load_integer(words), code.load_integer(words + 8)
    places = [rows_at(code, words + 16 + 8 * WORDS * k, offsets) for k in range(slots)]
    return groups, width, places, code.loop(first_row, last_row)
