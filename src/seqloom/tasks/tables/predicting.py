"""Answers of a model to the rows of a table that streams by, in constant memory, and how good they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple, final

import numpy as np

from seqloom.data.tables import Choice, Sought
from seqloom.data.tables.columns import missing
from seqloom.data.tables.labelled import label_reader
from seqloom.data.tables.nothing import is_no_label
from seqloom.data.tables.numerals import number, readings
from seqloom.data.tables.opened import Opened
from seqloom.data.tables.records import Record
from seqloom.data.tables.writing import free_names
from seqloom.errors import UsageError, did_you_mean, listed

__all__ = ["Answered", "Scored", "added_columns", "answers", "unseen_remark"]

_BLOCK: Final = 256


class Answered(NamedTuple):
    """A row, the new columns with their values, None where there is no text, and the answer itself."""

    record: Record
    added: Mapping[str, Any]
    answer: Any


def added_columns(model: Any, choice: Choice, top: int, columns: Sequence[str]) -> list[str]:
    """The names of the new columns: the prediction, its probability, and those of the next ``top`` likeliest.

    UsageError for more than one where the model has no probabilities.
    """
    certain = choice.sought == Sought.CLASS and hasattr(model, "decided")
    if top > 1 and not certain:
        raise UsageError("--top: this model gives one answer, without probabilities of others.")
    names = ["prediction", "probability"] if certain else ["prediction"]
    names += [f"{name}_{place}" for place in range(2, top + 1) for name in ("prediction", "probability")]
    return free_names(names, columns)


def answers(model: Any, opened: Opened, choice: Choice, names: Sequence[str]) -> Iterator[Answered]:
    """The answer to each row, in their order; rows with nothing to read get none.

    ``names`` come from :func:`added_columns`. Raises UsageError where a column is missing that the model reads.
    """
    absent = [name for name in choice.inputs if name not in opened.columns]
    if absent:
        raise UsageError(
            f"{opened.name} has no column {absent[0]!r}, which the model reads; it has {listed(opened.columns)}."
            f"{did_you_mean(absent[0], opened.columns)} Say which: --input NAME, or --lines if each line is a text."
        )
    places = [opened.columns.index(name) for name in choice.inputs]
    while block := list(islice(opened.records, _BLOCK)):
        texts = ["\n".join(cell for cell in _cells(record, places) if cell) for record in block]
        filled = [text for text in texts if not missing(text)]
        found = iter(_answered(model, choice, filled, names) if filled else ())
        for record, text in zip(block, texts, strict=True):
            added, answer = (dict.fromkeys(names), None) if missing(text) else next(found)
            yield Answered(record, added, answer)


@final
class Scored:
    """How often answers are right, or how far they are off, by the rows that have a target themselves."""

    def __init__(self, choice: Choice, columns: Sequence[str], known: Sequence[Any] = ()) -> None:
        self._choice = choice
        self._place = columns.index(choice.target) if choice.target in columns else None
        self._read = label_reader(choice, [""])
        self._count = self._off = 0.0
        self._known = {str(one).lower() if isinstance(one, bool) else str(one) for one in known}
        self._unseen: dict[str, None] = {}
        self._with_unseen = 0

    def see(self, answered: Answered) -> None:
        """Compare one answer with the target of its row, if there are both."""
        cells = answered.record.cells
        cell = "" if self._place is None or self._place >= len(cells) else cells[self._place].strip()
        if is_no_label(cell, self._choice.like_nothing) or answered.answer is None:
            return
        if self._choice.sought == Sought.NUMBER:
            found = readings(cell)
            if not found:
                return
            self._off += abs(number(cell, next(iter(found))) - float(answered.answer))
        elif self._choice.sought == Sought.LABELS:
            labels = self._read(cell)
            self._note(labels)
            self._off += set(labels) != set(answered.answer)
        else:
            self._note([cell.lower() if _is_truth(cell) else cell])
            self._off += str(answered.answer).lower() != cell.lower() if _is_truth(cell) else answered.answer != cell
        self._count += 1

    def _note(self, labels: Sequence[str]) -> None:
        new = [label for label in labels if self._known and label not in self._known]
        self._unseen |= dict.fromkeys(new)
        self._with_unseen += bool(new)

    def __str__(self) -> str:
        """A sentence; nothing where no row had a target."""
        if not self._count:
            return ""
        mean = self._off / self._count
        what = f"mean absolute error {mean:.4g}" if self._choice.sought == Sought.NUMBER else f"accuracy {1 - mean:.3f}"
        more = f" {unseen_remark(self._with_unseen, list(self._unseen))}" if self._unseen else ""
        return f"{self._count:,.0f} rows have a {self._choice.target!r}: {what}.{more}"


def unseen_remark(count: int, labels: Sequence[Any]) -> str:
    """A sentence on the examples whose labels no example had in training.

    >>> unseen_remark(2, ["eel"])
    "2 examples have labels that were not seen in training: 'eel'. They count as wrong."
    """
    have = "1 example has" if count == 1 else f"{count:,} examples have"
    return f"{have} labels that were not seen in training: {listed(list(labels))}. They count as wrong."


def _answered(
    model: Any, choice: Choice, texts: list[str], names: Sequence[str]
) -> Iterator[tuple[dict[str, Any], Any]]:
    if len(names) == 1:
        for answer in model.predict(texts):
            yield {names[0]: _plain(answer, choice)}, answer
        return
    classes, probabilities = list(model.classes_), np.asarray(model.predict_proba(texts))
    for answer, row in zip(model.decided(probabilities), probabilities, strict=True):
        others = [classes[place] for place in np.argsort(-row, kind="stable") if classes[place] != answer]
        ranked = [answer, *others][: len(names) // 2]
        values = [value for one in ranked for value in (one, round(float(row[classes.index(one)]), 6))]
        yield dict(zip(names, values, strict=False)), answer


def _plain(answer: Any, choice: Choice) -> Any:
    if isinstance(answer, list | tuple) and choice.separator:
        return choice.separator.join(answer)
    return answer.item() if isinstance(answer, np.generic) else answer


def _cells(record: Record, places: Sequence[int]) -> list[str]:
    return [record.cells[place] if place < len(record.cells) else "" for place in places]


def _is_truth(cell: str) -> bool:
    return cell.lower() in ("true", "false")
