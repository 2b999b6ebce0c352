"""Elementary functions on vectors, accurate to a few units in the last place.

Each reduces its argument to a short range and sums a Taylor series there, with as many terms as the number format
needs, so that no table of fitted coefficients has to be believed (Muller, *Elementary Functions*, 3rd ed., ch. 3, 11).
NaN goes through every one of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

from llvmlite import ir

from seqloom.kernels.cpu.angles import reduced_angle, split
from seqloom.kernels.cpu.typed import Format, Vector

__all__ = ["FUNCTIONS"]

LOG_2 = Fraction("0.69314718055994530941723212145817656807550013436026")
"""With more digits than a number holds: what is lost in one part of a sum is in the next."""


def _polynomial(v: Vector, coefficients: Sequence[float]) -> Vector:
    """Σ coefficient_k v^k by Horner's rule."""
    total = v.code.constant(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = total.fused(v, coefficient)
    return total


def _terms(number_format: Format, single: int, double: int) -> int:
    return single if number_format.bits == 32 else double


def _power_of_two(n: Vector) -> Vector:
    """2^n for whole n in the range of normal numbers, built from its exponent bits; 0 one below it and ∞ one above."""
    code, number_format = n.code, n.code.format
    bias, mantissa = (127, 23) if number_format.bits == 32 else (1023, 52)
    whole = code.builder.fptosi(n.value, number_format.integers)
    shifted = code.builder.shl(code.builder.add(whole, code.whole(bias)), code.whole(mantissa))
    return Vector(code, code.builder.bitcast(shifted, number_format.vector))


def _between(v: Vector, low: float, high: float) -> Vector:
    """``v`` cut to an interval; NaN stays NaN."""
    v = v.where(">", high, high, v)
    return v.where("<", low, low, v)


def _reduced_exponential(v: Vector) -> tuple[Vector, Vector]:
    """(n, p) with e^v = 2^n (1 + p), |p| < 0.42."""
    number_format = v.code.format
    n = v.code.intrinsic("nearbyint", v * (1 / math.log(2)))
    high, low = split(LOG_2, number_format.bits, 9 if number_format.bits == 32 else 12)
    r = n.fused(-float(low), n.fused(-high, v))
    count = _terms(number_format, 8, 14)
    p = _polynomial(r, [1 / math.factorial(k) for k in range(2, count)])
    return n, (r * r).fused(p, r)


def exponential(v: Vector) -> Vector:
    """e^v; 2^n is multiplied on in two halves, so that results overflow to infinity and underflow gradually."""
    limit = 104.0 if v.code.format.bits == 32 else 746.0
    n, p = _reduced_exponential(_between(v, -limit, limit))
    half = v.code.intrinsic("floor", n * 0.5)
    scale = _power_of_two(half)
    return scale.fused(p, scale) * _power_of_two(n - half)


def _coarse_exponential(v: Vector) -> tuple[Vector, Vector]:
    """(s, p) with e^v = s (1 + p), where s is 0 below the normal numbers and ∞ above."""
    bias = 127 if v.code.format.bits == 32 else 1023
    n, p = _reduced_exponential(_between(v, -bias * math.log(2), (bias + 1) * math.log(2)))
    return _power_of_two(n), p


def sigmoid(v: Vector) -> Vector:
    """1 / (1 + e^-v)."""
    scale, p = _coarse_exponential(-v)
    return 1.0 / scale.fused(p + 1.0, 1.0)


def tanh(v: Vector) -> Vector:
    """The series near 0, and 1 − 2 / (e^{2|v|} + 1) beyond, where what is taken from 1 is small."""
    code, square = v.code, v * v
    near = (v * square).fused(_polynomial(square, _tanh_series(_terms(code.format, 9, 19))[1:]), v)
    size = code.intrinsic("fabs", v)
    n, p = _reduced_exponential(_between(size, 0.0, 10.0 if code.format.bits == 32 else 20.0) * 2.0)
    scale = _power_of_two(n)
    far = 1.0 - 2.0 / (scale.fused(p, scale) + 1.0)
    return size.where("<", NEAR, near, code.intrinsic("copysign", far, v))


NEAR = 0.55
"""Up to here the terms of tanh's series become smaller by a factor of 8 each."""


def _tanh_series(count: int) -> list[float]:
    """c_k in tanh v = Σ c_k v^(2k + 1), from tanh' = 1 − tanh²."""
    terms = [Fraction(1)]
    while len(terms) < count:
        squared = sum((a * b for a, b in zip(terms, reversed(terms), strict=True)), start=Fraction())
        terms.append(-squared / (2 * len(terms) + 1))
    return [float(term) for term in terms]


def _logarithm_beside_one(f: Vector, count: int) -> Vector:
    """log(1 + f) = f − s (f − 2 s²/3 − 2 s⁴/5 − …), s = f / (2 + f): rounding tells on what is taken from f alone."""
    s = f / (f + 2.0)
    square = s * s
    tail = _polynomial(square, [2 / (2 * k + 1) for k in range(1, count)])
    return s.fused(square.fused(tail, -f), f)


def logarithm(v: Vector) -> Vector:
    """log v: the exponent times log 2, and the mantissa's logarithm; −∞ at 0, NaN below."""
    code, number_format = v.code, v.code.format
    builder = code.builder
    mantissa_bits, bias = (23, 127) if number_format.bits == 32 else (52, 1023)
    smallest = 2.0 ** (1 - bias)
    lifted = v.where("<", smallest, v * 2.0**mantissa_bits, v)
    shift = v.where("<", smallest, float(mantissa_bits), 0.0)
    root = ir.Constant(number_format.integer, _root_bits(number_format))
    offset = builder.sub(lifted.bits(), ir.Constant(number_format.integers, [root] * number_format.lanes))
    exponent = builder.ashr(offset, code.whole(mantissa_bits))
    mantissa = Vector(
        code,
        builder.bitcast(
            builder.sub(lifted.bits(), builder.shl(exponent, code.whole(mantissa_bits))), number_format.vector
        ),
    )
    n = Vector(code, builder.sitofp(exponent, number_format.vector)) - shift
    high, low = split(LOG_2, number_format.bits, 9 if number_format.bits == 32 else 12)
    result = n.fused(high, n.fused(float(low), _logarithm_beside_one(mantissa - 1.0, _terms(number_format, 6, 12))))
    result = v.where("==", 0.0, -math.inf, result)
    result = v.where("==", math.inf, math.inf, result)
    return v.where(">=", 0.0, result, math.nan)


def _root_bits(number_format: Format) -> int:
    """The bits of √½, at which mantissas are folded."""
    return 0x3F3504F3 if number_format.bits == 32 else 0x3FE6A09E667F3BCD


def softplus(v: Vector) -> Vector:
    """max(v, 0) + log(1 + u), u = e^-|v|."""
    code = v.code
    scale, p = _coarse_exponential(-code.intrinsic("fabs", v))
    u = scale.fused(p, scale)
    positive = v.where("<", 0.0, 0.0, v)
    return positive + _logarithm_beside_one(u, _terms(code.format, 8, 17))


def _circular(v: Vector, quarter: int) -> Vector:
    """sin(v + quarter · π/2)."""
    code, number_format = v.code, v.code.format
    r, n = reduced_angle(v)
    square = r * r
    count = _terms(number_format, 5, 9)
    sine = (r * square).fused(_polynomial(square, [(-1) ** k / math.factorial(2 * k + 1) for k in range(1, count)]), r)
    cosine = square.fused(_polynomial(square, [(-1) ** k / math.factorial(2 * k) for k in range(1, count + 1)]), 1.0)
    position = code.builder.add(n, code.whole(quarter))
    zero = code.whole(0)
    odd = code.builder.icmp_signed("!=", code.builder.and_(position, code.whole(1)), zero)
    back = code.builder.icmp_signed("!=", code.builder.and_(position, code.whole(2)), zero)
    chosen = Vector(code, code.builder.select(odd, cosine.value, sine.value))
    return Vector(code, code.builder.select(back, (-chosen).value, chosen.value))


def _larger(a: Vector, b: Vector) -> Vector:
    return _pick(a, b, ">")


def _smaller(a: Vector, b: Vector) -> Vector:
    return _pick(a, b, "<")


def _pick(a: Vector, b: Vector, sign: str) -> Vector:
    """a where a sign b, else b; NaN where either is NaN, as torch has it."""
    chosen = a.where(sign, b, a, b)
    return a.where("==", a, chosen, a)


FUNCTIONS: dict[str, Callable[..., Vector]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "maximum": _larger,
    "minimum": _smaller,
    "negative": lambda v: -v,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": lambda v: v.where("<", 0.0, 0.0, v),
    "exp": exponential,
    "log": logarithm,
    "softplus": softplus,
    "sqrt": lambda v: v.code.intrinsic("sqrt", v),
    "sin": lambda v: _circular(v, 0),
    "cos": lambda v: _circular(v, 1),
    "passed": lambda g, y: y.where("<=", 0.0, 0.0, g),
    "share": lambda g, a, b: a.where("<", b, 0.0, a.where("==", b, g * 0.5, g)),
}
"""Every operation of a cell, and those of its derivatives, by name."""
