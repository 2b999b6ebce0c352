"""Count the cells of the table, and torch's beside them: ``python -m tests.citizens.count [COLUMN …] [-r ROW]``."""

from __future__ import annotations

import argparse
import importlib
import time
from collections import Counter
from pathlib import Path

from tests.citizens.subjects import TORCHS, Subject
from tests.citizens.table import Column, outcome

__all__ = ["columns"]


def columns() -> list[Column]:
    """Those of every family, one file each beside this one."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("test_*.py"))
    families = [importlib.import_module(f"tests.citizens.{name}") for name in names]
    return [column for family in families if hasattr(family, "FAMILY") for column in family.FAMILY.columns]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("columns", nargs="*", help="words of the columns to run (default: all)")
    parser.add_argument("-r", "--rows", action="append", help="rows to run, by name (default: all)")
    parser.add_argument("--torch", action="store_true", help="torch's own modules beside ours")
    chosen = parser.parse_args()
    totals: dict[str, Counter[str]] = {"ours": Counter(), "torch's": Counter()}
    for column in columns():
        if chosen.columns and not any(word in column.name for word in chosen.columns):
            continue
        names = {f"torch {subject.name}" for subject in column.rows}
        theirs = [subject for subject in TORCHS if chosen.torch and subject.name in names]
        for subject in (*column.rows, *theirs):
            if not chosen.rows or subject.name in chosen.rows:
                _count(column, subject, totals)
    for whose, counts in totals.items():
        print(f"{whose}: {', '.join(f'{count} {kind}' for kind, count in sorted(counts.items())) or 'not asked for'}")


def _count(column: Column, subject: Subject, totals: dict[str, Counter[str]]) -> None:
    begun = time.perf_counter()
    found = outcome(column, subject)
    taken = time.perf_counter() - begun
    totals["torch's" if subject.is_torchs else "ours"][found.kind] += 1
    said = " ".join(found.said.split())[:200] or ", ".join(found.kernels)
    print(f"{found.kind:8}{taken:6.1f} s  {column.name} | {subject.name} | {said}", flush=True)


if __name__ == "__main__":
    main()
