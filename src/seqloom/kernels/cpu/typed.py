"""The typed values of machine code: integers, vectors of one number format, and variables on the stack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llvmlite import ir

if TYPE_CHECKING:
    from seqloom.kernels.cpu.emit import Code

__all__ = ["I32", "I64", "POINTER", "UNSIGNED_ZERO", "Format", "Integer", "Variable", "Vector"]

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


class Vector:
    """A vector of numbers, with arithmetic."""

    def __init__(self, code: Code, value: Any) -> None:
        self.code = code
        self.value = value

    def _other(self, other: Vector | float) -> Any:
        return other.value if isinstance(other, Vector) else self.code.constant(other).value

    def _make(self, method: Callable[..., Any], *values: Any) -> Vector:
        return Vector(self.code, method(*values, flags=UNSIGNED_ZERO))

    def __add__(self, other: Vector | float) -> Vector:
        return self._make(self.code.builder.fadd, self.value, self._other(other))

    def __sub__(self, other: Vector | float) -> Vector:
        return self._make(self.code.builder.fsub, self.value, self._other(other))

    def __rsub__(self, other: float) -> Vector:
        return self._make(self.code.builder.fsub, self._other(other), self.value)

    def __mul__(self, other: Vector | float) -> Vector:
        return self._make(self.code.builder.fmul, self.value, self._other(other))

    def __truediv__(self, other: Vector | float) -> Vector:
        return self._make(self.code.builder.fdiv, self.value, self._other(other))

    def __rtruediv__(self, other: float) -> Vector:
        return self._make(self.code.builder.fdiv, self._other(other), self.value)

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Vector:
        return Vector(self.code, self.code.builder.fneg(self.value))

    def fused(self, factor: Vector | float, addend: Vector | float) -> Vector:
        """self · factor + addend, rounded once where the machine can."""
        return self.code.intrinsic("fmuladd", self, self._other(factor), self._other(addend))

    def where(self, sign: str, other: Vector | float, yes: Vector | float, no: Vector | float) -> Vector:
        """``yes`` in the lanes where self sign other holds, ``no`` elsewhere (and where one of them is NaN)."""
        truth = self.code.builder.fcmp_ordered(sign, self.value, self._other(other))
        return Vector(self.code, self.code.builder.select(truth, self._other(yes), self._other(no)))

    def any(self, sign: str, other: Vector | float) -> Any:
        """Whether self sign other holds in some lane."""
        truth = self.code.builder.fcmp_ordered(sign, self.value, self._other(other))
        bits = ir.IntType(self.code.format.lanes)
        return self.code.builder.icmp_unsigned("!=", self.code.builder.bitcast(truth, bits), bits(0))

    def bits(self) -> Any:
        """The same bits as integers."""
        return self.code.builder.bitcast(self.value, self.code.format.integers)
