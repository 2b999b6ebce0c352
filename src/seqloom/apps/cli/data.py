"""``seqloom data``: what is in a file, and what would be trained on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqloom.apps.cli.console import emit_json
from seqloom.apps.cli.data_report import print_report
from seqloom.apps.cli.data_sequences import sequences_report
from seqloom.apps.cli.inputs import named_file
from seqloom.errors import DataError, UsageError

if TYPE_CHECKING:
    from seqloom.data.tables import Choice, Table

__all__ = ["data"]


def data(
    context: typer.Context,
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="A table, a text, a folder, or - for standard input.", show_default=False),
    ],
    task: Annotated[
        str | None, typer.Option("--task", metavar="NAME", help="What is to be learned (default: found).")
    ] = None,
    target: Annotated[str | None, typer.Option("--target", metavar="NAME", help="The column to predict.")] = None,
    inputs: Annotated[
        str | None, typer.Option("--input", metavar="NAMES", help="The columns to read, with commas between.")
    ] = None,
    group: Annotated[
        str | None, typer.Option("--group", metavar="NAME", help="Rows that stay together, or are a series.")
    ] = None,
    time: Annotated[
        str | None, typer.Option("--time", metavar="NAME", help="The latest rows are held out; when a step was.")
    ] = None,
    split_column: Annotated[
        str | None, typer.Option("--split-column", metavar="NAME", help="It says train, validation or test.")
    ] = None,
    test: Annotated[
        str | None, typer.Option("--test", metavar="FILE", help="A table whose texts should not be in FILE.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", metavar="NAME", help="Of a table: utf-8, cp1252, …")
    ] = None,
    decimal: Annotated[
        str | None, typer.Option("--decimal", metavar=".|,", help="What stands before decimals.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Report on FILE without training: columns, lengths, classes, what is missing, doubled or leaks, and the task."""
    from seqloom.data.text.reader import no_such_file
    from seqloom.tasks.guess import Guess, guess
    from seqloom.tasks.registry import door_of
    from seqloom.tasks.tables.claims import claims_rows, is_table

    given = {
        "target": target,
        "input": inputs,
        "group": group,
        "time": time,
        "split_column": split_column,
        "encoding": encoding,
        "decimal": decimal,
    }
    path = named_file(context, file)
    if not path.exists():
        raise DataError(no_such_file(file))
    report: dict[str, Any] = {"file": file}
    problems: list[UsageError | DataError] = []
    try:
        found = guess(path, given) if task is None else Guess(door_of(task).load().task, "as --task says")
        report["task"] = "language-model" if found is None else found.task
        report["reason"] = "text" if found is None else found.reason
    except (UsageError, DataError) as error:
        problems.append(error)
    sequences = None
    try:
        sequences = None if report.get("task") == "language-model" else sequences_report(path, given)
    except (UsageError, DataError) as error:
        problems.append(error)
    if sequences is not None:
        report |= sequences
    elif report.get("task") == "language-model":
        report |= _of_text(str(path))
    elif is_table(path) or (path.is_file() and claims_rows("class", "labels", "number")(path, given) is not None):
        try:
            _of_table(report, path, given, test, task)
        except (UsageError, DataError) as error:
            problems.append(error)
    else:
        report |= _size(path)
    if problems:
        report["question"] = str(problems[0])
    emit_json(report) if as_json else print_report(report)
    if problems:
        raise problems[0]


def _of_table(report: dict[str, Any], path: Path, given: dict[str, Any], test: str | None, task: str | None) -> None:
    """Add to the report what is in a table, as far as that can be said. Raises what keeps from learning from it."""
    from seqloom.data.tables import labelled
    from seqloom.data.tables.report import columns_of, described, overlaps
    from seqloom.tasks.registry import door_of
    from seqloom.tasks.tables.columns import table_of

    table = table_of(path, given)
    report |= {"rows": len(table), "layout": str(table.layout), "columns": columns_of(table), "remarks": table.remarks}
    taken = report.get("task")
    if taken is not None and not getattr(door_of(taken).load(), "sought", ()):
        return  # a task with columns of its own
    choice = _choice(table, given, task)
    found = labelled(table, choice)
    report["remarks"] = [*table.remarks, *found.remarks]
    report |= described(found)
    if test is not None:
        other = table_of(Path(test), given)
        tested = labelled(other, _choice(other, {**given, "target": choice.target}, task))
        report["in_test_too"] = overlaps(found.X, tested.X)


def _choice(table: Table, given: dict[str, Any], task: str | None) -> Choice:
    from seqloom.data.tables import choose_columns
    from seqloom.tasks.registry import door_of
    from seqloom.tasks.tables.columns import asked_of, chosen_for

    sought = () if task is None else getattr(door_of(task).load(), "sought", ())
    return chosen_for(table, asked_of(given), sought) if sought else choose_columns(table, asked_of(given))


def _size(path: Path) -> dict[str, Any]:
    files = [one for one in (path.rglob("*") if path.is_dir() else [path]) if one.is_file()]
    return {"files": len(files), "bytes": sum(one.stat().st_size for one in files)}


def _of_text(file: str) -> dict[str, Any]:
    from seqloom.data.text.document import Document
    from seqloom.data.text.sources import Files

    files = Files.of(file)
    characters = lines = 0
    for piece in files.documents(Document.FILE):
        characters += len(piece.text)
        lines += piece.text.count("\n")
    return {"files": len(files.files), "bytes": files.size, "characters_of_text": characters, "lines": lines}
