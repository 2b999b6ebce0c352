"""The product of two tall matrices, C = Aᵀ B, which makes the gradients of weights; both sides are packed."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from seqloom.kernels.cpu.emit import Code, define
from seqloom.kernels.cpu.product import DEPTH, define_tile, panel_width, tile_heights
from seqloom.kernels.cpu.typed import Format, Integer, Variable

__all__ = ["ROWS", "define_outer", "define_pack", "scratch_numbers"]

ROWS = 128


def scratch_numbers(number_format: Format, columns: int) -> int:
    """How many numbers one thread needs to pack its share."""
    width = panel_width(number_format)
    return DEPTH * (ROWS + -(-columns // width) * width)


def define_outer(module: Any, number_format: Format) -> Any:
    """C = Aᵀ B over the rows of C in its share.

    In memory: A and its row step, B and its row step, tokens, rows and columns of C, C and its row step, scratch and
    the bytes of it that each thread has, and a row of zeros. C has room for whole tiles.
    """
    height, width, size = tile_heights(number_format)[0], panel_width(number_format), number_format.bytes
    tile = define_tile(module, number_format, height, packed=True)
    pack_panel = _define_pack_columns(module, number_format, width, "pack_panel")
    pack_strip = _define_pack_columns(module, number_format, height, "pack_strip")
    with define(module, "outer", 6, number_format) as code:
        words, _, _, _, part, parts = code.arguments
        a, a_step, b, b_step, tokens, rows, columns, c, c_step, scratch, share, zero = (
            code.load_integer(words + 8 * k) for k in range(12)
        )
        strips = (rows + (height - 1)) // height
        first, last = strips * part // parts, strips * (part + 1) // parts
        panels = (columns + (width - 1)) // width
        strips_packed = scratch + part * share
        panels_packed = strips_packed + DEPTH * ROWS * size
        at_once = ROWS // height
        with code.loop(0, tokens, DEPTH) as token:
            depth = (tokens - token).least(DEPTH)
            with code.loop(0, panels) as p:
                place = panels_packed + p * (DEPTH * width * size)
                code.call(
                    pack_panel, b + token * b_step + p * (width * size), b_step, depth, columns - p * width, place
                )
            with code.loop(first, last, at_once) as group:
                stop = (group + at_once).least(last)
                with code.loop(group, stop) as strip:
                    place = strips_packed + (strip - group) * (DEPTH * height * size)
                    source = a + token * a_step + strip * (height * size)
                    code.call(pack_strip, source, a_step, depth, rows - strip * height, place)
                with code.loop(0, panels) as p, code.loop(group, stop) as strip:
                    target = c + strip * height * c_step + p * (width * size)
                    start = Variable(code, target.value)
                    step = Variable(code, c_step.value)
                    with code.when(token.compare("==", 0)):
                        start.set(zero.value)
                        step.set(code.integer(0).value)
                    code.call(
                        tile,
                        strips_packed + (strip - group) * (DEPTH * height * size),
                        height * size,
                        panels_packed + p * (DEPTH * width * size),
                        depth,
                        Integer(code, start.get()),
                        Integer(code, step.get()),
                        target,
                        c_step,
                    )
    return code.function


def _define_pack_columns(module: Any, number_format: Format, width: int, name: str) -> Any:
    """``pack(source, step, depth, columns, target)``: ``width`` columns side by side; beyond ``columns`` are zeros."""
    with define(module, name, 5, number_format, internal=True) as code:
        source, step, depth, columns, target = code.arguments
        size = number_format.bytes
        kind = ir.VectorType(number_format.number, width)
        with code.when(columns.compare(">=", width)), code.loop(0, depth) as k:
            value = code.builder.load(code.pointer(source + k * step), align=size, typ=kind)
            code.builder.store(value, code.pointer(target + k * (width * size)), align=size)
        with code.when(columns.compare("<", width)), code.loop(0, depth) as k:
            place = target + k * (width * size)
            code.builder.store(ir.Constant(kind, [0.0] * width), code.pointer(place), align=size)
            with code.loop(0, columns) as column:
                code.store_number(place + column * size, code.load_number(source + k * step + column * size))
    return code.function


def define_pack(module: Any, number_format: Format, transposed: bool) -> Any:
    """A matrix into panels, over the panels of its share.

    In memory: the matrix, its row step, depth, columns, target and the bytes from panel to panel. ``transposed`` packs
    the columns of W (columns, depth) for x Wᵀ; otherwise W (depth, columns) for x W.
    """
    width, size = panel_width(number_format), number_format.bytes
    if not transposed:
        pack = module.globals["pack_panel"]
    with define(module, "pack_transposed" if transposed else "pack", 6, number_format) as code:
        words, _, _, _, part, parts = code.arguments
        matrix, step, depth, columns, target, panel_step = (code.load_integer(words + 8 * k) for k in range(6))
        panels = (columns + (width - 1)) // width
        with code.loop(panels * part // parts, panels * (part + 1) // parts) as panel:
            place = target + panel * panel_step
            if transposed:
                _pack_transposed(code, matrix + panel * width * step, step, depth, columns - panel * width, place)
            else:
                code.call(pack, matrix + panel * (width * size), step, depth, columns - panel * width, place)
    return code.function


def _pack_transposed(
    code: Code, source: Integer, step: Integer, depth: Integer, columns: Integer, target: Integer
) -> None:
    """target[k, j] = source[j, k] for j below ``columns``, 0 beyond; squares of one vector's size go by shuffles."""
    number_format = code.format
    lanes, width, size = number_format.lanes, panel_width(number_format), number_format.bytes
    whole = depth // lanes * lanes
    with code.loop(0, width, lanes) as j:
        full = columns.compare(">=", j + lanes)
        with code.when(full), code.loop(0, whole, lanes) as k:
            rows = [code.load(source + (j + r) * step + k * size) for r in range(lanes)]
            for r, column in enumerate(_transposed(code, [row.value for row in rows])):
                place = code.pointer(target + (k + r) * (width * size) + j * size)
                code.builder.store(column, place, align=size)
        start = Variable(code, code.integer(0).value)
        with code.when(full):
            start.set(whole.value)
        with code.loop(Integer(code, start.get()), depth) as k, code.loop(j, j + lanes) as column:
            place = target + k * (width * size) + column * size
            code.store_number(place, ir.Constant(number_format.number, 0.0))
            with code.when(column.compare("<", columns)):
                code.store_number(place, code.load_number(source + column * step + k * size))


def _transposed(code: Code, rows: list[Any]) -> list[Any]:
    """A square of vectors, transposed by exchanging ever larger squares."""
    lanes = code.format.lanes
    kind = ir.VectorType(ir.IntType(32), lanes)
    stride = 1
    while stride < lanes:
        low = ir.Constant(kind, [e if not e & stride else lanes + e - stride for e in range(lanes)])
        high = ir.Constant(kind, [e + stride if not e & stride else lanes + e for e in range(lanes)])
        new = list(rows)
        for k in range(lanes):
            if not k & stride:
                new[k] = code.builder.shuffle_vector(rows[k], rows[k + stride], low)
                new[k + stride] = code.builder.shuffle_vector(rows[k], rows[k + stride], high)
        rows = new
        stride *= 2
    return rows
