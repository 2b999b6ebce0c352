"""``seqloom evaluate``: the score of a model on a text, beside the baselines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seqloom.apps.cli.console import emit_json, watched
from seqloom.apps.cli.loading import load_model

__all__ = ["evaluate"]


def evaluate(
    model: Annotated[Path, typer.Argument(help="A model directory.", show_default=False, readable=False)],
    file: Annotated[
        Path, typer.Argument(help="A text file that the model was not trained on.", show_default=False, readable=False)
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Score a text: nats and bits per token, bits per character, perplexity, and what baselines reach."""
    from seqloom.apps.cli.report import print_evaluation

    loaded = load_model(model)
    with watched("evaluating") as progress:
        evaluation = loaded.evaluate(file, progress)
    if as_json:
        emit_json({"model": str(model), "file": str(file), **evaluation.to_mapping()})
    else:
        print_evaluation(evaluation, str(model), loaded.tokens == "characters")
