"""Work on whole rows: norms, their derivatives, totals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir

from seqloom.kernels.cpu.emit import Code, Format, Integer, Lanes, Variable, define
from seqloom.kernels.cpu.operands import WORDS, Rows, rows_at
from seqloom.kernels.reference import NORM_EPSILON

__all__ = ["define_normalise", "define_normalise_back", "define_total"]


class _Group:
    """One group of units of some rows that lie at ``addresses``, whole vectors first, then number by number."""

    def __init__(self, code: Code, width: Integer) -> None:
        self.code = code
        self.width = width

    def sum(self, term: Callable[..., Any], *addresses: Integer) -> Any:
        """Σ term over the units."""
        code, lanes, size = self.code, self.code.format.lanes, self.code.format.bytes
        total = Variable(code, code.constant(0.0).value)
        rest = Variable(code, ir.Constant(code.format.number, 0.0))
        whole = self.width // lanes * lanes
        with code.loop(0, whole, lanes) as k:
            vectors = [code.load(address + k * size) for address in addresses]
            total.set((Lanes(code, total.get()) + term(*vectors)).value)
        with code.loop(whole, self.width) as k:
            numbers = [code.spread(code.load_number(address + k * size)) for address in addresses]
            one = code.builder.extract_element(term(*numbers).value, ir.IntType(32)(0))
            rest.set(code.builder.fadd(rest.get(), one))
        return code.builder.fadd(code.sum_of(Lanes(code, total.get())), rest.get())

    def write(self, target: Integer, result: Callable[..., Any], *addresses: Integer) -> None:
        """target = result, unit by unit."""
        code, lanes, size = self.code, self.code.format.lanes, self.code.format.bytes
        whole = self.width // lanes * lanes
        with code.loop(0, whole, lanes) as k:
            vectors = [code.load(address + k * size) for address in addresses]
            code.store(target + k * size, result(*vectors))
        with code.loop(whole, self.width) as k:
            numbers = [code.spread(code.load_number(address + k * size)) for address in addresses]
            one = code.builder.extract_element(result(*numbers).value, ir.IntType(32)(0))
            code.store_number(target + k * size, one)

    def mean(self, term: Callable[..., Any], *addresses: Integer) -> Lanes:
        """The mean of term, in every lane."""
        code = self.code
        count = code.builder.sitofp(self.width.value, code.format.number)
        return code.spread(code.builder.fdiv(self.sum(term, *addresses), count))


def define_normalise(module: Any, number_format: Format, centred: bool) -> Any:
    """x̂ and 1 / deviation of each group. In memory: groups, width of one, words of v, x̂ and deviation (0: not kept)."""
    with define(module, f"normalise_{'layer' if centred else 'rms'}", 6, number_format) as code:
        groups, width, (source, target, deviation), row = _frame(code, 3)
        with row as r, code.loop(0, groups) as g:
            start = g * width * number_format.bytes
            v, hat = source.first + r * source.stride + start, target.first + r * target.stride + start
            group = _Group(code, width)
            mean = group.mean(lambda a: a, v) if centred else code.constant(0.0)
            variance = group.mean(lambda a: (a - mean) * (a - mean), v)
            scale = 1.0 / code.intrinsic("sqrt", variance + NORM_EPSILON)
            group.write(hat, lambda a: (a - mean) * scale, v)
            place = deviation.first + r * deviation.stride + g * number_format.bytes
            with code.when(deviation.stride.compare("!=", 0)):
                one = code.builder.extract_element(scale.value, ir.IntType(32)(0))
                code.store_number(place, one)
    return code.function


def define_normalise_back(module: Any, number_format: Format, centred: bool) -> Any:
    """The gradient of v. In memory: groups, width of one, words of x̂'s gradient, x̂, 1 / deviation and the result."""
    with define(module, f"normalise_back_{'layer' if centred else 'rms'}", 6, number_format) as code:
        groups, width, (arriving, hats, deviations, results), row = _frame(code, 4)
        with row as r, code.loop(0, groups) as g:
            start = g * width * number_format.bytes
            gradient, hat, result = (at.first + r * at.stride + start for at in (arriving, hats, results))
            scale = code.spread(code.load_number(deviations.first + r * deviations.stride + g * number_format.bytes))
            group = _Group(code, width)
            along = group.mean(lambda a, b: a * b, gradient, hat)
            mean = group.mean(lambda a: a, gradient) if centred else code.constant(0.0)
            group.write(result, lambda a, b: (a - mean - b * along) * scale, gradient, hat)
    return code.function


def define_total(module: Any, number_format: Format) -> Any:
    """The sum over the units. In memory: 1, the width, words of v and the result."""
    with define(module, "total", 6, number_format) as code:
        _, width, (source, target), row = _frame(code, 2)
        with row as r:
            total = _Group(code, width).sum(lambda a: a, source.first + r * source.stride)
            code.store_number(target.first + r * target.stride, total)
    return code.function


def _frame(code: Code, slots: int) -> tuple[Integer, Integer, Sequence[Rows], Any]:
    words, offsets, first_row, last_row, _, _ = code.arguments
    groups, width = code.load_integer(words), code.load_integer(words + 8)
    places = [rows_at(code, words + 16 + 8 * WORDS * k, offsets) for k in range(slots)]
    return groups, width, places, code.loop(first_row, last_row)
