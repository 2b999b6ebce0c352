"""``seqloom predict``: what a model answers to each example of a file."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqloom.apps.cli.console import emit, emit_bytes, emit_json, say, without_copy
from seqloom.apps.cli.flags import refuse_without_effect
from seqloom.apps.cli.inputs import named_file
from seqloom.apps.cli.loading import load_any, read_as
from seqloom.apps.cli.warned import warnings_said
from seqloom.errors import DataError, UsageError

if TYPE_CHECKING:
    from seqloom.data.folders import LabelledTexts
    from seqloom.data.tables import Choice
    from seqloom.data.tables.opened import Opened
    from seqloom.data.tables.writing import Layout

__all__ = ["predict"]


def predict(
    context: typer.Context,
    model: Annotated[Path, typer.Argument(help="A model directory.", show_default=False, readable=False)],
    file: Annotated[
        str | None,
        typer.Argument(metavar="[FILE]", help="Examples, as in training; - is standard input.", show_default=False),
    ] = None,
    inputs: Annotated[
        str | None, typer.Option("--input", metavar="NAMES", help="The columns to read (default: those of training).")
    ] = None,
    lines: Annotated[bool, typer.Option("--lines", help="Each line is a text, and no cell of a table.")] = False,
    top: Annotated[int, typer.Option("--top", min=1, help="Add so many of the likeliest classes or texts.")] = 1,
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="COLUMN", help="Of tagged words: where to write tags (default: as trained)."),
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", metavar="NAME", help="Of FILE: utf-8, cp1252, …")
    ] = None,
    decimal: Annotated[
        str | None, typer.Option("--decimal", metavar=".|,", help="What stands before decimals in a table of series.")
    ] = None,
    stream: Annotated[
        bool,
        typer.Option(
            "--stream", help="Answer each line of standard input, a step, or each piece of a sound, as it comes."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each example.")] = False,
) -> None:
    """Print the answer to each example of FILE, in its order.

    A table comes back in its own format with new columns, the prediction and its probability. It needs no target; where
    it has one, the predictions are scored on stderr. Tagged words come back as FILE has them, too. Other files give a
    line for each example. With --stream a line is a step: a token, the numbers of a sample, or more text; an empty one
    begins another sequence. A model of sounds hears FILE, or standard input: wav, or 16-bit samples.
    """
    loaded = load_any(model)
    if not hasattr(loaded, "predict"):
        raise UsageError(f"{model} is of the task {loaded.task!r}, which writes and scores text: see seqloom generate.")
    if stream:
        _stream(context, loaded, model, file, as_json)
        return
    if file is None:
        raise UsageError("FILE is missing: name it, or take --stream.")
    of_texts = getattr(loaded, "of_texts", False) and not Path(file).is_dir()
    takes = _taken(loaded, as_json)
    refuse_without_effect(context, [("target" not in takes, "but where tagged words are written", ("target",))])
    if of_texts and (loaded.columns_ is not None or lines or inputs is not None or _is_table(file)):
        refuse_without_effect(context, [(True, "for a model of texts", ("decimal",))])
        with _opened(file, encoding, lines) as opened:
            _predict_rows(loaded, loaded.chosen(opened, inputs, lines), opened, top, as_json)
        return
    of_texts_why = "for a folder or a text that is one example"
    why = of_texts_why if getattr(loaded, "of_texts", False) else f"for this model of the task {loaded.task!r}"
    refuse_without_effect(context, [(True, why, ("inputs", "lines")), ("top" not in takes, why, ("top",))])
    read_as(loaded, encoding, decimal)
    path = named_file(context, file)
    with warnings_said():
        source = _one_text(path, encoding) if of_texts else path
        given = {"top": top, "target": target}
        _predict_file(loaded, source, {name: value for name, value in given.items() if name in takes}, as_json)


def _taken(loaded: Any, as_json: bool) -> Collection[str]:
    """What the method that answers a file takes beside it."""
    method = getattr(loaded, "answered" if as_json else "written", None)
    return () if method is None else signature(method).parameters


def _one_text(path: Path, encoding: str | None) -> LabelledTexts:
    from seqloom.data.folders.texts import one_text

    return one_text(path, encoding)


def _is_table(file: str) -> bool:
    from seqloom.tasks.tables.claims import is_table

    return file == "-" or is_table(Path(file))


def _stream(context: typer.Context, loaded: Any, model: Path, file: str | None, as_json: bool) -> None:
    from seqloom.apps.cli.hearing import hear, hears

    given = ("inputs", "lines", "top", "target", "encoding", "decimal")
    refuse_without_effect(context, [(True, "with --stream", given)])
    if hears(loaded):
        with warnings_said():
            hear(loaded, file, as_json)
        return
    refuse_without_effect(context, [(True, "with --stream, which reads standard input", ("file",))])
    _predict_stream(loaded, model, as_json)


def _predict_stream(loaded: Any, model: Path, as_json: bool) -> None:
    """An answer for each line, at once; an empty line begins another sequence."""
    if not hasattr(loaded, "stream"):
        raise UsageError(f"--stream: {model} is of the task {loaded.task!r}, which does not stream.")
    stream = loaded.stream()
    for number, line in enumerate(sys.stdin, 1):
        try:
            answer = stream.line(line.rstrip("\n"))
        except DataError as error:
            raise DataError(f"standard input, line {number}: {error}") from None
        if as_json:
            emit_json({"line": number, "prediction": answer})
        else:
            emit(_shown(answer))


def _shown(answer: Any) -> str:
    if isinstance(answer, dict):
        best = max(answer, key=lambda one: float(answer[one]))
        return f"{best}\t{answer[best]:.4f}"
    return "" if answer is None else str(answer)


def _predict_file(loaded: Any, file: Path | LabelledTexts, more: dict[str, Any], as_json: bool) -> None:
    if hasattr(loaded, "said"):
        said = loaded.said(file)
        if as_json:
            for record in said.records():
                emit_json({key: without_copy(one) if isinstance(one, str) else one for key, one in record.items()})
        else:
            for line in said.written():
                emit(without_copy(line), end="")
        if score := said.score():
            say(score)
    elif as_json:
        for record in _records(loaded, file, more):
            emit_json(record)
    elif hasattr(loaded, "written"):
        for text in loaded.written(file, **more):
            emit(text, end="")
    else:
        for answer in loaded.predict(file):
            emit(str(answer))


def _records(loaded: Any, file: Path | LabelledTexts, more: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What is said of each example: by the task, or its place and the answer."""
    if hasattr(loaded, "answered"):
        yield from loaded.answered(file, **more)
    else:
        yield from ({"example": place, "prediction": one} for place, one in enumerate(loaded.predict(file)))


def _predict_rows(loaded: Any, choice: Choice, opened: Opened, top: int, as_json: bool) -> None:
    from seqloom.tasks.tables.predicting import Scored, added_columns, answers

    for remark in opened.remarks:
        say(remark, style="yellow")
    names = added_columns(loaded, choice, top, opened.columns)
    write = _Writer(opened.layout)
    scored, without = Scored(choice, opened.columns, getattr(loaded, "classes_", ())), 0
    found = answers(loaded, opened, choice, names)
    for place, answered in enumerate(found):
        without += answered.answer is None
        scored.see(answered)
        if as_json:
            cells = dict(zip(opened.columns, answered.record.cells, strict=False))
            emit_json({"line": answered.record.line, **cells, **answered.added})
            continue
        if not place:
            write(opened.layout.head(opened.columns, names))
        write(opened.layout.row(answered.record, answered.added))
    write.end()
    if without:
        say(f"{without:,} rows without a text have no prediction.")
    if str(scored):
        say(str(scored))


class _Writer:
    """Text on stdout in the encoding and with the line ends of the file that was read, a block at a time."""

    _SIZE = 1 << 16

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._encoder = codecs.getincrementalencoder(layout.encoding)()
        self._held: list[str] = []
        self._size = 0

    def __call__(self, text: str) -> None:
        self._held.append(text)
        self._size += len(text)
        if self._size > self._SIZE:
            self.end()

    def end(self) -> None:
        text = "".join(self._held).replace("\n", self._layout.newline)
        self._held, self._size = [], 0
        try:
            emit_bytes(self._encoder.encode(text))
        except UnicodeEncodeError as error:
            raise UsageError(
                f"The file is {self._layout.encoding}, which has no {error.object[error.start]!r}. Convert it to "
                "UTF-8, or take --json."
            ) from None


@contextmanager
def _opened(file: str, encoding: str | None, lines: bool) -> Iterator[Opened]:
    from seqloom.data.tables.opening import Reading, open_path, open_stream

    reading = Reading(encoding=encoding, lines=lines)
    if file != "-":
        with open_path(Path(file), reading) as opened:
            yield opened
        return
    if sys.stdin is None:
        raise DataError("The standard input is closed. Give it a table, or name a file.")
    with open_stream(sys.stdin.buffer, "standard input", reading) as opened:
        yield opened
