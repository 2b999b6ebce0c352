"""Angles less the nearest multiple of π/2, for the sine and the cosine.

Near 0 the multiple is taken off in three parts (Cody & Waite, 1980). Far from 0 the product with 2/π is made of
integers, of which only the digits that count are formed (Payne & Hanek, 1983): exact up to the largest number.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from llvmlite import ir

from seqloom.kernels.cpu.emit import Code, define
from seqloom.kernels.cpu.typed import I64, Integer, Variable, Vector

__all__ = ["reduced_angle", "split"]

FAR = 2**12 * math.pi / 2
"""Up to here the multiples of the first two parts of π/2 are exact."""
WIDE = ir.IntType(128)


def _arctangent(inverse: int, bits: int) -> int:
    """arctan(1 / ``inverse``) · 2^bits."""
    power = total = (1 << bits) // inverse
    k = 1
    while power:
        power //= -inverse * inverse
        k += 2
        total += power // k
    return total


PLACES = 1168
"""Binary places of 2/π: the last that count for the largest float64."""
PI = Fraction(16 * _arctangent(5, PLACES + 64) - 4 * _arctangent(239, PLACES + 64), 1 << (PLACES + 64))
"""Machin's formula."""


def split(value: Fraction, bits: int, zeros: int) -> tuple[float, Fraction]:
    """``value`` as a sum of two, the first with ``zeros`` zero bits at its end, so that small multiples are exact."""
    precision = (24 if bits == 32 else 53) - zeros
    scale = Fraction(2) ** (precision - math.frexp(value)[1])
    first = math.floor(value * scale) / scale
    return float(first), value - first


def reduced_angle(v: Vector) -> tuple[Vector, Any]:
    """(r, n) with v = r + n π/2 and |r| ≤ π/4; n are whole numbers, right in their last two bits."""
    code, number_format = v.code, v.code.format
    near = code.intrinsic("nearbyint", v * (2 / math.pi))
    first, rest = split(PI / 2, number_format.bits, 12)
    second, third = split(rest, number_format.bits, 12)
    r = Variable(code, near.fused(-float(third), near.fused(-second, near.fused(-first, v))).value)
    n = Variable(code, code.builder.fptosi(near.value, number_format.integers))
    with code.when(code.intrinsic("fabs", v).any(">", FAR), seldom=True):
        place = code.scratch(number_format.vector, 3)
        size = number_format.lanes * number_format.bytes
        for k, value in enumerate((v.value, r.get(), n.get())):
            code.builder.store(value, code.pointer(place + k * size), align=number_format.bytes)
        code.call(_far_angles(code), place, place + size, place + 2 * size)
        for k, variable in enumerate((r, n), 1):
            kind = variable.place.allocated_type
            variable.set(code.builder.load(code.pointer(place + k * size), align=number_format.bytes, typ=kind))
    return Vector(code, r.get()), n.get()


def _far_angles(code: Code) -> Any:
    """A function (angles, rests, quarters) that writes the latter two, lane by lane, where an angle is far from 0."""
    name = f"far_angles_{code.format.bits}"
    found = code.module.globals.get(name)
    if found is not None:
        return found
    size = code.format.bytes
    with define(code.module, name, 3, code.format, internal=True) as inner:
        angles, rests, quarters = inner.arguments
        builder = inner.builder
        with inner.loop(0, code.format.lanes * size, size) as k:
            angle = inner.load_number(angles + k)
            wide = angle if size == 8 else builder.fpext(angle, ir.DoubleType())
            magnitude = builder.and_(builder.bitcast(wide, I64), I64((1 << 63) - 1))
            limit = builder.bitcast(ir.Constant(ir.DoubleType(), FAR), I64)
            with inner.when(builder.icmp_unsigned(">", magnitude, limit)):
                rest, quarter = _exactly_reduced(inner, magnitude)
                negative = builder.fcmp_ordered("<", wide, ir.Constant(ir.DoubleType(), 0.0))
                rest = builder.fadd(rest, builder.fsub(wide, wide))  # NaN for infinity
                rest = builder.select(negative, builder.fneg(rest), rest)
                quarter = builder.select(negative, builder.neg(quarter), quarter)
                inner.store_number(rests + k, rest if size == 8 else builder.fptrunc(rest, code.format.number))
                whole = quarter if size == 8 else builder.trunc(quarter, code.format.integer)
                builder.store(whole, inner.pointer(quarters + k), align=size)
    return inner.function


def _exactly_reduced(code: Code, magnitude: Any) -> tuple[Any, Any]:
    """(r, n) of the positive float64 with the bits ``magnitude``.

    It is m 2^(e - 1075) with whole m. Of 2/π = C 2^-PLACES, C without its last s digits times m is the angle in quarter
    turns, times 2^190. What is above 192 bits are whole turns, and fall off.
    """
    builder = code.builder
    exponent = builder.lshr(magnitude, I64(52))
    m = builder.or_(builder.and_(magnitude, I64((1 << 52) - 1)), I64(1 << 52))
    s = builder.sub(I64(PLACES - 190 + 1075), exponent)
    first = Integer(code, builder.add(_digits(code).value, builder.lshr(s, I64(3))))
    shift = builder.zext(builder.and_(s, I64(7)), WIDE)
    carry, words = WIDE(0), []
    for k in range(3):
        loaded = builder.load(code.pointer(first + 8 * k), align=1, typ=WIDE)
        word = builder.zext(builder.trunc(builder.lshr(loaded, shift), I64), WIDE)
        total = builder.add(builder.mul(word, builder.zext(m, WIDE)), carry)
        words.append(builder.trunc(total, I64))
        carry = builder.lshr(total, WIDE(64))
    _, low, high = words
    quarter = builder.lshr(builder.add(high, I64(1 << 61)), I64(62))
    rest = builder.sub(high, builder.shl(quarter, I64(62)))
    double = ir.DoubleType()
    parts = [
        builder.fmul(number, ir.Constant(double, scale * math.pi / 2))
        for number, scale in ((builder.sitofp(rest, double), 2.0**-62), (builder.uitofp(low, double), 2.0**-126))
    ]
    return builder.fadd(*parts), quarter


def _digits(code: Code) -> Integer:
    """Where C lies in memory, its last byte first, with zeros after it."""
    name = "digits_of_2_over_pi"
    found = code.module.globals.get(name)
    if found is None:
        content = int((2 << PLACES) / PI).to_bytes(PLACES // 8 + 16, "little")
        kind = ir.ArrayType(ir.IntType(8), len(content))
        found = ir.GlobalVariable(code.module, kind, name)
        found.linkage, found.global_constant = "internal", True
        found.initializer = ir.Constant(kind, bytearray(content))
    return Integer(code, code.builder.ptrtoint(found, I64))
