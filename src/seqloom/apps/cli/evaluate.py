"""``seqloom evaluate``: the score of a model on a text, beside the baselines."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated, Any

import typer

from seqloom.apps.cli.console import emit_json, say, watched
from seqloom.apps.cli.inputs import INPUTS, named_file, read_inputs
from seqloom.apps.cli.loading import load_any, read_as
from seqloom.apps.cli.warned import warnings_said
from seqloom.errors import SeqloomWarning, UsageError

__all__ = ["evaluate"]


def evaluate(
    context: typer.Context,
    model: Annotated[Path, typer.Argument(help="A model directory.", show_default=False, readable=False)],
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help=f"What the model was not trained on: {INPUTS}", show_default=False),
    ],
    encoding: Annotated[
        str | None, typer.Option("--encoding", metavar="NAME", help="Of a file of examples: utf-8, cp1252, …")
    ] = None,
    decimal: Annotated[
        str | None, typer.Option("--decimal", metavar=".|,", help="What stands before decimals in it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    plots: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Draw pictures of the answers, or of forecasts.", show_default=False),
    ] = None,
) -> None:
    """Score a text: nats and bits per token, bits per character, perplexity, and what baselines reach.

    A model of another task is scored on the examples of one file, by the figures of its task.
    """
    from seqloom.apps.cli.report import print_scores
    from seqloom.tasks import LanguageModel

    loaded = load_any(model)
    evaluation: Any
    if plots is not None and not hasattr(loaded, "draw"):
        raise UsageError(f"--plots: there are no pictures of the task {loaded.task!r}.")
    read_as(loaded, encoding, decimal)
    if isinstance(loaded, LanguageModel):
        source = read_inputs(context, files)
        with watched("evaluating") as progress:
            evaluation = loaded.evaluate(source, progress=progress)
    elif len(files) == 1:
        with warnings_said():
            examples = _examples(loaded, named_file(context, files[0]))
            evaluation = loaded.evaluate(*examples)
        if plots is not None:
            _draw(loaded, plots, examples)
    else:
        raise UsageError(f"{model} is of the task {loaded.task!r}: give one file of examples, not {len(files)}.")
    if as_json:
        emit_json({"model": str(model), "files": files, **evaluation.to_mapping()})
    else:
        print_scores(evaluation, str(model))


def _examples(loaded: Any, file: Path) -> tuple[Any, Any]:
    """What to evaluate on: a file of examples; where that says itself what is for testing, only this."""
    tests: tuple[Any, Any] | None = loaded.for_testing(file) if hasattr(loaded, "for_testing") else None
    return tests or (file, None)


def _draw(loaded: Any, plots: Path, examples: tuple[Any, Any]) -> None:
    """Draw the answers, and say where; what is to be said of the data is said already."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SeqloomWarning)
        pictures = loaded.draw(plots, *examples)
    for picture, says in pictures.items():
        say(f"Drawn: {picture}\n  {says}")
