"""``seqloom score``: how probable a model finds a text, each of many lines, or each token."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqloom.apps.cli.console import emit, emit_json, say
from seqloom.apps.cli.inputs import INPUTS, read_inputs
from seqloom.apps.cli.loading import load_model
from seqloom.errors import DataError, UsageError

if TYPE_CHECKING:
    from seqloom.data import Files
    from seqloom.tasks import LanguageModel

__all__ = ["score"]

_SHOWN = 10


def score(
    context: typer.Context,
    model: Annotated[Path, typer.Argument(help="A model directory.", show_default=False, readable=False)],
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE", help=f"{INPUTS} This is the default.", show_default=False),
    ] = None,
    text: Annotated[
        list[str] | None, typer.Option("--text", "-t", help="A text to score instead of files; repeat it for more.")
    ] = None,
    lines: Annotated[bool, typer.Option("--lines", help="Each line is a text; rank them, likeliest first.")] = False,
    surprisal: Annotated[bool, typer.Option("--surprisal", help="Print nats for each token instead.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each text.")] = False,
) -> None:
    """Print the log-probability of texts, their end included: columns log p, nats/token and text."""
    if text and files:
        raise UsageError("Give either files or --text, not both.")
    texts = list(text) if text else _texts(read_inputs(context, files or ["-"]), lines)
    loaded = load_model(model)
    _remark_on_unknown(loaded, texts)
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
    return [_row(model, text, log_p) for text, log_p in zip(texts, model.log_probabilities(texts), strict=True)]


def _with_surprisal(model: LanguageModel, texts: list[str]) -> list[dict[str, Any]]:
    rows = []
    for text in texts:
        pairs = model.surprisal(text)
        tokens = [{"token": token, "nats": nats} for token, nats in pairs]
        rows.append(_row(model, text, -sum(nats for _, nats in pairs)) | {"surprisal": tokens})
    return rows


def _row(model: LanguageModel, text: str, log_p: float) -> dict[str, Any]:
    """The score of a text; its end is one of its tokens."""
    ids = [*model.vocabulary_.encode(text), model.vocabulary_.eos]
    return {
        "text": text,
        "log_probability": log_p,
        "nats_per_token": -log_p / len(ids),
        "unknown_share": sum(token == model.vocabulary_.unk for token in ids) / len(ids),
    }


def _remark_on_unknown(model: LanguageModel, texts: list[str]) -> None:
    """Say on stderr which parts of the texts the scores of ``<unk>`` stand for."""
    vocabulary = model.vocabulary_
    unknown = list(dict.fromkeys(part for text in texts for part in vocabulary.unknown(text)))
    if unknown:
        shown = ", ".join(map(repr, unknown[:_SHOWN])) + (" …" if len(unknown) > _SHOWN else "")
        say(f"Scored as <unk>, {vocabulary.kind} unknown to the model: {shown}.", style="yellow")


def _texts(files: Files, lines: bool) -> list[str]:
    """The text of each file, or of each line of all."""
    from seqloom.data import Document

    texts: list[str] = []
    parts: list[str] = []
    for piece in files.documents(Document.LINE if lines else Document.FILE):
        parts.append(piece.text)
        if piece.ends:
            texts.append("".join(parts))
            parts.clear()
    texts = [text for text in texts if text.strip("\n")]
    if not texts:
        raise DataError(f"{files}: expected text to score, got none.")
    return texts


def _one_line(text: str) -> str:
    shown = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
    return shown if len(shown) <= 200 else shown[:199] + "…"
