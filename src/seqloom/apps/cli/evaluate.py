"""``seqloom evaluate``: the score of a model on a text, beside the baselines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from seqloom.apps.cli.console import emit_json, watched
from seqloom.apps.cli.inputs import INPUTS, read_inputs
from seqloom.apps.cli.loading import load_any
from seqloom.apps.cli.warned import warnings_said
from seqloom.errors import UsageError

__all__ = ["evaluate"]


def evaluate(
    context: typer.Context,
    model: Annotated[Path, typer.Argument(help="A model directory.", show_default=False, readable=False)],
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help=f"What the model was not trained on: {INPUTS}", show_default=False),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Score a text: nats and bits per token, bits per character, perplexity, and what baselines reach.

    A model of another task is scored on the examples of one file, by the figures of its task.
    """
    from seqloom.apps.cli.report import print_scores
    from seqloom.tasks import LanguageModel

    loaded = load_any(model)
    evaluation: Any
    if isinstance(loaded, LanguageModel):
        source = read_inputs(context, files)
        with watched("evaluating") as progress:
            evaluation = loaded.evaluate(source, progress=progress)
    elif len(files) == 1:
        with warnings_said():
            evaluation = _of_one(loaded, Path(files[0]))
    else:
        raise UsageError(f"{model} is of the task {loaded.task!r}: give one file of examples, not {len(files)}.")
    if as_json:
        emit_json({"model": str(model), "files": files, **evaluation.to_mapping()})
    else:
        print_scores(evaluation, str(model))


def _of_one(loaded: Any, file: Path) -> Any:
    """The figures on a file of examples; of a table that is divided itself, on its rows for testing."""
    from seqloom.tasks.table_rows import rows_for_testing

    columns = getattr(loaded, "facts_", {}).get("columns")
    rows = None if columns is None else rows_for_testing(file, loaded.get_params(deep=False), columns)
    return loaded.evaluate(file) if rows is None else loaded.evaluate(list(rows), rows.y)
