"""Products on matrices that lie row by row, as torch keeps them: y = start + Σ W · v for one row v or many.

A number of y is the dot product of a row of W and a row v. A tile of rows of W by rows v has vectors of partial sums;
at its end, the lanes of as many vectors as one has lanes are added up into one, by a tree. Nothing is packed: each
weight is read once where it lies, so that a product with few rows takes the time of reading W, and one with many that
of the multiplications. Where a row is no multiple of a vector, its last lanes are masked: memory beyond it is not read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir

from seqloom.kernels.cpu.emit import Code, define
from seqloom.kernels.cpu.operands import TIME, WORDS, rows_at
from seqloom.kernels.cpu.typed import I64, UNSIGNED_ZERO, Format, Integer, Variable, Vector

__all__ = ["LIVE_FACTOR_WORDS", "MAXIMUM_FACTORS", "block_height", "define_multiply_live"]

MAXIMUM_FACTORS = 16
LIVE_FACTOR_WORDS = 2 * WORDS + 1
PLACE = 5
"""The words of a factor whose addresses are found: rows v, their step, the matrix, its step, the depth."""
AT_ONCE = 4
"""Rows of W that are read side by side: more streams than this come slower from the second cache."""


def block_height(number_format: Format) -> int:
    """Rows of W in a block: half the number of vector registers, which hold the sums of a tile."""
    return 16 if number_format.lanes * number_format.bits == 512 else 8


def define_multiply_live(module: Any, number_format: Format) -> Any:
    """The operation ``target = Σ starts + Σ W · factor`` over the rows and blocks of its share.

    Arguments in memory: the rows of W, the number of starts and of factors, the words of the target and of each start,
    and for each factor those of its rows, those of its matrix and the depth.

    Odd steps go through the blocks backwards: of matrices larger than the cache, they find the last ones still there.
    """
    height, size = block_height(number_format), number_format.bytes
    tiles = {
        vectors: [_define_tile(module, number_format, vectors, whole) for whole in (True, False)]
        for vectors in (4, 2, 1)
        if height // vectors >= AT_ONCE
    }
    with define(module, "multiply_live", 6, number_format) as code:
        words, offsets, first_row, last_row, part, parts = code.arguments
        width, starts, factors = (code.load_integer(words + 8 * k) for k in range(3))
        target = rows_at(code, words + 24, offsets)
        start_words = words + 24 + 8 * WORDS
        places = code.scratch(I64, MAXIMUM_FACTORS * PLACE)
        _find(code, start_words + starts * (8 * WORDS), offsets, factors, places)
        blocks = (width + (height - 1)) // height
        begin, end = blocks * part // parts, blocks * (part + 1) // parts
        odd = code.load_integer(offsets + 8 * TIME) & 1
        with code.loop(begin, end) as k:
            block = k + odd * (begin + end - 1 - k * 2)
            first, done = block * height, first_row
            last = (first + height).least(width)
            for vectors, (whole, rest) in tiles.items():
                rows, stop = height // vectors, done + (last_row - done) // vectors * vectors
                with code.loop(done, stop, vectors) as v, code.loop(first, last, rows) as row:
                    out = target.first + v * target.stride + row * size
                    operands = (places, factors, start_words, starts, offsets, row, width, v, out, target.stride)
                    fits = (row + rows).compare("<=", width)
                    with code.when(fits):
                        code.call(whole, *operands)
                    with code.when(code.builder.not_(fits)):
                        code.call(rest, *operands)
                done = stop
    return code.function


def _find(code: Code, words: Integer, offsets: Integer, factors: Integer, places: Integer) -> None:
    """Write down where the factors lie at this step."""
    with code.loop(0, factors) as k:
        factor = words + k * (8 * LIVE_FACTOR_WORDS)
        rows, matrix = rows_at(code, factor, offsets), rows_at(code, factor + 8 * WORDS, offsets)
        depth = code.load_integer(factor + 16 * WORDS)
        for number, value in enumerate((*rows, *matrix, depth)):
            code.store_integer(places + (k * PLACE + number) * 8, value)


def _define_tile(module: Any, number_format: Format, vectors: int, whole: bool) -> Any:
    """A tile of W by ``vectors`` rows v; where W ends within it, its last row stands for those that are not there."""
    rows, lanes, size = block_height(number_format) // vectors, number_format.lanes, number_format.bytes
    name = f"live_tile_{vectors}_{'whole' if whole else 'rest'}"
    with define(module, name, 10, number_format, internal=True) as code:
        places, factors, starts, start_count, offsets, row, width, first, out, out_step = code.arguments
        flat: list[list[Any]] = [[] for _ in range(vectors)]
        for start in range(0, rows, AT_ONCE):
            lines = [row + r if whole else (row + r).least(width - 1) for r in range(start, start + AT_ONCE)]
            for totals, more in zip(flat, _dots(code, places, factors, lines, first, vectors), strict=True):
                totals += more
        unsummed = [total for totals in flat for total in totals]
        sums = [_sum_each(code, unsummed[k : k + lanes]) for k in range(0, len(unsummed), lanes)]
        piece = min(rows, lanes)
        for n in range(len(unsummed) // piece):
            vector, column = n // (rows // piece), row + n % (rows // piece) * piece
            at = n * piece % lanes
            part = sums[n * piece // lanes]
            value = Variable(code, _shuffle(code, part, part, range(at, at + piece)))
            mask = None if whole else code.first_lanes(width - column, piece)
            with code.loop(0, start_count) as k:
                begin = rows_at(code, starts + k * (8 * WORDS), offsets)
                place = begin.first + (first + vector) * begin.stride + column * size
                value.set(code.builder.fadd(value.get(), _load(code, place, piece, mask), flags=UNSIGNED_ZERO))
            _store(code, out + out_step * vector + (column - row) * size, value.get(), mask)
    return code.function


def _dots(
    code: Code, places: Integer, factors: Integer, lines: Sequence[Integer], first: Integer, vectors: int
) -> list[list[Any]]:
    """The products of ``lines`` of W with ``vectors`` rows from ``first`` on, whose lanes are still to be added up."""
    lanes, size = code.format.lanes, code.format.bytes
    chains = block_height(code.format) // (len(lines) * vectors)  # sums that do not wait for each other
    sums = [[[Variable(code, code.constant(0.0).value) for _ in range(chains)] for _ in lines] for _ in range(vectors)]
    with code.loop(0, factors) as k:
        v, v_step, matrix, step, depth = (code.load_integer(places + (k * PLACE + n) * 8) for n in range(PLACE))
        weights = [matrix + line * step for line in lines]
        others = [v + first * v_step + v_step * n for n in range(vectors)]

        def add(load: Callable[[Integer], Any], column: Integer, chain: int) -> None:
            values = [load(other + column * size) for other in others]
            for r, line in enumerate(weights):
                numbers = Vector(code, load(line + column * size))
                for n, value in enumerate(values):
                    total = sums[n][r][chain]
                    total.set(numbers.fused(Vector(code, value), Vector(code, total.get())).value)

        unrolled, whole = depth // (lanes * chains) * (lanes * chains), depth // lanes * lanes
        with code.loop(0, unrolled, lanes * chains) as column:
            for chain in range(chains):
                add(lambda address: code.load(address).value, column + chain * lanes, chain)
        with code.loop(unrolled, whole, lanes) as column:
            add(lambda address: code.load(address).value, column, 0)
        with code.when(depth.compare(">", whole)):
            mask = code.first_lanes(depth - whole)
            add(lambda address: code.load_masked(address, mask), whole, 0)
    return [[_total(code, [chain.get() for chain in line]) for line in column] for column in sums]


def _total(code: Code, vectors: list[Any]) -> Any:
    while len(vectors) > 1:
        vectors = [
            code.builder.fadd(a, b, flags=UNSIGNED_ZERO) for a, b in zip(vectors[::2], vectors[1::2], strict=True)
        ]
    return vectors[0]


def _sum_each(code: Code, vectors: list[Any]) -> Any:
    """Lane k of the result is the sum of the lanes of vector k, added up pair by pair."""
    lanes, span = len(vectors), 1
    while len(vectors) > 1:
        # A vector holds partial sums of ``span`` vectors by turns; two of them join into one of twice as many.
        low = [k // (2 * span) * 2 * span + k % span + (lanes if k // span % 2 else 0) for k in range(lanes)]
        high = [k + span for k in low]
        pairs = zip(vectors[::2], vectors[1::2], strict=True)
        vectors = [_total(code, [_shuffle(code, a, b, low), _shuffle(code, a, b, high)]) for a, b in pairs]
        span *= 2
    return vectors[0]


def _shuffle(code: Code, a: Any, b: Any, lanes: Sequence[int]) -> Any:
    return code.builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), list(lanes)))


def _load(code: Code, address: Integer, lanes: int, mask: Any) -> Any:
    if mask is not None:
        return code.load_masked(address, mask)
    kind = ir.VectorType(code.format.number, lanes)
    return code.builder.load(code.pointer(address), align=code.format.bytes, typ=kind)


def _store(code: Code, address: Integer, value: Any, mask: Any) -> None:
    if mask is not None:
        code.store_masked(address, value, mask)
    else:
        code.builder.store(value, code.pointer(address), align=code.format.bytes)
