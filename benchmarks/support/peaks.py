"""The best that the machine's arithmetic and its memory can do, measured with code made for it."""

from __future__ import annotations

import ctypes
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import torch
from llvmlite import ir

from seqloom.kernels.cpu.machine import host
from support.harness import Yardstick

__all__ = ["copy_bandwidth", "fma_peak", "rate"]

CHAINS = 12  # more than latency × ports, fewer than 16 registers
ITERATIONS = 4_000_000
COPIED = 1 << 27
VECTORS_AT_ONCE = 8
COUNT = ir.IntType(64)


@lru_cache(maxsize=1)
def fma_peak() -> Yardstick:
    """Fused multiply-adds of fp32 vectors in registers, in chains that do not wait for each other."""
    lanes = host().format(32).lanes
    address = host().compile(lambda module: _write_chains(module, lanes), ["multiply_add"])["multiply_add"]
    function = ctypes.CFUNCTYPE(ctypes.c_float, ctypes.c_int64)(address)
    threads = torch.get_num_threads()
    run = _on_all_threads([lambda: function(ITERATIONS)] * threads)
    return Yardstick("FMA peak", "FLOP", 2.0 * threads * CHAINS * lanes * ITERATIONS, run)


@lru_cache(maxsize=1)
def copy_bandwidth() -> Yardstick:
    """Bytes read and bytes written while arrays larger than the caches are copied past the caches."""
    lanes = host().format(32).lanes
    address = host().compile(lambda module: _write_copy(module, lanes), ["copy"])["copy"]
    function = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)(address)
    threads = torch.get_num_threads()
    pairs = [(torch.zeros(COPIED // 4), torch.ones(COPIED // 4)) for _ in range(threads)]
    blocks = COPIED // 4 // lanes // VECTORS_AT_ONCE

    def part(target: torch.Tensor, source: torch.Tensor) -> Callable[[], None]:
        return lambda: function(target.data_ptr(), source.data_ptr(), blocks)

    run = _on_all_threads([part(*pair) for pair in pairs])
    return Yardstick("copy bandwidth", "B", 2.0 * threads * COPIED, run)


def rate(yardstick: Yardstick) -> float:
    """The median rate of a yardstick by itself."""
    seconds = []
    for _ in range(7):
        begin = time.perf_counter()
        yardstick.run()
        seconds.append(time.perf_counter() - begin)
    return yardstick.work / statistics.median(seconds)


def _write_chains(module: ir.Module, lanes: int) -> None:
    """float multiply_add(int64 n): n times v_k = v_k · ½ + ½ for each of the chains v_k."""
    vector = ir.VectorType(ir.FloatType(), lanes)
    fma = ir.Function(module, ir.FunctionType(vector, [vector] * 3), f"llvm.fma.v{lanes}f32")
    function = ir.Function(module, ir.FunctionType(ir.FloatType(), [COUNT]), "multiply_add")
    builder, index, entry, end = _loop(function)
    half = ir.Constant(vector, [0.5] * lanes)
    chains = [builder.phi(vector) for _ in range(CHAINS)]
    following = [builder.call(fma, [chain, half, half]) for chain in chains]
    for k, chain in enumerate(chains):
        chain.add_incoming(ir.Constant(vector, [float(k)] * lanes), entry)
        chain.add_incoming(following[k], builder.block)
    _close(builder, index, function.args[0], end)
    builder = ir.IRBuilder(end)
    total = following[0]
    for chain in following[1:]:
        total = builder.fadd(total, chain)
    builder.ret(builder.extract_element(total, ir.IntType(32)(0)))


def _write_copy(module: ir.Module, lanes: int) -> None:
    """void copy(target, source, int64 blocks), with stores that do not read the target into the caches first."""
    vector = ir.VectorType(ir.FloatType(), lanes)
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [COUNT] * 3), "copy")
    builder, index, _, end = _loop(function)
    target, source = (builder.inttoptr(address, vector.as_pointer()) for address in function.args[:2])
    first = builder.mul(index, COUNT(VECTORS_AT_ONCE))
    places = [builder.add(first, COUNT(k)) for k in range(VECTORS_AT_ONCE)]
    values = [builder.load(builder.gep(source, [place]), align=4 * lanes) for place in places]
    past_caches = module.add_metadata([ir.IntType(32)(1)])
    for place, value in zip(places, values, strict=True):
        builder.store(value, builder.gep(target, [place]), align=4 * lanes).set_metadata("nontemporal", past_caches)
    _close(builder, index, function.args[2], end)
    ir.IRBuilder(end).ret_void()


def _loop(function: ir.Function) -> tuple[ir.IRBuilder, ir.Instruction, ir.Block, ir.Block]:
    """A loop whose index counts from 0: its builder and index, and the blocks before and after."""
    entry, body, end = (function.append_basic_block(name) for name in ("entry", "body", "end"))
    ir.IRBuilder(entry).branch(body)
    builder = ir.IRBuilder(body)
    index = builder.phi(COUNT)
    index.add_incoming(COUNT(0), entry)
    return builder, index, entry, end


def _close(builder: ir.IRBuilder, index: ir.Instruction, limit: ir.Value, end: ir.Block) -> None:
    following = builder.add(index, COUNT(1))
    index.add_incoming(following, builder.block)
    builder.cbranch(builder.icmp_signed("<", following, limit), builder.block, end)


def _on_all_threads(parts: list[Callable[[], Any]]) -> Callable[[], None]:
    pool = ThreadPoolExecutor(len(parts))

    def run() -> None:
        for future in [pool.submit(part) for part in parts]:
            future.result()

    return run
