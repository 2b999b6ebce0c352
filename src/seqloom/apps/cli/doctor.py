"""``seqloom doctor``: what is installed, what this machine offers, and where things lie."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from seqloom import __version__
from seqloom.apps.cli.console import add_row, emit_json, emit_table
from seqloom.apps.cli.verify import verify_kernels
from seqloom.errors import UsageError

__all__ = ["doctor", "examine"]

_EXTRAS = {"tokenizers": "bpe", "matplotlib": "plots", "soundfile": "sound"}


def doctor(
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare every kernel with its equations on this machine instead.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print versions, devices, threads, available kernels and where caches lie; or verify the kernels."""
    if verify:
        verify_kernels(as_json)
        return
    findings = examine()
    if as_json:
        emit_json(findings)
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    for topic, facts in findings.items():
        for i, (name, value) in enumerate(facts.items()):
            add_row(table, topic if i == 0 else "", name, value)
    emit_table(table)


def examine() -> dict[str, dict[str, Any]]:
    """Return the findings by topic."""
    return {
        "versions": _versions(),
        "devices": _devices(),
        "threads": _threads(),
        "kernels": _kernels(),
        "places": _places(),
    }


def _versions() -> dict[str, str]:
    found = {"seqloom": __version__, "python": f"{platform.python_version()} ({platform.platform()})"}
    for package in ("torch", "lightning-fabric", "numpy", "safetensors", "typer", "rich", *_EXTRAS):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            extra = _EXTRAS.get(package)
            found[package] = f"missing; pip install 'seqloom[{extra}]', in a clone '.[{extra}]'" if extra else "missing"
    return found


def _devices() -> dict[str, str]:
    import torch

    found = {"cpu": f"{_cpu_name()}, {torch.backends.cpu.get_cpu_capability()}"}
    for i in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(i)
        found[f"cuda:{i}"] = f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB"
    if torch.backends.mps.is_available():
        found["mps"] = "available"
    return found


def _cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _threads() -> dict[str, Any]:
    import torch

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found: dict[str, Any] = {"usable cores": usable, "torch": torch.get_num_threads()}
    for variable in ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OMP_THREAD_LIMIT"):
        if variable in os.environ:
            found[variable] = os.environ[variable]
    return found


def _kernels() -> dict[str, str]:
    from seqloom import kernels
    from seqloom.kernels.processor import processor

    of_cpu = {f"{name} of cpu": value for name, value in processor().items()}
    return {**kernels.available(), "chosen": _chosen(), **of_cpu}


def _chosen() -> str:
    """What SEQLOOM_KERNEL asks for; a wrong name is a finding too."""
    from seqloom import kernels

    try:
        return kernels.wish()
    except UsageError as error:
        return str(error)


def _places() -> dict[str, str]:
    import seqloom
    from seqloom.kernels.processor import cache_directory

    return {
        "package": str(Path(seqloom.__file__).parent),
        "interpreter": sys.executable,
        "temporary files": tempfile.gettempdir(),
        "models": f"{Path('models').absolute()} (default of `seqloom train`)",
        "kernel cache": _contents(cache_directory()),
    }


def _contents(cache: Path | None) -> str:
    if cache is None:
        return "none: no directory could be made that is this user's alone, so kernels are compiled in each process"
    try:
        sizes = [entry.stat().st_size for entry in os.scandir(cache)]
    except OSError as error:  # another process may be removing the oldest at this moment
        return f"{cache} ({error.strerror})"
    return f"{cache} ({len(sizes)} files, {sum(sizes) / 1e6:.1f} MB)"
