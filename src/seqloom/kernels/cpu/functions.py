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

from seqloom.kernels.cpu.emit import Format, Lanes

__all__ = ["FUNCTIONS"]

LOG_2 = Fraction("0.69314718055994530941723212145817656807550013436026")
HALF_PI = Fraction("1.57079632679489661923132169163975144209858469968755")
"""With more digits than a number holds: what is lost in one part of a sum is in the next."""


def _polynomial(v: Lanes, coefficients: Sequence[float]) -> Lanes:
    """Σ coefficient_k v^k by Horner's rule."""
    total = v.code.constant(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = total.fused(v, coefficient)
    return total


def _terms(number_format: Format, single: int, double: int) -> int:
    return single if number_format.bits == 32 else double


def _split(value: Fraction, number_format: Format, zeros: int) -> tuple[float, Fraction]:
    """``value`` as a sum of two, the first with ``zeros`` zero bits at its end, so that small multiples are exact."""
    precision = (24 if number_format.bits == 32 else 53) - zeros
    scale = Fraction(2) ** (precision - math.frexp(value)[1])
    first = math.floor(value * scale) / scale
    return float(first), value - first


def _power_of_two(n: Lanes) -> Lanes:
    """2^n for whole n in the range of normal numbers, built from its exponent bits."""
    code, number_format = n.code, n.code.format
    bias, mantissa = (127, 23) if number_format.bits == 32 else (1023, 52)
    whole = code.builder.fptosi(n.value, number_format.integers)
    shifted = code.builder.shl(code.builder.add(whole, code.whole(bias)), code.whole(mantissa))
    return Lanes(code, code.builder.bitcast(shifted, number_format.vector))


def _between(v: Lanes, low: float, high: float) -> Lanes:
    """``v`` cut to an interval; NaN stays NaN."""
    v = v.where(">", high, high, v)
    return v.where("<", low, low, v)


def _reduced_exponential(v: Lanes) -> tuple[Lanes, Lanes]:
    """(n, p) with e^v = 2^n (1 + p), |p| < 0.42."""
    number_format = v.code.format
    n = v.code.intrinsic("nearbyint", v * (1 / math.log(2)))
    high, low = _split(LOG_2, number_format, 9 if number_format.bits == 32 else 12)
    r = n.fused(-float(low), n.fused(-high, v))
    count = _terms(number_format, 8, 14)
    p = _polynomial(r, [1 / math.factorial(k) for k in range(2, count)])
    return n, (r * r).fused(p, r)


def exponential(v: Lanes) -> Lanes:
    """e^v; 2^n is multiplied on in two halves, so that results overflow to infinity and underflow gradually."""
    limit = 104.0 if v.code.format.bits == 32 else 746.0
    n, p = _reduced_exponential(_between(v, -limit, limit))
    half = v.code.intrinsic("floor", n * 0.5)
    scale = _power_of_two(half)
    return scale.fused(p, scale) * _power_of_two(n - half)


def _moderate_exponential(v: Lanes) -> Lanes:
    """e^v for arguments beyond which the caller's result no longer changes."""
    limit = 87.0 if v.code.format.bits == 32 else 708.0
    n, p = _reduced_exponential(_between(v, -limit, limit))
    scale = _power_of_two(n)
    return scale.fused(p, scale)


def sigmoid(v: Lanes) -> Lanes:
    """1 / (1 + e^-v)."""
    return 1.0 / (1.0 + _moderate_exponential(-v))


def tanh(v: Lanes) -> Lanes:
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


def _logarithm_beside_one(f: Lanes, count: int) -> Lanes:
    """log(1 + f) = f − s (f − 2 s²/3 − 2 s⁴/5 − …), s = f / (2 + f): rounding tells on what is taken from f alone."""
    s = f / (f + 2.0)
    square = s * s
    tail = _polynomial(square, [2 / (2 * k + 1) for k in range(1, count)])
    return s.fused(square.fused(tail, -f), f)


def logarithm(v: Lanes) -> Lanes:
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
    mantissa = Lanes(
        code,
        builder.bitcast(
            builder.sub(lifted.bits(), builder.shl(exponent, code.whole(mantissa_bits))), number_format.vector
        ),
    )
    n = Lanes(code, builder.sitofp(exponent, number_format.vector)) - shift
    high, low = _split(LOG_2, number_format, 9 if number_format.bits == 32 else 12)
    result = n.fused(high, n.fused(float(low), _logarithm_beside_one(mantissa - 1.0, _terms(number_format, 6, 12))))
    result = v.where("==", 0.0, -math.inf, result)
    result = v.where("==", math.inf, math.inf, result)
    return v.where(">=", 0.0, result, math.nan)


def _root_bits(number_format: Format) -> int:
    """The bits of √½, at which mantissas are folded."""
    return 0x3F3504F3 if number_format.bits == 32 else 0x3FE6A09E667F3BCD


def softplus(v: Lanes) -> Lanes:
    """max(v, 0) + log(1 + u), u = e^-|v|."""
    code = v.code
    u = _moderate_exponential(-code.intrinsic("fabs", v))
    positive = v.where("<", 0.0, 0.0, v)
    return positive + _logarithm_beside_one(u, _terms(code.format, 8, 17))


def _circular(v: Lanes, quarter: int) -> Lanes:
    """sin(v + quarter · π/2): v less the nearest multiple of π/2, in three parts; good to |v| of about 10⁴."""
    code, number_format = v.code, v.code.format
    n = code.intrinsic("nearbyint", v * (2 / math.pi))
    first, rest = _split(HALF_PI, number_format, 12)
    second, third = _split(rest, number_format, 12)
    r = n.fused(-float(third), n.fused(-second, n.fused(-first, v)))
    square = r * r
    count = _terms(number_format, 5, 9)
    sine = (r * square).fused(_polynomial(square, [(-1) ** k / math.factorial(2 * k + 1) for k in range(1, count)]), r)
    cosine = square.fused(_polynomial(square, [(-1) ** k / math.factorial(2 * k) for k in range(1, count + 1)]), 1.0)
    position = code.builder.add(code.builder.fptosi(n.value, number_format.integers), code.whole(quarter))
    zero = code.whole(0)
    odd = code.builder.icmp_signed("!=", code.builder.and_(position, code.whole(1)), zero)
    back = code.builder.icmp_signed("!=", code.builder.and_(position, code.whole(2)), zero)
    chosen = Lanes(code, code.builder.select(odd, cosine.value, sine.value))
    return Lanes(code, code.builder.select(back, (-chosen).value, chosen.value))


def _larger(a: Lanes, b: Lanes) -> Lanes:
    return _pick(a, b, ">")


def _smaller(a: Lanes, b: Lanes) -> Lanes:
    return _pick(a, b, "<")


def _pick(a: Lanes, b: Lanes, sign: str) -> Lanes:
    """a where a sign b, else b; NaN where either is NaN, as torch has it."""
    chosen = a.where(sign, b, a, b)
    return a.where("==", a, chosen, a)


FUNCTIONS: dict[str, Callable[..., Lanes]] = {
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
    "exceeds": lambda a, b: a.where(">", b, 1.0, a.where("==", b, 0.5, 0.0)),
    "positive": lambda v: v.where(">", 0.0, 1.0, 0.0),
}
"""Every operation of a cell, and those of its derivatives, by name."""
