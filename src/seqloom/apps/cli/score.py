"""``seqloom score``: how probable a model finds a text, each of many lines, or each token."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqloom.apps.cli.console import emit, emit_json
from seqloom.errors import DataError, UsageError

if TYPE_CHECKING:
    from seqloom.tasks import LanguageModel

__all__ = ["score"]


def score(
    model: Annotated[Path, typer.Argument(help="A model directory.", show_default=False, readable=False)],
    file: Annotated[Path, typer.Argument(help="A text file; - is the standard input.", readable=False)] = Path("-"),
    text: Annotated[
        list[str] | None, typer.Option("--text", "-t", help="A text to score instead of a file; repeat it for more.")
    ] = None,
    lines: Annotated[bool, typer.Option("--lines", help="Each line is a text; rank them, likeliest first.")] = False,
    surprisal: Annotated[bool, typer.Option("--surprisal", help="Print nats for each token instead.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each text.")] = False,
) -> None:
    """Print the log-probability of texts, their end included: columns log p, nats/token and text."""
    if text and str(file) != "-":
        raise UsageError("Give either a file or --text, not both.")
    texts = list(text) if text else _texts(file, lines)
    from seqloom.tasks import LanguageModel

    loaded = LanguageModel.load(model)
    rows = _with_surprisal(loaded, texts) if surprisal else _scored(loaded, texts)
    if lines:
        rows.sort(key=lambda row: -row["log_probability"])
    for row in rows:
        if as_json:
            emit_json(row)
        elif surprisal:
            for pair in row["surprisal"]:
                emit(f"{pair['nats']:.4f}\t{pair['token']!r}")
        else:
            emit(f"{row['log_probability']:.4f}\t{row['nats_per_token']:.4f}\t{_one_line(row['text'])}")


def _scored(model: LanguageModel, texts: list[str]) -> list[dict[str, Any]]:
    counts = [len(model.vocabulary_.encode(text)) + 1 for text in texts]
    found = zip(texts, model.log_probabilities(texts), counts, strict=True)
    return [{"text": text, "log_probability": log_p, "nats_per_token": -log_p / count} for text, log_p, count in found]


def _with_surprisal(model: LanguageModel, texts: list[str]) -> list[dict[str, Any]]:
    rows = []
    for text in texts:
        pairs = model.surprisal(text)
        total = sum(nats for _, nats in pairs)
        tokens = [{"token": token, "nats": nats} for token, nats in pairs]
        rows.append(
            {"text": text, "log_probability": -total, "nats_per_token": total / len(pairs), "surprisal": tokens}
        )
    return rows


def _texts(file: Path, lines: bool) -> list[str]:
    from seqloom.data.reader import read_text

    if str(file) == "-":
        raw = sys.stdin.buffer.read()
        try:
            content = raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError as error:
            raise DataError(
                f"standard input: expected UTF-8 text, got byte {raw[error.start]:#04x} at offset {error.start}."
            ) from None
    else:
        content = "".join(read_text(file))
    if not content.strip("\n"):
        raise DataError(f"{'standard input' if str(file) == '-' else file}: expected text to score, got none.")
    return [line for line in content.split("\n") if line] if lines else [content]


def _one_line(text: str) -> str:
    shown = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
    return shown if len(shown) <= 200 else shown[:199] + "…"
