"""``seqloom models``: the models under a directory, each with its score."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from seqloom.apps.cli.console import add_row, emit_json, emit_table, figure, say
from seqloom.errors import DataError, ModelFileError
from seqloom.links import is_link

__all__ = ["models"]

_DEPTH = 3


def models(
    directory: Annotated[Path, typer.Argument(help="Where to look.", readable=False)] = Path("models"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each model.")] = False,
) -> None:
    """List the models below DIRECTORY with the scores of their held-out text, best first.

    They are ranked by bits/character, which means the same for characters, bytes and words; each has its own text.
    """
    if not directory.is_dir():
        what = "expected a directory, got a file" if directory.exists() else "no such directory"
        raise DataError(f"{directory}: {what}. Give the directory that holds your models.")
    found = []
    for path in _model_directories(directory, _DEPTH):
        try:
            found.append(_describe(path))
        except ModelFileError as error:
            say(f"Left out: {error}", style="yellow")
    found.sort(key=lambda row: (row["bits_per_character"] is None, row["bits_per_character"] or 0.0))
    if as_json:
        for row in found:
            emit_json(row)
    elif found:
        _print(found)
    else:
        say(f"There are no models below {directory}.")


def _model_directories(directory: Path, depth: int) -> Iterator[Path]:
    """Yield run directories and saved models, not going into either, nor through links."""
    from seqloom.storage.run import holds_checkpoints

    try:
        found = (directory / "manifest.json").is_file() or holds_checkpoints(directory)
        children = [] if found or depth == 0 else sorted(directory.iterdir())
    except OSError as error:
        say(f"Left out: {directory}: {error.strerror}.", style="yellow")
        return
    if found:
        yield directory
    for child in children:
        if child.is_dir() and not is_link(child) and not child.name.startswith("."):
            yield from _model_directories(child, depth - 1)


def _describe(path: Path) -> dict[str, Any]:
    from seqloom.storage.run import newest_files
    from seqloom.tasks.model_directory import read_config

    content, skipped = newest_files(path)
    for reason in skipped:
        say(f"Passed over a checkpoint: {reason}", style="yellow")
    config = read_config(content)
    learned, baselines = config.learned, config.learned.get("baselines", {})
    if not isinstance(baselines, Mapping) or not all(isinstance(one, int | float) for one in baselines.values()):
        raise ModelFileError(f"{path}: config.json is damaged, its baselines are not numbers.")
    return {
        "directory": str(path),
        "model": str(config.parameters.get("spec") or _facts(learned).get("picked", {}).get("model")),
        "task": config.task,
        "tokens": str(config.parameters.get("tokens") or ""),
        "bits_per_character": _number(learned.get("bits_per_character")),
        "nats_per_token": _number(learned.get("nats_per_token")),
        "baselines": baselines,
        "score": _score(learned),
        "bytes": sum(map(len, content.values())),
    }


def _facts(learned: Mapping[str, Any]) -> Mapping[str, Any]:
    found = learned.get("facts")
    return found if isinstance(found, Mapping) else {}


def _score(learned: Mapping[str, Any]) -> dict[str, Any] | None:
    """The watched figure of a model that learned from examples, and that of the best simple model beside it."""
    from seqloom.tasks.figures import Figures

    if "validation" not in learned:
        return None
    try:
        found = Figures.from_mapping(learned["validation"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelFileError(f"config.json is damaged: its scores cannot be read ({error}).") from error
    others = [figures[found.watched] for figures in found.baselines.values() if found.watched in figures]
    best = (max if found.higher_is_better else min)(others, default=None)
    return {"figure": found.watched, "value": _number(found.model.get(found.watched)), "baseline": _number(best)}


def _number(value: object) -> float | None:
    return value if isinstance(value, float) and math.isfinite(value) else None


def _print(rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("bits/character", "nats/token", "bigram", "MB"):
        table.add_column(column, justify="right")
    for column in ("score (simple)", "task", "model", "tokens", "directory"):
        table.add_column(column)
    for row in rows:
        numbers = (row["bits_per_character"], row["nats_per_token"], row["baselines"].get("bigram"))
        shown = [figure(number, ".3f") for number in numbers]
        score = row["score"]
        if score is not None:
            value, baseline = (figure(score[name], ".3f") for name in ("value", "baseline"))
        said = "" if score is None else f"{score['figure'].replace('_', ' ')} {value} ({baseline})"
        add_row(
            table, *shown, f"{row['bytes'] / 1e6:.1f}", said, row["task"], row["model"], row["tokens"], row["directory"]
        )
    emit_table(table)
