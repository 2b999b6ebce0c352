"""``seqloom backtest``: what a forecaster would have said, from origins that roll through a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from seqloom.apps.cli.console import add_row, emit, emit_json, emit_table, figure
from seqloom.apps.cli.inputs import named_file
from seqloom.apps.cli.loading import load_any
from seqloom.apps.cli.report import print_figures
from seqloom.apps.cli.warned import warnings_said
from seqloom.errors import UsageError

if TYPE_CHECKING:
    from seqloom.tasks.forecasting.backtest import Backtest

__all__ = ["backtest"]

_MOST_ROWS = 12


def backtest(
    context: typer.Context,
    model: Annotated[Path, typer.Argument(help="A model directory.", show_default=False, readable=False)],
    file: Annotated[str, typer.Argument(metavar="FILE", help="A table of series, as in training.", show_default=False)],
    begin: Annotated[
        str, typer.Option(metavar="SHARE|TIME", help="The first origin: the share of each series before it, or when.")
    ] = "0.8",
    stride: Annotated[
        int | None, typer.Option(min=1, help="Steps between two origins.", show_default="the horizon")
    ] = None,
    refit: Annotated[
        bool, typer.Option("--refit", help="Learn anew at each origin, from what was known then.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Score the forecasts of a model from many origins, in all, by steps ahead and by column."""
    from seqloom.tasks.forecasting.forecaster import Forecaster

    loaded = load_any(model)
    if not isinstance(loaded, Forecaster):
        raise UsageError(f"{model} is of the task {loaded.task!r}: only forecasts are tested back in time.")
    with warnings_said():
        found = loaded.backtest(named_file(context, file), begin, stride, refit)
    if as_json:
        emit_json({"model": str(model), "file": file, **found.to_mapping()})
        return
    print_figures(found.figures, str(model))
    emit(f"{found.origins:,} origins" + (f", a model for each of {found.fits:,} moments" if refit else ""))
    _print_parts(found)


def _print_parts(found: Backtest) -> None:
    horizon = len(found.by_horizon["model"]["mase"])
    steps = sorted({*range(0, horizon, -(-horizon // _MOST_ROWS)), horizon - 1})
    _print("steps ahead", [(str(step + 1), step) for step in steps], found.by_horizon)
    if len(found.columns) > 1:
        _print("column", [(column, place) for place, column in enumerate(found.columns)], found.by_column)


def _print(title: str, rows: list[tuple[str, int]], parts: dict[str, dict[str, list[float]]]) -> None:
    """The figures of the model, and beside them the mean absolute scaled error of each naive forecast."""
    model, others = parts["model"], {label: part["mase"] for label, part in parts.items() if label != "model"}
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(title)
    for column in (*model, *(f"mase of {label}" for label in others)):
        table.add_column(column.replace("_", " "), justify="right")
    for label, place in rows:
        values = [part[place] for part in (*model.values(), *others.values())]
        add_row(table, label, *(figure(value, ".3f") for value in values))
    emit("")
    emit_table(table)
