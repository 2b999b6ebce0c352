"""Writing LLVM code in Python: loads and stores, loops, calls.

Addresses are 64-bit integers in bytes. Variables live on the stack and are lifted into registers by the optimiser.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from llvmlite import ir

from seqloom.kernels.cpu.typed import I32, I64, POINTER, Format, Integer, Variable, Vector

__all__ = ["Code", "declare", "define"]


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

    def constant(self, value: float) -> Vector:
        """The same number in every lane."""
        number = ir.Constant(self.format.number, float(value))
        return Vector(self, ir.Constant(self.format.vector, [number] * self.format.lanes))

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

    def load(self, address: Integer) -> Vector:
        """The vector at ``address``."""
        value = self.builder.load(self.pointer(address), align=self.format.bytes, typ=self.format.vector)
        return Vector(self, value)

    def store(self, address: Integer, lanes: Vector) -> None:
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

    def spread(self, number: Any) -> Vector:
        """One number in every lane."""
        undefined = ir.Constant(self.format.vector, ir.Undefined)
        single = self.builder.insert_element(undefined, number, I32(0))
        zeros = ir.Constant(ir.VectorType(I32, self.format.lanes), [0] * self.format.lanes)
        return Vector(self, self.builder.shuffle_vector(single, undefined, zeros))

    def intrinsic(self, name: str, *operands: Any) -> Vector:
        """One of LLVM's vector functions."""
        values = [operand.value if isinstance(operand, Vector) else operand for operand in operands]
        kind = self.format.vector
        full = f"llvm.{name}.v{self.format.lanes}{self.format.name}"
        function = declare(self.module, full, kind, [kind] * len(values))
        return Vector(self, self.builder.call(function, values))

    def sum_of(self, lanes: Vector) -> Any:
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
