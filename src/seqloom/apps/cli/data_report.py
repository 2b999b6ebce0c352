"""The report on a file, for people."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from rich.table import Table

from seqloom.apps.cli.console import add_row, emit, emit_table, quoted, say
from seqloom.apps.cli.data_sequences import print_sequences

__all__ = ["print_report"]

_CLASSES: Final = 20
_WIDE: Final = 60


def print_report(report: dict[str, Any]) -> None:
    """Print what :func:`seqloom.data.tables.report.described` and its kin found."""
    for remark in report.get("remarks", ()):
        say(remark, style="yellow")
    if "columns" in report:
        emit(f"{report['file']}: {report['rows']:,} rows, {report['layout']}")
        _print_columns(report["columns"])
    elif "duplicates" in report or "pieces" in report:
        print_sequences(report)
    else:
        sizes = [f"{report[name]:,} {name}" for name in ("files", "bytes", "lines") if name in report]
        if sizes:
            emit(f"{report['file']}: {', '.join(sizes)}")
    if "examples" in report:
        _print_examples(report)
    if "question" not in report:
        emit(f"`seqloom train {quoted(Path(report['file']))}` takes it for {report['task']}: {report['reason']}.")


def _print_columns(columns: list[dict[str, Any]]) -> None:
    page = Table(box=None, pad_edge=False, header_style="bold")
    for name, justify in (("column", "left"), ("kind", "left"), ("missing", "right"), ("values", "right")):
        page.add_column(name, justify=justify)  # type: ignore[arg-type]
    page.add_column("for example")
    for column in columns:
        values = "many" if column["distinct"] is None else f"{column['distinct']:,}"
        example = column["example"].replace("\n", " ")
        shown = example if len(example) <= _WIDE else f"{example[:_WIDE]}…"
        add_row(page, column["name"], column["kind"], f"{column['missing']:,}", values, shown)
    emit_table(page)


def _print_examples(report: dict[str, Any]) -> None:
    for name in ("characters", "words"):
        spread = report[name]
        emit(
            f"{name} of a text: median {spread['median']:,.0f}, 95 % up to {spread['95_percent']:,.0f}, "
            f"longest {spread['largest']:,.0f}"
        )
    if "numbers" in report:
        spread = report["numbers"]
        emit(f"{report['target']}: {spread['least']:g} to {spread['largest']:g}, median {spread['median']:g}")
    else:
        classes = list(report["classes"].items())
        shown = ", ".join(f"{label} {count:,}" for label, count in classes[:_CLASSES])
        emit(f"{report['target']}, {len(classes):,} classes: {shown}{' …' if len(classes) > _CLASSES else ''}")
    doubled = report["duplicates"]
    if doubled["rows"]:
        emit(
            f"{doubled['rows']:,} rows repeat the text of another; {doubled['texts_with_several_targets']:,} texts "
            f"have more than one {report['target']}"
        )
    if report.get("leaks"):
        emit(f"Leak: {report['leaks']:,} rows of other parts have a text that is in the rows for training too.")
    if report.get("in_test_too"):
        emit(f"Leak: {report['in_test_too']:,} texts of the test file are in this one too.")
    emit(report["division"])
    if report.get("unknown_words") is not None:
        emit(f"{report['unknown_words']:.1%} of the words held out are in no text to learn from")
