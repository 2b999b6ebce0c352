"""Philox-4x32-10 in vector registers: the same bits as ``random_bits``, for the masks of a step."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from seqloom.kernels.cpu.emit import Code, define
from seqloom.kernels.cpu.operands import TIME, rows_at
from seqloom.kernels.cpu.philox import write_philox
from seqloom.kernels.cpu.typed import I64, Format, Integer
from seqloom.kernels.random_bits import WORD

__all__ = ["define_coins"]

LANES = 8
QUADS = ir.VectorType(I64, LANES)


def define_coins(module: Any, number_format: Format) -> Any:
    """0 or 1 for each unit of each row.

    In memory: the width, the threshold under which a word is a 1, the checksum of the name, the addresses of the row
    seeds and times, 1 or 0 for per step or per sequence, and the target's words.
    """
    with define(module, "coins", 6, number_format) as code:
        words, offsets, first_row, last_row, _, _ = code.arguments
        width, threshold, name, seeds, times, per_step = (code.load_integer(words + 8 * k) for k in range(6))
        target = rows_at(code, words + 48, offsets)
        present = code.load_integer(offsets + 8 * TIME)
        size = number_format.bytes
        tosses = code.scratch(I64, 4 * LANES)
        with code.loop(first_row, last_row) as row:
            seed = code.load_integer(seeds + row * 8)
            time = (code.load_integer(times + row * 8) + present) * per_step
            with code.loop(0, width, 4 * LANES) as unit:
                _toss(code, unit, seed, time, name, threshold, tosses)
                stop = (width - unit).least(4 * LANES)
                with code.loop(0, stop) as k:
                    toss = code.load_integer(tosses + ((k & 3) * LANES + k // 4) * 8)
                    number = code.builder.uitofp(toss.value, number_format.number)
                    code.store_number(target.first + row * target.stride + (unit + k) * size, number)
    return code.function


def _spread(code: Code, value: Integer) -> Any:
    undefined = ir.Constant(QUADS, ir.Undefined)
    single = code.builder.insert_element(undefined, value.value, ir.IntType(32)(0))
    return code.builder.shuffle_vector(
        single, undefined, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    )


def _all(value: int) -> Any:
    return ir.Constant(QUADS, [I64(value)] * LANES)


def _toss(
    code: Code, unit: Integer, seed: Integer, time: Integer, name: Integer, threshold: Integer, tosses: Integer
) -> None:
    """The coins of 4 · LANES units, word by word."""
    builder = code.builder
    word, shift = _all(WORD), _all(32)
    ramp = ir.Constant(QUADS, [I64(k) for k in range(LANES)])
    counter = (
        builder.add(_spread(code, unit // 4), ramp),
        builder.and_(_spread(code, time), word),
        builder.and_(builder.lshr(_spread(code, seed), shift), word),
        _all(0),
    )
    key = builder.and_(_spread(code, seed), word), _spread(code, name)
    for k, bits in enumerate(write_philox(builder, counter, key, _all)):
        truth = builder.icmp_signed("<", bits, _spread(code, threshold))
        place = code.pointer(tosses + k * LANES * 8)
        builder.store(builder.zext(truth, QUADS), place, align=8)
