"""``seqloom inspect``: one page about a trained model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqloom.apps.cli.console import emit_json, quoted, say, typed
from seqloom.apps.cli.flags import refuse_without_effect
from seqloom.apps.cli.inputs import named_file
from seqloom.apps.cli.loading import open_any, say_unknown
from seqloom.apps.cli.warned import warnings_said
from seqloom.errors import DataError, UsageError

if TYPE_CHECKING:
    from seqloom.inspection.report import Section

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
        int | None,
        typer.Option(
            metavar="NUMBER",
            help="Where each step has an answer, which to explain; -1 is the last.",
            show_default="the last, or the frame where a token is surest",
        ),
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option(
            metavar="REGEX",
            help="What to look for in its units; (?m) lets ^ and $ stand at ends of lines.",
            show_default="quotes, brackets, numbers and their like, or the labels of steps",
        ),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The page.")] = Path("report.html"),
    force: Annotated[bool, typer.Option("--force", help="Replace the page.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what is said, as one JSON object.")] = False,
) -> None:
    """Look inside a model: how it learned, how far back it looks, why it answers so. Writes one page."""
    from seqloom.inspection.report import Table, page
    from seqloom.storage.directory import storage_error, write_file
    from seqloom.tasks.inspecting.report import Asked, sections

    if data is not None and text is not None:
        raise UsageError("--data and --text: give one of them.")
    if text == "":
        raise UsageError("--text: expected a text, got an empty one.")
    if pattern == "":
        raise UsageError("--pattern: expected a regular expression, got an empty one.")
    without = data is None and text is None
    refuse_without_effect(context, [(without, "without --data or --text", ("row", "step", "pattern"))])
    _check(output, force)
    loaded, files = open_any(model)
    if text is not None and hasattr(loaded, "vocabulary_"):
        say_unknown("Read as <unk>", loaded, [text])
    given: Any = [text] if text is not None else None if data is None else named_file(context, str(data))
    shown = " ".join(["seqloom inspect", quoted(model), *_asked(data, text, row, step, pattern)])
    try:
        with warnings_said():
            asked = Asked(row, step, pattern, shown)
            found = list(sections(loaded, given, asked=asked, records=_records(files), say=say))
    except DataError as error:
        if text is None:
            raise
        raise UsageError(f"--text: this model does not read it: {error} Give it --data.") from None
    content = page(f"Inside {model.name or model}", found).encode()
    try:
        write_file(output, content)
    except OSError as error:
        raise storage_error(error, output, len(content)) from error
    say(f"Written: {output}")
    if as_json:
        emit_json(
            {
                "model": str(model),
                "page": str(output),
                "verdict": _verdict(found),
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


def _verdict(sections: Sequence[Section]) -> dict[str, Any] | None:
    """What should be changed, where that was judged."""
    from seqloom.tasks.inspecting.verdict import Advice

    one = next((section.verdict for section in sections if isinstance(section, Advice)), None)
    return None if one is None else {"kind": one.kind, "says": one.says, "cures": [cure.says for cure in one.cures]}


def _check(output: Path, force: bool) -> None:
    """Find out early that the page cannot be written or drawn."""
    from seqloom.inspection.picture import new_figure

    if output.is_dir():
        raise UsageError(f"{output} is a folder: give the name of a file with -o.")
    if output.exists() and not force:
        raise UsageError(f"{output} is there already: give another name with -o, or --force to replace it.")
    if not output.parent.is_dir():
        raise UsageError(f"{output}: there is no folder {output.parent}.")
    new_figure((1, 1), "")


def _records(files: Mapping[str, bytes]) -> list[Any]:
    """What was written down while the model learned."""
    from seqloom.storage.run import METRICS

    return [json.loads(line) for line in files.get(METRICS, b"").splitlines()]


def _asked(data: Path | None, text: str | None, row: int, step: int | None, pattern: str | None) -> list[str]:
    asked = [] if data is None else ["--data", "-" if str(data) == "-" else quoted(data)]
    asked += [] if text is None else ["--text", typed(text)]
    asked += ["--row", str(row)] if row else []
    asked += ["--step", str(step)] if step is not None else []
    return asked + (["--pattern", typed(pattern)] if pattern is not None else [])
