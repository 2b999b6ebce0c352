"""``seqloom inspect``: one page about a trained model."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from seqloom.apps.cli.console import emit_json, quoted, say
from seqloom.apps.cli.inputs import named_file
from seqloom.apps.cli.loading import load_any
from seqloom.apps.cli.warned import warnings_said
from seqloom.errors import UsageError

__all__ = ["inspect"]


def inspect(
    context: typer.Context,
    model: Annotated[Path, typer.Argument(help="A model directory.", show_default=False, readable=False)],
    data: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Examples to look at it on.", show_default=False)
    ] = None,
    text: Annotated[str | None, typer.Option(help="A text to look at it on.", show_default=False)] = None,
    row: Annotated[int, typer.Option(metavar="NUMBER", help="The example to explain, counted from 0.")] = 0,
    step: Annotated[
        int, typer.Option(metavar="NUMBER", help="Where each step has an answer, which to explain; -1 is the last.")
    ] = -1,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The page.")] = Path("report.html"),
    force: Annotated[bool, typer.Option("--force", help="Replace the page.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what is said, as one JSON object.")] = False,
) -> None:
    """Look inside a model: how it learned, how far back it looks, why it answers so. Writes one page."""
    from seqloom.inspection.report import Table, page
    from seqloom.storage.directory import write_file
    from seqloom.tasks.inspecting.report import sections

    if data is not None and text is not None:
        raise UsageError("--data and --text: give one of them.")
    if output.exists() and not force:
        raise UsageError(f"{output} is there already: give another name with -o, or --force to replace it.")
    loaded = load_any(model)
    given: Any = [text] if text is not None else None if data is None else named_file(context, str(data))
    shown = " ".join(["seqloom inspect", quoted(model), *_asked(data, text, row, step)])
    with warnings_said():
        found = list(sections(loaded, given, row=row, step=step, records=_records(model), command=shown, say=say))
    write_file(output, page(f"Inside {model.name or model}", found).encode())
    say(f"Written: {output}")
    if as_json:
        emit_json(
            {
                "model": str(model),
                "page": str(output),
                "sections": [
                    {
                        "title": section.title,
                        "says": list(section.says),
                        "tables": [
                            [list(line) for line in (one.head, *one.rows)]
                            for one in section.shown
                            if isinstance(one, Table)
                        ],
                    }
                    for section in found
                ],
            }
        )


def _records(model: Path) -> list[Any]:
    """What was written down while the model learned."""
    from seqloom.storage.run import METRICS
    from seqloom.tasks.model_directory import read_newest

    return [json.loads(line) for line in read_newest(model).get(METRICS, b"").splitlines()]


def _asked(data: Path | None, text: str | None, row: int, step: int) -> list[str]:
    asked = [] if data is None else ["--data", quoted(data)]
    asked += [] if text is None else ["--text", shlex.quote(text)]
    asked += ["--row", str(row)] if row else []
    return asked + (["--step", str(step)] if step != -1 else [])
