"""Tokens in compiled code: a token's row of a table, and a token drawn from scores.

A token is drawn where the sum of exp(score), unit after unit, passes a uniform number's share of the total. All of
that is float64, as in ``decoding``, so both draw the same token.
"""

from __future__ import annotations

import math
from typing import Any

from llvmlite import ir

from seqloom.kernels.cpu.emit import Code, define
from seqloom.kernels.cpu.functions import exponential
from seqloom.kernels.cpu.operands import TIME, WORDS, rows_at
from seqloom.kernels.cpu.philox import write_philox
from seqloom.kernels.cpu.product import VECTORS
from seqloom.kernels.cpu.typed import I64, Format, Integer, Variable
from seqloom.kernels.random_bits import WORD

__all__ = ["define_gather", "define_sample"]

DOUBLE = ir.DoubleType()
SIZE = 8
MAGNITUDE = (1 << 63) - 1
NO_TOKEN = -1


def define_gather(module: Any, number_format: Format) -> Any:
    """Each row's token (number 0 for none) as its row of a table, over the columns of its share.

    In memory: the number of panels, the address of the tokens (steps, B), B, the table's address and the bytes from
    row to row of it, and the target's words.
    """
    with define(module, "gather", 6, number_format) as code:
        words, offsets, first_row, last_row, part, parts = code.arguments
        panels, tokens, batch, table, stride = (code.load_integer(words + 8 * k) for k in range(5))
        target = rows_at(code, words + 40, offsets)
        present = tokens + code.load_integer(offsets + 8 * TIME) * batch * 8
        step = number_format.lanes * number_format.bytes
        first, last = (panels * share // parts * (VECTORS * step) for share in (part, part + 1))
        with code.loop(first_row, last_row) as row:
            token = code.load_integer(present + row * 8)
            known = code.builder.select(token.compare(">", 0), token.value, I64(0))
            source = table + Integer(code, known) * stride
            with code.loop(first, last, step) as column:
                code.store(target.first + row * target.stride + column, code.load(source + column))
    return code.function


def define_sample(module: Any, number_format: Format) -> Any:
    """A token for each row: −1 where no score is finite, or one is not a number.

    In memory: the vocabulary's size, how many tokens to choose from, the checksum of the random numbers' name, the
    addresses of the row seeds, of the times, of the tokens (steps, B), of the temperature (0 for none) and of what is
    added to the scores, B, and the words of the scores and of float64 scratch.
    """
    doubles = Format(64, number_format.lanes * number_format.bits // 64)
    choose = _define_choose(module, doubles)
    with define(module, "sample", 6, number_format) as code:
        words, offsets, first_row, last_row, _, _ = code.arguments
        width, kept, name, seeds, times, tokens, temperature, added, batch = (
            code.load_integer(words + 8 * k) for k in range(9)
        )
        scores, scratch = (rows_at(code, words + 72 + 8 * WORDS * k, offsets) for k in range(2))
        present = code.load_integer(offsets + 8 * TIME)
        with code.loop(first_row, last_row) as row:
            source = scores.first + row * scores.stride
            _write_distances(code, source, added, temperature, scratch.first, width)
            seed, time = code.load_integer(seeds + row * 8), code.load_integer(times + row * 8) + present
            code.call(choose, scratch.first, width, kept, seed, time, name, tokens + (present * batch + row) * 8)
    return code.function


def _write_distances(
    code: Code, source: Integer, added: Integer, temperature: Integer, target: Integer, width: Integer
) -> None:
    """(score − best) / temperature, rounded as torch rounds it; all NaN where a score or the best is not finite."""
    builder, number, size = code.builder, code.format.number, code.format.bytes

    def score(k: Integer) -> Any:
        return builder.fadd(code.load_number(source + k * size), code.load_number(added + k * size))

    def wide(value: Any) -> Any:
        return value if number == DOUBLE else builder.fpext(value, DOUBLE)

    best = Variable(code, ir.Constant(number, -math.inf))
    with code.loop(0, width) as k:
        value = score(k)
        larger = builder.fcmp_ordered(">", value, best.get())
        wrong = builder.fcmp_unordered("!=", value, value)
        best.set(builder.select(builder.or_(larger, wrong), value, best.get()))
    with code.when(temperature.compare("==", 0)), code.loop(0, width) as k:
        _store(code, target + k * SIZE, builder.fsub(wide(score(k)), wide(best.get())))
    with code.when(temperature.compare("!=", 0)), code.loop(0, width) as k:
        distance = builder.fsub(score(k), best.get())
        _store(code, target + k * SIZE, wide(builder.fdiv(distance, code.load_number(temperature))))


def _store(code: Code, address: Integer, value: Any) -> None:
    code.builder.store(value, code.pointer(address), align=SIZE)


def _define_choose(module: Any, doubles: Format) -> Any:
    """``choose(scores, width, kept, seed, time, name, token)`` for scores of which the best is 0; they are spoilt."""
    with define(module, "choose", 7, doubles, internal=True) as code:
        scores, width, kept, seed, time, name, token = code.arguments
        padded = (width + (doubles.lanes - 1)) // doubles.lanes * doubles.lanes
        with code.loop(width, padded) as k:
            code.store_number(scores + k * SIZE, DOUBLE(-math.inf))
        with code.when(kept.compare("<", width)):
            _keep_best(code, scores, padded, kept)
        with code.loop(0, padded, doubles.lanes) as k:
            code.store(scores + k * SIZE, exponential(code.load(scores + k * SIZE)))
        builder, zero = code.builder, DOUBLE(0.0)
        total = Variable(code, zero)
        with code.loop(0, width) as k:
            total.set(builder.fadd(total.get(), code.load_number(scores + k * SIZE)))
        target = _share(code, total.get(), _uniform(code, seed, time, name))
        running, passed = Variable(code, zero), Variable(code, I64(0))
        with code.loop(0, width) as k:
            running.set(builder.fadd(running.get(), code.load_number(scores + k * SIZE)))
            below = builder.fcmp_ordered("<=", running.get(), target)
            passed.set(builder.add(passed.get(), builder.zext(below, I64)))
        found = builder.fcmp_ordered(">", total.get(), zero)
        code.store_integer(token, Integer(code, builder.select(found, passed.get(), I64(NO_TOKEN))))
    return code.function


def _uniform(code: Code, seed: Integer, time: Integer, name: Integer) -> Any:
    """The number of ``random_bits.uniform``."""
    builder, word = code.builder, I64(WORD)
    counter = (I64(0), builder.and_(time.value, word), builder.lshr(seed.value, I64(32)), I64(0))
    first, second, _, _ = write_philox(builder, counter, (builder.and_(seed.value, word), name.value), I64)
    high = builder.shl(builder.lshr(first, I64(5)), I64(26))
    bits = builder.add(high, builder.lshr(second, I64(6)))
    return builder.fmul(builder.uitofp(bits, DOUBLE), DOUBLE(2.0**-53))


def _share(code: Code, total: Any, uniform: Any) -> Any:
    """uniform · total, and the number before ``total`` where that rounds up to it."""
    builder = code.builder
    product = builder.fmul(uniform, total)
    before = builder.bitcast(builder.sub(builder.bitcast(total, I64), I64(1)), DOUBLE)
    return builder.select(builder.fcmp_ordered("<", product, total), product, before)


def _keep_best(code: Code, scores: Integer, padded: Integer, kept: Integer) -> None:
    """−∞ for all but the ``kept`` best, of equal ones the first. A magnitude's bits are in order, so it is found bit by
    bit: the smallest one that ``kept`` scores do not exceed."""
    builder = code.builder
    bound = Variable(code, I64(0))
    with code.loop(0, 63) as k:
        bit = builder.shl(I64(1), (code.integer(62) - k).value)
        tried = builder.or_(bound.get(), builder.sub(bit, I64(1)))
        enough = _count_within(code, scores, padded, tried).compare(">=", kept)
        bound.set(builder.select(enough, bound.get(), builder.or_(bound.get(), bit)))
    closer = _count_within(code, scores, padded, builder.sub(bound.get(), I64(1)))
    places = Variable(code, (kept - closer).value)
    with code.loop(0, padded) as k:
        size = code.load_integer(scores + k * SIZE) & MAGNITUDE
        equal = size.compare("==", Integer(code, bound.get()))
        full = builder.and_(equal, Integer(code, places.get()).compare("<=", 0))
        with code.when(builder.or_(size.compare(">", Integer(code, bound.get())), full)):
            code.store_number(scores + k * SIZE, DOUBLE(-math.inf))
        places.set(builder.sub(places.get(), builder.zext(equal, I64)))


def _count_within(code: Code, scores: Integer, padded: Integer, bound: Any) -> Integer:
    """How many scores have a magnitude of at most ``bound``."""
    builder, lanes = code.builder, code.format.lanes
    total = Variable(code, code.whole(0))
    limit = builder.bitcast(code.spread(builder.bitcast(bound, DOUBLE)).value, code.format.integers)
    with code.loop(0, padded, lanes) as k:
        sizes = builder.and_(code.load(scores + k * SIZE).bits(), code.whole(MAGNITUDE))
        within = builder.zext(builder.icmp_signed("<=", sizes, limit), code.format.integers)
        total.set(builder.add(total.get(), within))
    parts = [builder.extract_element(total.get(), ir.IntType(32)(k)) for k in range(lanes)]
    whole = Integer(code, parts[0])
    for part in parts[1:]:
        whole = whole + Integer(code, part)
    return whole
