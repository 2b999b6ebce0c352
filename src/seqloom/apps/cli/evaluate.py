"""``seqloom evaluate``: the score of a model on a text, beside the baselines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seqloom.apps.cli.console import emit_json, watched
from seqloom.apps.cli.inputs import INPUTS, read_inputs
from seqloom.apps.cli.loading import load_model

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
    """Score a text: nats and bits per token, bits per character, perplexity, and what baselines reach."""
    from seqloom.apps.cli.report import print_evaluation

    loaded = load_model(model)
    source = read_inputs(context, files)
    with watched("evaluating") as progress:
        evaluation = loaded.evaluate(source, progress)
    if as_json:
        emit_json({"model": str(model), "files": files, **evaluation.to_mapping()})
    else:
        print_evaluation(evaluation, str(model))
