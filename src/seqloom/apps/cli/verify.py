"""``seqloom doctor --verify``: the comparison of all kernels with their equations, as a table."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from seqloom.apps.cli.console import add_row, emit_json, emit_table, say, watched

if TYPE_CHECKING:
    from seqloom.testing import Comparison

__all__ = ["verify_kernels"]


def verify_kernels(as_json: bool) -> None:
    """Compare and print; exit with code 1 when a kernel computes something else."""
    from seqloom.testing import compare_kernels

    with watched("verifying") as progress:
        found = compare_kernels(progress=progress)
    failed = [one for one in found if not one.ok]
    if as_json:
        rows = [{**asdict(one), "ok": one.ok} for one in found]
        emit_json({"ok": not failed, "comparisons": rows})
    else:
        _print(found)
        say(f"{len(found)} comparisons with the float64 reference, {len(failed) or 'none'} failed.")
    if failed:
        raise typer.Exit(1)


def _print(found: list[Comparison]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("cell", "kernel", "numbers"):
        table.add_column(column)
    for column in ("worst error", "allowed"):
        table.add_column(column, justify="right")
    for column in ("", "of"):
        table.add_column(column)
    for one in found:
        figures = ("–", "–") if one.problem else (f"{one.error:.1e}", f"{one.allowed:.1e}")
        verdict, style = ("ok", None) if one.ok else ("FAILED", "red")
        add_row(table, one.cell, one.kernel, one.dtype, *figures, verdict, one.problem or one.tensor, style=style)
    emit_table(table)
