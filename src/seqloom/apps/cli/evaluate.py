"""``seqloom evaluate``: the score of a model on a text, beside the baselines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from seqloom.apps.cli.console import emit_json, say, watched
from seqloom.apps.cli.inputs import INPUTS, read_inputs
from seqloom.apps.cli.loading import load_any
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
    plots: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Draw pictures of the answers of a classifier.", show_default=False),
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
    if isinstance(loaded, LanguageModel):
        source = read_inputs(context, files)
        with watched("evaluating") as progress:
            evaluation = loaded.evaluate(source, progress=progress)
    elif len(files) == 1:
        evaluation = loaded.evaluate(Path(files[0]))
        for picture in () if plots is None else loaded.draw(plots, Path(files[0])):
            say(f"Drawn: {picture}")
    else:
        raise UsageError(f"{model} is of the task {loaded.task!r}: give one file of examples, not {len(files)}.")
    if as_json:
        emit_json({"model": str(model), "files": files, **evaluation.to_mapping()})
    else:
        print_scores(evaluation, str(model))
