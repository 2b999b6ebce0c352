"""Matrix products on packed weights: the micro-kernel, and the product of rows with a packed matrix.

A matrix (K, columns) is packed in *panels* of two vectors' width: panel p holds its K rows one after the other, so that
the inner loop reads memory in order. The micro-kernel keeps a tile of up to eight rows by one panel in registers
(Goto & van de Geijn, 2008).
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from seqloom.kernels.cpu.emit import Code, define
from seqloom.kernels.cpu.operands import FACTOR_WORDS, WORDS, rows_at
from seqloom.kernels.cpu.typed import Format, Integer, Variable, Vector

__all__ = ["DEPTH", "VECTORS", "define_multiply", "define_tile", "panel_width", "tile_heights"]

VECTORS = 2
DEPTH = 256
UNROLL = 4


def panel_width(number_format: Format) -> int:
    """Columns of a panel."""
    return VECTORS * number_format.lanes


def tile_heights(number_format: Format) -> tuple[int, ...]:
    """Heights of tiles, tallest first: eight where there are 32 vector registers, six where there are 16."""
    wide = number_format.lanes * number_format.bits == 512
    return (8, 4, 2, 1) if wide else (6, 4, 2, 1)


def define_tile(module: Any, number_format: Format, height: int, packed: bool) -> Any:
    """``tile(a, a_step, b, depth, start, start_step, c, c_step)``: C = start + A B for ``height`` rows, one panel wide.

    Row r of A begins at a + r · a_step; with ``packed``, A lies column by column, ``a_step`` bytes apart.
    """
    kind = "packed" if packed else "rows"
    with define(module, f"tile_{kind}_{height}", 8, number_format, internal=True) as code:
        _write_tile(code, height, packed)
    return code.function


def _write_tile(code: Code, height: int, packed: bool) -> None:
    a, a_step, b, depth, start, start_step, c, c_step = code.arguments
    vector = code.format.lanes * code.format.bytes
    chains = max(1, 8 // (height * VECTORS))
    zero = code.constant(0.0).value
    sums = [[Variable(code, zero) for _ in range(height * VECTORS)] for _ in range(chains)]
    rows = [a + a_step * r for r in range(height)]
    step = UNROLL if UNROLL % chains == 0 else chains
    whole = depth - (depth - (depth // step) * step)
    for first, last, unroll in ((code.integer(0), whole, step), (whole, depth, 1)):
        with code.loop(first, last, unroll) as k:
            for u in range(unroll):
                panel_row = b + (k + u) * (VECTORS * vector)
                panel = [code.load(panel_row + v * vector) for v in range(VECTORS)]
                for r in range(height):
                    if packed:
                        place = a + (k + u) * a_step + r * code.format.bytes
                    else:
                        place = rows[r] + (k + u) * code.format.bytes
                    number = code.spread(code.load_number(place))
                    for v in range(VECTORS):
                        total = sums[u % chains][r * VECTORS + v]
                        total.set(number.fused(panel[v], Vector(code, total.get())).value)
    for r in range(height):
        for v in range(VECTORS):
            parts = [Vector(code, chain[r * VECTORS + v].get()) for chain in sums]
            while len(parts) > 1:
                parts = [x + y for x, y in zip(parts[::2], parts[1::2], strict=True)]
            begin = code.load(start + start_step * r + v * vector)  # last: errors grow with the length of a sum
            code.store(c + c_step * r + v * vector, begin + parts[0])


def define_multiply(module: Any, number_format: Format) -> Any:
    """The operation ``target = start + Σ factor · packed matrix`` over the rows and panels of its share.

    Arguments in memory: the number of panels, the columns of the last one, target, start, the number of factors, and
    for each factor its rows, its packed matrix and its depth.
    """
    tiles = {height: define_tile(module, number_format, height, packed=False) for height in tile_heights(number_format)}
    block = _define_block(module, number_format, tiles)
    with define(module, "multiply", 6, number_format) as code:
        words, offsets, first_row, last_row, part, parts = code.arguments
        panels, last_columns, count = (code.load_integer(words + 8 * k) for k in (0, 1, 2))
        target = rows_at(code, words + 24, offsets)
        begin = rows_at(code, words + 24 + 8 * WORDS, offsets)
        factors = words + 24 + 16 * WORDS
        width, size = panel_width(number_format), number_format.bytes
        with code.loop(panels * part // parts, panels * (part + 1) // parts) as panel:
            columns = Integer(
                code,
                code.builder.select(panel.compare("==", panels - 1), last_columns.value, code.integer(width).value),
            )
            place = Variable(code, begin.first.value)
            stride = Variable(code, begin.stride.value)
            place.set((begin.first + panel * (width * size)).value)
            with code.loop(0, count) as k:
                words_k = factors + k * (8 * FACTOR_WORDS)
                factor = rows_at(code, words_k, offsets)
                packed, depth = (code.load_integer(words_k + 8 * (WORDS + j)) for j in (0, 1))
                column = packed + panel * depth * (width * size)
                with code.loop(0, depth, DEPTH) as done:
                    code.call(
                        block,
                        first_row,
                        last_row,
                        factor.first + done * size,
                        factor.stride,
                        column + done * (width * size),
                        (depth - done).least(DEPTH),
                        Integer(code, place.get()),
                        Integer(code, stride.get()),
                        target.first + panel * (width * size),
                        target.stride,
                        columns,
                    )
                    place.set((target.first + panel * (width * size)).value)
                    stride.set(target.stride.value)
    return code.function


def _define_block(module: Any, number_format: Format, tiles: dict[int, Any]) -> Any:
    """All rows of a share by one panel: tile after tile, the tallest first."""
    with define(module, "block", 11, number_format, internal=True) as code:
        first, last, a, a_step, b, depth, start, start_step, c, c_step, columns = code.arguments
        width, size = panel_width(number_format), number_format.bytes
        row = Variable(code, first.value)
        scratch = code.scratch(number_format.number, width * max(tiles))
        for height, tile in tiles.items():
            stop = last - (height - 1)
            with _while_below(code, row, stop):
                r = Integer(code, row.get())
                operands = (a + r * a_step, a_step, b, depth)
                begin, end = start + r * start_step, c + r * c_step
                with code.when(columns.compare("==", width)):
                    code.call(tile, *operands, begin, start_step, end, c_step)
                with code.when(columns.compare("<", width)):
                    _copy(code, begin, start_step, scratch, code.integer(width * size), height, columns)
                    code.call(tile, *operands, scratch, width * size, scratch, width * size)
                    _copy(code, scratch, code.integer(width * size), end, c_step, height, columns)
                row.set((r + height).value)
    return code.function


def _while_below(code: Code, variable: Variable, stop: Integer) -> Any:
    """``while variable < stop``; the body moves the variable on."""
    return _While(code, variable, stop)


class _While(ExitStack):
    def __init__(self, code: Code, variable: Variable, stop: Integer) -> None:
        super().__init__()
        self.code, self.variable, self.stop = code, variable, stop

    def __enter__(self) -> _While:
        code = self.code
        self.head, body, self.after = (code.function.append_basic_block(n) for n in ("head", "while", "after"))
        code.builder.branch(self.head)
        code.builder.position_at_end(self.head)
        code.builder.cbranch(Integer(code, self.variable.get()).compare("<", self.stop), body, self.after)
        code.builder.position_at_end(body)
        return self

    def __exit__(self, *error: object) -> None:
        self.code.builder.branch(self.head)
        self.code.builder.position_at_end(self.after)


def _copy(
    code: Code,
    source: Integer,
    source_step: Integer,
    target: Integer,
    target_step: Integer,
    rows: int,
    columns: Integer,
) -> None:
    """Copy ``rows`` by ``columns`` numbers."""
    size = code.format.bytes
    with code.loop(0, rows) as r, code.loop(0, columns) as k:
        value = code.load_number(source + r * source_step + k * size)
        code.store_number(target + r * target_step + k * size, value)
