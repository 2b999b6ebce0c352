"""Each function against a format of twice the precision, in units of the last place, and at special values."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from seqloom.kernels.cpu import Machine
from seqloom.kernels.cpu.emit import define
from seqloom.kernels.cpu.functions import FUNCTIONS
from tests.kernels.cpu.widths import WIDTHS

COUNT = 20_000
DTYPES = {32: np.float32, 64: np.float64}
WIDER = {32: np.float64, 64: np.longdouble}

# Function: what numpy computes, the range of arguments (logarithmic where it starts above 0), the allowed units.
ORACLES: dict[str, tuple[Callable[..., Any], tuple[float, float], float]] = {
    "exp": (np.exp, (-80.0, 80.0), 2.0),
    "sigmoid": (lambda v: 1 / (1 + np.exp(-v)), (-80.0, 80.0), 3.0),
    "tanh": (np.tanh, (-12.0, 12.0), 3.0),
    "log": (np.log, (1e-30, 1e30), 2.0),
    "softplus": (lambda v: np.logaddexp(v.dtype.type(0), v), (-80.0, 80.0), 3.0),
    "sqrt": (np.sqrt, (1e-30, 1e30), 0.5001),
    "sin": (np.sin, (-100.0, 100.0), 2.0),
    "cos": (np.cos, (-100.0, 100.0), 2.0),
}


@cache
def machine(width: int) -> Machine:
    return Machine(width)


@cache
def compiled(width: int, bits: int) -> dict[str, int]:
    """Every function as ``f(a, b, out, bytes)``."""
    number_format = machine(width).format(bits)

    def write(module: Any) -> None:
        for name, function in FUNCTIONS.items():
            with define(module, name, 4, number_format) as code:
                a, b, out, size = code.arguments
                with code.loop(0, size, number_format.lanes * number_format.bytes) as k:
                    first, second = code.load(a + k), code.load(b + k)
                    operands = [first, second, first][: function.__code__.co_argcount]
                    code.store(out + k, function(*operands))

    return machine(width).compile(write, list(FUNCTIONS))


def run(width: int, bits: int, name: str, a: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    """The function on numbers of ``bits`` bits, padded to whole vectors."""
    dtype = DTYPES[bits]
    padded = [np.zeros(-(-len(a) // 16) * 16, dtype) for _ in range(3)]
    padded[0][: len(a)] = a
    padded[1][: len(a)] = a if b is None else b
    function = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 4)(compiled(width, bits)[name])
    function(*(array.ctypes.data for array in padded), padded[2].nbytes)
    return padded[2][: len(a)]


def arguments(bits: int, low: float, high: float) -> np.ndarray:
    random = np.random.default_rng(0)
    if low > 0:
        drawn = np.exp(random.uniform(np.log(low), np.log(high), COUNT))
        near_one = 1 + random.normal(size=COUNT) * 10.0 ** random.uniform(-7, -1, COUNT)
        return np.concatenate([drawn, np.abs(near_one)]).astype(DTYPES[bits])
    small = random.choice([-1, 1], COUNT) * 10.0 ** random.uniform(-35, 0, COUNT)
    return np.concatenate([random.uniform(low, high, COUNT), small]).astype(DTYPES[bits])


def units(got: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The error in units of the last place of ``wanted``."""
    place = np.spacing(np.abs(wanted).astype(got.dtype))
    return np.abs(got.astype(wanted.dtype) - wanted) / place


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ORACLES)
def test_accuracy(name: str, width: int, bits: int) -> None:
    oracle, (low, high), allowed = ORACLES[name]
    v = arguments(bits, low, high)
    wanted = oracle(v.astype(WIDER[bits]))
    errors = units(run(width, bits, name, v), wanted)
    worst = int(np.argmax(errors))
    assert errors[worst] <= allowed, f"{name}({v[worst]!r}): {errors[worst]:.2f} units"


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("width", WIDTHS)
def test_results_overflow_to_infinity_and_underflow_gradually(width: int, bits: int) -> None:
    low, high = (-110.0, 95.0) if bits == 32 else (-760.0, 720.0)
    v = np.linspace(low, high, COUNT).astype(DTYPES[bits])
    with np.errstate(over="ignore", under="ignore"):
        wanted = np.exp(v.astype(WIDER[bits]))
        rounded = wanted.astype(DTYPES[bits])
    got = run(width, bits, "exp", v)
    assert np.array_equal(np.isinf(got), np.isinf(rounded))
    finite = np.isfinite(got)
    assert units(got[finite], wanted[finite]).max() <= 2.0
    smallest = np.finfo(DTYPES[bits]).smallest_normal
    for name in ("sigmoid", "softplus"):
        far = oracle_of(name)(v.astype(WIDER[bits]))
        got = run(width, bits, name, v)
        assert np.all(np.abs(got - far) <= 2 * smallest + 3 * np.spacing(far.astype(got.dtype))), name


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("size", [1e2, 6.4e3, 1e4, 1e5, 1e10, 1e18, 1e30, np.inf])
def test_sines_of_large_angles(size: float, width: int, bits: int) -> None:
    """The error stays within two units of the last place of 1, up to the largest number, beside small angles too."""
    size = min(size, float(np.finfo(DTYPES[bits]).max))
    v = np.random.default_rng(0).uniform(-1, 1, COUNT).astype(DTYPES[bits])
    v[::3] *= DTYPES[bits](size)
    for name in ("sin", "cos"):
        errors = np.abs(run(width, bits, name, v) - oracle_of(name)(v.astype(WIDER[bits])))
        assert errors.max() <= 2 * np.finfo(DTYPES[bits]).eps, name


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("width", WIDTHS)
def test_logarithms_of_subnormal_and_huge_numbers(width: int, bits: int) -> None:
    limits = np.finfo(DTYPES[bits])
    v = np.array([limits.smallest_subnormal, 3 * limits.smallest_subnormal, limits.smallest_normal, limits.max])
    v = v.astype(DTYPES[bits])
    assert units(run(width, bits, "log", v), np.log(v.astype(WIDER[bits]))).max() <= 2.0
    assert units(run(width, bits, "sqrt", v), np.sqrt(v.astype(WIDER[bits]))).max() <= 0.5001


def oracle_of(name: str) -> Callable[..., Any]:
    return ORACLES[name][0]


LIMITS: dict[str, list[float]] = {
    "exp": [1.0, 1.0, np.inf, 0.0, np.nan],
    "sigmoid": [0.5, 0.5, 1.0, 0.0, np.nan],
    "tanh": [0.0, 0.0, 1.0, -1.0, np.nan],
    "relu": [0.0, 0.0, np.inf, 0.0, np.nan],
    "log": [-np.inf, -np.inf, np.inf, np.nan, np.nan],
    "softplus": [np.log(2), np.log(2), np.inf, 0.0, np.nan],
    "sqrt": [0.0, 0.0, np.inf, np.nan, np.nan],
    "sin": [0.0, 0.0, np.nan, np.nan, np.nan],
    "cos": [1.0, 1.0, np.nan, np.nan, np.nan],
    "negative": [0.0, 0.0, -np.inf, np.inf, np.nan],
}


TWO: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "passed": lambda g, y: np.where(y <= 0, 0, g),
    "share": lambda g, a: np.where(a < g, 0, np.where(a == g, g / 2, g)),  # b is g once more
}


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", LIMITS)
def test_special_values(name: str, width: int, bits: int) -> None:
    got = run(width, bits, name, np.array([0.0, -0.0, np.inf, -np.inf, np.nan], DTYPES[bits]))
    smallest = np.finfo(DTYPES[bits]).smallest_normal
    np.testing.assert_allclose(got, LIMITS[name], rtol=2 * np.finfo(DTYPES[bits]).eps, atol=2 * smallest)


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["sigmoid", "softplus", "exp"])
def test_what_vanishes_is_zero(name: str, width: int, bits: int) -> None:
    """Not the smallest number: times infinity it has to be NaN, as it is elsewhere."""
    assert run(width, bits, name, np.array([-1e4, -np.inf], DTYPES[bits])).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", TWO)
def test_two_operands(name: str, width: int, bits: int) -> None:
    values = np.array([0.0, 1.0, -2.5, 3.25, np.inf, -np.inf, np.nan], DTYPES[bits])
    a, b = (array.ravel() for array in np.meshgrid(values, values))
    oracle = TWO[name]
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(run(width, bits, name, a, b), oracle(a, b).astype(a.dtype))


def test_every_function_has_a_test() -> None:
    assert set(FUNCTIONS) == set(ORACLES) | set(LIMITS) | set(TWO)
