"""``seqloom predict``: what a model answers to each example of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seqloom.apps.cli.console import emit, emit_json
from seqloom.apps.cli.loading import load_any
from seqloom.errors import UsageError

__all__ = ["predict"]


def predict(
    model: Annotated[Path, typer.Argument(help="A model directory.", show_default=False, readable=False)],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Examples, as in training.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each example.")] = False,
) -> None:
    """Print the answer to each example of FILE, in its order, a line each; tagged words as FILE has them."""
    loaded = load_any(model)
    if not hasattr(loaded, "predict"):
        raise UsageError(f"{model} is of the task {loaded.task!r}, which writes and scores text: see seqloom generate.")
    if not as_json and hasattr(loaded, "written"):
        for text in loaded.written(file):
            emit(text, end="")
        return
    for place, answer in enumerate(loaded.predict(file)):
        if as_json:
            emit_json({"example": place, "answer": answer})
        else:
            emit(str(answer))
