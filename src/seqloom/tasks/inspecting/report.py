"""All views of one trained model, as the sections of a report."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqloom.errors import DataError, MissingExtraError, SeqloomError, UsageError
from seqloom.inspection.report import Figure, Section
from seqloom.inspection.units import matches
from seqloom.inspection.verdict import Evidence
from seqloom.tasks.estimator import Estimator
from seqloom.tasks.inspecting import (
    attending,
    embeddings,
    explained,
    gates,
    looking_back,
    made_of,
    mistakes,
    summary,
    training,
    units,
    verdict,
)
from seqloom.tasks.inspecting.subject import NoHalvesError, Pixels, Subject
from seqloom.training.log import Record

__all__ = ["Asked", "sections"]

Say = Callable[[str], object]


@dataclass(frozen=True)
class Asked:
    """What is asked beyond the usual: ``row`` and ``step`` as for :func:`explained.explain`, ``pattern`` as for
    :func:`units.units_of`. ``command`` makes the report again."""

    row: int = 0
    step: int | None = None
    pattern: str | None = None
    command: str = ""


def sections(
    estimator: Estimator,
    X: Any = None,
    y: Any = None,
    *,
    asked: Asked = Asked(),
    records: Sequence[Record] = (),
    say: Say,
) -> Iterator[Section]:
    """What is asked of a model, one section a question; those that need examples only where ``X`` is given.

    ``records`` are those of the training. ``say`` is told what takes a while, and which question has no answer for this
    model, and why. Raises DataError or UsageError for examples that cannot be read, or a row or step that there is not,
    or a pattern that is none, before anything is measured.
    """
    say("Reading what was learned …")
    if asked.pattern is not None:
        matches(asked.pattern)  # one that is none is refused now
    command, subject, views = asked.command, None, list[Section]()
    evidence = Evidence(records=records)
    if X is not None:
        try:
            subject = estimator.subject(X, y)
        except NoHalvesError as error:
            say(f"How far back it looks, and why it answers, is not shown: {error}")
    if subject is not None:
        say("Explaining one answer …")
        why = _why(subject, asked, say)
        evidence, views = _measured(subject, asked, records, say)
        views.extend(why)
    if records or subject is not None:
        yield verdict.section(evidence, command)
    yield summary.section(estimator)
    yield made_of.section(estimator, command)
    if records:
        yield training.section(records, "nats")
    if tables := estimator.token_vectors():
        yield embeddings.section(tables, command)
    yield from views
    if X is not None:
        yield from _of_examples(estimator, X, y, subject, asked, say)


def _why(subject: Subject, asked: Asked, say: Say) -> list[Section]:
    try:
        return [explained.section(explained.explain(subject, asked.row, asked.step), asked.command)]
    except explained.TooLongError as error:
        say(f"Why it answers is not shown: {error} Name a shorter one with --row.")
        return []


def _measured(subject: Subject, asked: Asked, records: Sequence[Record], say: Say) -> tuple[Evidence, list[Section]]:
    """What a verdict is made of, and the sections that show it; regions of a picture have no order in time."""
    evidence, views = Evidence(records=records), list[Section]()
    if not isinstance(subject.looks(0), Pixels):
        say("Measuring how far back it looks …")
        memory = looking_back.memory_of(subject)
        evidence = verdict.evidence_of(subject, memory, records)
        views.append(looking_back.section(memory, asked.command))
    if found := gates.gates_of(subject):
        views.append(gates.section(found, asked.command))
    say("Searching what its units track …")
    if tracking := units.units_of(subject, asked.pattern):
        views.append(units.section(tracking, asked.command))
    elif asked.pattern is not None:
        say("Its units are not searched for the pattern: its steps are no text.")
    return evidence, views


def _of_examples(estimator: Any, X: Any, y: Any, subject: Subject | None, asked: Asked, say: Say) -> Iterator[Section]:
    say("Looking at where it looks …")
    try:
        if maps := attending.attending_of(estimator, X, y, subject, asked.row):
            yield attending.section(maps, asked.step, asked.command)
    except UsageError as error:
        say(f"Where it looks is not shown: {error}")
    say("Looking for where it errs …")
    try:
        if (erred := estimator.mistakes(X, y)) is not None:
            yield mistakes.section(erred, asked.command)
    except DataError as error:
        say(f"Where it errs is not shown: {error}")
    if hasattr(estimator, "draw"):
        say("Drawing what the task shows …")
        try:
            yield _of_the_task(estimator, X, y, asked.command)
        except MissingExtraError:
            raise
        except SeqloomError as error:
            say(f"It is not shown: {error}")


def _of_the_task(estimator: Any, X: Any, y: Any, command: str) -> Section:
    with tempfile.TemporaryDirectory() as folder:
        shown = [
            Figure(picture.read_bytes(), picture.suffix.removeprefix("."), says)
            for picture, says in estimator.draw(Path(folder), X, y).items()
            if picture.suffix in (".png", ".svg")
        ]
    return Section("What does the task show?", [], shown, command)
