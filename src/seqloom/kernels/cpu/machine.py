"""The processor: its vector width, and LLVM code made into functions for it."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import llvmlite
import llvmlite.binding as llvm
from llvmlite import ir

from seqloom.kernels.cpu import cache
from seqloom.kernels.cpu.typed import Format

__all__ = ["Machine", "host"]

WIDTHS = {512: "avx512f", 256: "avx2"}
GENERIC = {256: ("x86-64-v3", ""), 128: ("x86-64-v2", "")}


class Machine:
    """A processor with vectors of ``width`` bits; a width below the host's own makes code for an older processor."""

    def __init__(self, width: int | None = None) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        features = llvm.get_host_cpu_features()
        widest = next((bits for bits, feature in WIDTHS.items() if features.get(feature)), 128)
        self.width = width or widest
        if self.width == widest:
            self.cpu = llvm.get_host_cpu_name()
            self.features = ",".join(
                [features.flatten(), "-prefer-256-bit"] if self.width == 512 else [features.flatten()]
            )
        else:
            self.cpu, self.features = GENERIC[self.width]
        self._engines: list[Any] = []

    def __repr__(self) -> str:
        return f"{self.cpu}, {self.width} bits"

    @property
    def instructions(self) -> str:
        """The vector instructions that code is made of."""
        narrow = "SSE" if self.pause else "NEON"
        return {512: "AVX-512", 256: "AVX2"}.get(self.width, narrow)

    @property
    def pause(self) -> str | None:
        """The instruction for a thread that waits."""
        return "llvm.x86.sse2.pause" if platform.machine() in ("x86_64", "AMD64") else None

    def format(self, bits: int) -> Format:
        """Numbers of ``bits`` bits in this machine's vectors."""
        return Format(bits, self.width // bits)

    def compile(self, write: Callable[[Any], None], names: list[str]) -> dict[str, int]:
        """Let ``write`` fill a module, compile it or find it compiled, and return the addresses of ``names``."""
        module = ir.Module(name="seqloom")
        module.triple = llvm.get_process_triple()
        write(module)
        text = str(module)
        content = self._object(text)
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), self._target())
        engine.add_object_file(llvm.ObjectFileRef.from_data(content))
        engine.finalize_object()
        self._engines.append(engine)
        return {name: engine.get_function_address(name) for name in names}

    def _target(self) -> Any:
        target = llvm.Target.from_triple(llvm.get_process_triple())
        return target.create_target_machine(cpu=self.cpu, features=self.features, opt=3, jit=True)

    def _object(self, text: str) -> bytes:
        versions = (llvmlite.__version__, *llvm.llvm_version_info, self.cpu, self.features, text)
        key = hashlib.sha256("\0".join(map(str, versions)).encode()).hexdigest()
        found = cache.load(key)
        if found is not None:
            return found
        parsed = llvm.parse_assembly(text)
        parsed.verify()
        target = self._target()
        options = llvm.create_pipeline_tuning_options(speed_level=2)
        options.loop_vectorization = False
        options.slp_vectorization = False
        options.loop_unrolling = False
        passes = llvm.create_pass_builder(target, options)
        passes.getModulePassManager().run(parsed, passes)
        content: bytes = target.emit_object(parsed)
        cache.store(key, content)
        return content


@lru_cache(maxsize=1)
def host() -> Machine:
    """The processor that this process runs on."""
    return Machine()
