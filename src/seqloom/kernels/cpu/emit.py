"""Writing LLVM code in Python: numbers, vectors, addresses, loops.

Addresses are 64-bit integers in bytes. Variables live on the stack and are lifted into registers by the optimiser.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from llvmlite import ir

__all__ = ["I64", "UNSIGNED_ZERO", "Code", "Format", "Integer", "Lanes", "Variable", "define"]

I32, I64 = ir.IntType(32), ir.IntType(64)
POINTER = ir.PointerType()
UNSIGNED_ZERO = ("nsz",)
"""No contraction: terms that cancel exactly must be rounded alike, so only ``fused`` fuses."""


@dataclass(frozen=True)
class Format:
    """A number format and how many of its numbers one vector holds."""

    bits: int
    lanes: int

    @property
    def name(self) -> str:
        """LLVM's short name, as in ``llvm.sqrt.v16f32``."""
        return f"f{self.bits}"

    @property
    def bytes(self) -> int:
        """The size of one number."""
        return self.bits // 8

    @property
    def number(self) -> Any:
        """The type of one number."""
        return ir.FloatType() if self.bits == 32 else ir.DoubleType()

    @property
    def integer(self) -> Any:
        """The integer type of the same size."""
        return ir.IntType(self.bits)

    @property
    def vector(self) -> Any:
        """The type of one vector."""
        return ir.VectorType(self.number, self.lanes)

    @property
    def integers(self) -> Any:
        """The integer vector of the same size."""
        return ir.VectorType(self.integer, self.lanes)


class Integer:
    """A 64-bit integer value, with arithmetic."""

    def __init__(self, code: Code, value: Any) -> None:
        self.code = code
        self.value = value

    def _other(self, other: Integer | int) -> Any:
        return other.value if isinstance(other, Integer) else I64(other)

    def __add__(self, other: Integer | int) -> Integer:
        return Integer(self.code, self.code.builder.add(self.value, self._other(other)))

    def __sub__(self, other: Integer | int) -> Integer:
        return Integer(self.code, self.code.builder.sub(self.value, self._other(other)))

    def __mul__(self, other: Integer | int) -> Integer:
        return Integer(self.code, self.code.builder.mul(self.value, self._other(other)))

    def __floordiv__(self, other: Integer | int) -> Integer:
        return Integer(self.code, self.code.builder.sdiv(self.value, self._other(other)))

    def __and__(self, other: Integer | int) -> Integer:
        return Integer(self.code, self.code.builder.and_(self.value, self._other(other)))

    __radd__ = __add__
    __rmul__ = __mul__

    def compare(self, sign: str, other: Integer | int) -> Any:
        """The truth of ``self sign other``."""
        return self.code.builder.icmp_signed(sign, self.value, self._other(other))

    def least(self, other: Integer | int) -> Integer:
        """The smaller of the two."""
        chosen = self.code.builder.select(self.compare("<", other), self.value, self._other(other))
        return Integer(self.code, chosen)


class Variable:
    """A place on the stack, of any type."""

    def __init__(self, code: Code, value: Any) -> None:
        self.code = code
        self.place = code.stack(value.type)
        self.set(value)

    def get(self) -> Any:
        """The present value."""
        return self.code.builder.load(self.place, typ=self.place.allocated_type)

    def set(self, value: Any) -> None:
        """A new value."""
        self.code.builder.store(value, self.place)


class Lanes:
    """A vector of numbers, with arithmetic."""

    def __init__(self, code: Code, value: Any) -> None:
        self.code = code
        self.value = value

    def _other(self, other: Lanes | float) -> Any:
        return other.value if isinstance(other, Lanes) else self.code.constant(other).value

    def _make(self, method: Callable[..., Any], *values: Any) -> Lanes:
        return Lanes(self.code, method(*values, flags=UNSIGNED_ZERO))

    def __add__(self, other: Lanes | float) -> Lanes:
        return self._make(self.code.builder.fadd, self.value, self._other(other))

    def __sub__(self, other: Lanes | float) -> Lanes:
        return self._make(self.code.builder.fsub, self.value, self._other(other))

    def __rsub__(self, other: float) -> Lanes:
        return self._make(self.code.builder.fsub, self._other(other), self.value)

    def __mul__(self, other: Lanes | float) -> Lanes:
        return self._make(self.code.builder.fmul, self.value, self._other(other))

    def __truediv__(self, other: Lanes | float) -> Lanes:
        return self._make(self.code.builder.fdiv, self.value, self._other(other))

    def __rtruediv__(self, other: float) -> Lanes:
        return self._make(self.code.builder.fdiv, self._other(other), self.value)

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Lanes:
        return Lanes(self.code, self.code.builder.fneg(self.value))

    def fused(self, factor: Lanes | float, addend: Lanes | float) -> Lanes:
        """self · factor + addend, rounded once where the machine can."""
        return self.code.intrinsic("fmuladd", self, self._other(factor), self._other(addend))

    def where(self, sign: str, other: Lanes | float, yes: Lanes | float, no: Lanes | float) -> Lanes:
        """``yes`` in the lanes where self sign other holds, ``no`` elsewhere (and where one of them is NaN)."""
        truth = self.code.builder.fcmp_ordered(sign, self.value, self._other(other))
        return Lanes(self.code, self.code.builder.select(truth, self._other(yes), self._other(no)))

    def any(self, sign: str, other: Lanes | float) -> Any:
        """Whether self sign other holds in some lane."""
        truth = self.code.builder.fcmp_ordered(sign, self.value, self._other(other))
        bits = ir.IntType(self.code.format.lanes)
        return self.code.builder.icmp_unsigned("!=", self.code.builder.bitcast(truth, bits), bits(0))

    def bits(self) -> Any:
        """The same bits as integers."""
        return self.code.builder.bitcast(self.value, self.code.format.integers)


class Code:
    """A function being written."""

    def __init__(self, module: Any, function: Any, number_format: Format) -> None:
        self.module = module
        self.function = function
        self.format = number_format
        self.entry = function.append_basic_block("entry")
        self.builder = ir.IRBuilder(function.append_basic_block("body"))
        self.arguments = [Integer(self, argument) for argument in function.args]

    def finish(self) -> None:
        """End the function."""
        self.builder.ret_void()
        body = self.function.basic_blocks[1]
        ir.IRBuilder(self.entry).branch(body)

    def stack(self, kind: Any, count: int = 1) -> Any:
        """Memory of this call, reserved once at its beginning."""
        builder = ir.IRBuilder(self.entry)
        place = builder.alloca(kind, size=count if count > 1 else None)
        place.align = 64
        return place

    def scratch(self, kind: Any, count: int) -> Integer:
        """The address of ``count`` values on the stack."""
        place = self.stack(kind, count)
        return Integer(self, self.builder.ptrtoint(place, I64))

    def integer(self, value: int) -> Integer:
        """A constant integer."""
        return Integer(self, I64(value))

    def constant(self, value: float) -> Lanes:
        """The same number in every lane."""
        number = ir.Constant(self.format.number, float(value))
        return Lanes(self, ir.Constant(self.format.vector, [number] * self.format.lanes))

    def whole(self, value: int) -> Any:
        """The same integer in every lane."""
        return ir.Constant(self.format.integers, [ir.Constant(self.format.integer, value)] * self.format.lanes)

    def pointer(self, address: Integer) -> Any:
        """The address as LLVM wants it."""
        return self.builder.inttoptr(address.value, POINTER)

    def load_integer(self, address: Integer) -> Integer:
        """The 64-bit integer at ``address``."""
        return Integer(self, self.builder.load(self.pointer(address), align=8, typ=I64))

    def store_integer(self, address: Integer, value: Integer) -> None:
        """Write a 64-bit integer."""
        self.builder.store(value.value, self.pointer(address), align=8)

    def load_number(self, address: Integer) -> Any:
        """The number at ``address``."""
        return self.builder.load(self.pointer(address), align=self.format.bytes, typ=self.format.number)

    def store_number(self, address: Integer, value: Any) -> None:
        """Write one number."""
        self.builder.store(value, self.pointer(address), align=self.format.bytes)

    def load(self, address: Integer) -> Lanes:
        """The vector at ``address``."""
        value = self.builder.load(self.pointer(address), align=self.format.bytes, typ=self.format.vector)
        return Lanes(self, value)

    def store(self, address: Integer, lanes: Lanes) -> None:
        """Write a vector."""
        self.builder.store(lanes.value, self.pointer(address), align=self.format.bytes)

    def first_lanes(self, count: Integer, lanes: int | None = None) -> Any:
        """A mask of the first ``count`` of ``lanes`` lanes (a whole vector's)."""
        lanes = self.format.lanes if lanes is None else lanes
        undefined = ir.Constant(ir.VectorType(I64, lanes), ir.Undefined)
        single = self.builder.insert_element(undefined, count.value, I32(0))
        same = self.builder.shuffle_vector(single, undefined, ir.Constant(ir.VectorType(I32, lanes), [0] * lanes))
        return self.builder.icmp_signed("<", ir.Constant(same.type, list(range(lanes))), same)

    def load_masked(self, address: Integer, mask: Any) -> Any:
        """The numbers at ``address`` in the lanes of ``mask``, 0 elsewhere, where nothing is read."""
        kind, name = self._masked(mask)
        function = declare(self.module, f"llvm.masked.load.{name}.p0", kind, [POINTER, I32, mask.type, kind])
        return self.builder.call(function, [self.pointer(address), I32(self.format.bytes), mask, kind(None)])

    def store_masked(self, address: Integer, value: Any, mask: Any) -> None:
        """Write the lanes of ``mask``, and nothing elsewhere."""
        kind, name = self._masked(mask)
        function = declare(self.module, f"llvm.masked.store.{name}.p0", ir.VoidType(), [kind, POINTER, I32, mask.type])
        self.builder.call(function, [value, self.pointer(address), I32(self.format.bytes), mask])

    def _masked(self, mask: Any) -> tuple[Any, str]:
        return ir.VectorType(self.format.number, mask.type.count), f"v{mask.type.count}{self.format.name}"

    def prefetch(self, address: Integer) -> None:
        """Ask for memory that will be read soon; addresses beyond the end do no harm."""
        function = declare(self.module, "llvm.prefetch.p0", ir.VoidType(), [POINTER, I32, I32, I32])
        self.builder.call(function, [self.pointer(address), I32(0), I32(3), I32(1)])

    def spread(self, number: Any) -> Lanes:
        """One number in every lane."""
        undefined = ir.Constant(self.format.vector, ir.Undefined)
        single = self.builder.insert_element(undefined, number, I32(0))
        zeros = ir.Constant(ir.VectorType(I32, self.format.lanes), [0] * self.format.lanes)
        return Lanes(self, self.builder.shuffle_vector(single, undefined, zeros))

    def intrinsic(self, name: str, *operands: Any) -> Lanes:
        """One of LLVM's vector functions."""
        values = [operand.value if isinstance(operand, Lanes) else operand for operand in operands]
        kind = self.format.vector
        full = f"llvm.{name}.v{self.format.lanes}{self.format.name}"
        function = declare(self.module, full, kind, [kind] * len(values))
        return Lanes(self, self.builder.call(function, values))

    def sum_of(self, lanes: Lanes) -> Any:
        """The sum of the lanes, pair by pair."""
        value, count = lanes.value, self.format.lanes
        while count > 1:
            count //= 2
            kind = ir.VectorType(I32, count)
            undefined = ir.Constant(value.type, ir.Undefined)
            low = self.builder.shuffle_vector(value, undefined, ir.Constant(kind, list(range(count))))
            high = self.builder.shuffle_vector(value, undefined, ir.Constant(kind, list(range(count, 2 * count))))
            value = self.builder.fadd(low, high)
        return self.builder.extract_element(value, I32(0))

    @contextmanager
    def loop(self, start: Integer | int, stop: Integer | int, step: Integer | int = 1) -> Iterator[Integer]:
        """``for i in range(start, stop, step)`` with a positive step."""
        first = start if isinstance(start, Integer) else self.integer(start)
        last = stop if isinstance(stop, Integer) else self.integer(stop)
        index = Variable(self, first.value)
        head, body, after = (self.function.append_basic_block(name) for name in ("head", "loop", "after"))
        self.builder.branch(head)
        self.builder.position_at_end(head)
        self.builder.cbranch(Integer(self, index.get()).compare("<", last), body, after)
        self.builder.position_at_end(body)
        present = Integer(self, index.get())
        yield present
        index.set((present + step).value)
        self.builder.branch(head)
        self.builder.position_at_end(after)

    @contextmanager
    def when(self, truth: Any, seldom: bool = False) -> Iterator[None]:
        """``if truth``; what is ``seldom`` done shall not slow the rest down."""
        body, after = (self.function.append_basic_block(name) for name in ("then", "after"))
        branch = self.builder.cbranch(truth, body, after)
        if seldom:
            branch.set_weights([1, 1 << 20])
        self.builder.position_at_end(body)
        yield
        self.builder.branch(after)
        self.builder.position_at_end(after)

    def call(self, function: Any, *arguments: Integer | int) -> None:
        """Call a function of this module that takes integers."""
        values = [a.value if isinstance(a, Integer) else I64(a) for a in arguments]
        self.builder.call(function, values)

    def call_address(self, address: Integer, arguments: Sequence[Integer], result: Any = None) -> Any:
        """Call whatever function lies at ``address``."""
        kind = ir.FunctionType(result or ir.VoidType(), [I64] * len(arguments))
        pointer = self.builder.inttoptr(address.value, kind.as_pointer())
        return self.builder.call(pointer, [argument.value for argument in arguments])


def declare(module: Any, name: str, result: Any, arguments: Sequence[Any]) -> Any:
    """A function from outside, declared once a module."""
    found = module.globals.get(name)
    return found or ir.Function(module, ir.FunctionType(result, list(arguments)), name)


@contextmanager
def define(module: Any, name: str, arguments: int, number_format: Format, internal: bool = False) -> Iterator[Code]:
    """A new function ``void name(int64, …)``."""
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [I64] * arguments), name)
    if internal:
        function.linkage = "internal"
        function.attributes.add("noinline")
    code = Code(module, function, number_format)
    yield code
    code.finish()
