"""``seqloom score``: how probable a model finds a text, each of many lines, or each token."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqloom.apps.cli.console import emit, emit_json, figure, say
from seqloom.apps.cli.flags import refuse_without_effect
from seqloom.apps.cli.inputs import INPUTS, read_inputs
from seqloom.apps.cli.loading import load_model, say_unknown
from seqloom.errors import DataError, UsageError

if TYPE_CHECKING:
    from seqloom.data import Files
    from seqloom.tasks import LanguageModel, TextScore

__all__ = ["score"]

_OTHERWISE = "This model learned from {}, and a whole file, scored as one text, is like nothing that it has seen."


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
    before: Annotated[
        str, typer.Option("--context", help="What stands before each text: it is read, not scored.", show_default=False)
    ] = "",
    end: Annotated[
        bool | None,
        typer.Option(
            "--end/--no-end",
            help="Score that the text ends too, or only that it begins so. Left out: the end too, if the model "
            "learned from more than one document.",
            show_default=False,
        ),
    ] = None,
    lines: Annotated[bool, typer.Option("--lines", help="Each line is a text; rank them, likeliest first.")] = False,
    surprisal: Annotated[bool, typer.Option("--surprisal", help="Print nats for each token instead.")] = False,
    by_word: Annotated[
        bool, typer.Option("--by-word", help="With --surprisal: for each word, the white space before it included.")
    ] = False,
    bits: Annotated[bool, typer.Option("--bits", help="Print bits instead of nats; with --json beside them.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each text.")] = False,
) -> None:
    """Print the log-probability of texts (each file, or with --lines each line): columns log p, nats/token and text."""
    refuse_without_effect(context, [(not surprisal, "without --surprisal", ("by_word",))])
    if text and files:
        raise UsageError("Give either files or --text, not both.")
    texts = list(text) if text else _texts(read_inputs(context, files or ["-"]), lines)
    loaded = load_model(model)
    if not text and not lines:
        _say_documents(loaded, texts)
    say_unknown("Scored as <unk>", loaded, [before, *texts])
    scores = loaded.score_texts(texts, context=before, end=end)
    if lines:
        scores.sort(key=lambda one: -one.log_probability)
    unit = math.log(2) if bits else 1.0
    for one in scores:
        parts = (one.by_word() if by_word else one.by_token()) if surprisal else []
        if as_json:
            name = "word" if by_word else "token"
            cut = {"surprisal": [{name: part, "nats": nats} for part, nats in parts]} if surprisal else {}
            row = _figures(one) | cut
            emit_json(_with_bits(row) if bits else row)
        elif surprisal:
            for part, nats in parts:
                emit(f"{nats / unit:.4f}\t{part!r}")
        else:
            each = None if one.nats_per_token is None else one.nats_per_token / unit
            emit(f"{one.log_probability / unit:.4f}\t{figure(each, '.4f')}\t{_one_line(one.text)}")


def _figures(score: TextScore) -> dict[str, Any]:
    return {
        "text": score.text,
        "log_probability": score.log_probability,
        "nats_per_token": score.nats_per_token,
        "nats_per_character": score.nats_per_character,
        "unknown_share": score.unknown_share,
        "end": score.end,
    }


def _with_bits(row: dict[str, Any]) -> dict[str, Any]:
    """The figures, and those in nats also in bits under a name that says so."""
    names = {key: key.replace("nats", "bits").replace("log_", "log2_") for key in row}
    bits = {new: row[key] and row[key] / math.log(2) for key, new in names.items() if new != key}
    parts = [_with_bits(part) for part in row.get("surprisal", ())]
    return row | bits | ({"surprisal": parts} if parts else {})


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


def _say_documents(model: LanguageModel, texts: list[str]) -> None:
    """Say that a file is no text of the kind that the model has learned from, where it holds several of these."""
    from seqloom.data import Document, split_documents

    document = Document(model.document)
    if all([piece.text for piece in split_documents([text], document) if piece.text] == [text] for text in texts):
        return
    if document is Document.LINE:
        say(f"{_OTHERWISE.format('single lines')} --lines scores each line.", style="yellow")
    elif document is Document.BLANK_LINE:
        advice = "--text takes one at a time, and `seqloom evaluate` divides files as in training."
        say(f"{_OTHERWISE.format('what stands between blank lines')} {advice}", style="yellow")


def _one_line(text: str) -> str:
    shown = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
    return shown if len(shown) <= 200 else shown[:197] + "..."
