"""All views of one trained model, as the sections of a report."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from seqloom.errors import MissingExtraError, SeqloomError
from seqloom.inspection.report import Figure, Section, Table
from seqloom.inspection.verdict import Evidence
from seqloom.tasks.estimator import Estimator
from seqloom.tasks.figures import Figures
from seqloom.tasks.inspecting import explained, gates, looking_back, training, verdict
from seqloom.tasks.inspecting.subject import NoHalvesError, Pixels, Subject
from seqloom.training.log import Record

__all__ = ["sections"]


def sections(
    estimator: Estimator,
    X: Any = None,
    y: Any = None,
    *,
    row: int = 0,
    step: int = -1,
    records: Sequence[Record] = (),
    command: str = "",
    say: Callable[[str], object],
) -> Iterator[Section]:
    """What is asked of a model, one section a question; those that need examples only where ``X`` is given.

    ``records`` are those of the training. ``row`` and ``step`` are as for :func:`explained.explain`. ``command`` is
    what makes the report again. ``say`` is told what takes a while, and which question has no answer for this model,
    and why. Raises DataError or UsageError for examples that cannot be read, or a row or step that there is not, before
    anything is measured.
    """
    say("Reading what was learned …")
    evidence, views = Evidence(records=records), list[Section]()
    if X is not None:
        try:
            subject = estimator.subject(X, y)
            why = _explained(subject, row, step, command, say)
            evidence, views = _measured(subject, records, command, say)
            views.append(why)
        except NoHalvesError as error:
            say(f"How far back it looks, and why it answers, is not shown: {error}")
    if records or views:
        yield verdict.section(evidence, command)
    yield _summary(estimator)
    if records:
        yield training.section(records, "nats")
    yield from views
    if X is not None and hasattr(estimator, "draw"):
        say("Drawing what the task shows …")
        try:
            yield _of_the_task(estimator, X, y, command)
        except MissingExtraError:
            raise
        except SeqloomError as error:
            say(f"It is not shown: {error}")


def _explained(subject: Subject, row: int, step: int, command: str, say: Callable[[str], object]) -> Section:
    say("Explaining one answer …")
    return explained.section(explained.explain(subject, row, step), command)


def _measured(
    subject: Subject, records: Sequence[Record], command: str, say: Callable[[str], object]
) -> tuple[Evidence, list[Section]]:
    """What a verdict is made of, and the sections that show it; regions of a picture have no order in time."""
    evidence, views = Evidence(records=records), list[Section]()
    if not isinstance(subject.looks(0), Pixels):
        say("Measuring how far back it looks …")
        memory = looking_back.memory_of(subject)
        evidence = verdict.evidence_of(subject, memory, records)
        views.append(looking_back.section(memory, command))
    if found := gates.gates_of(subject):
        views.append(gates.section(found, command))
    return evidence, views


def _summary(estimator: Any) -> Section:
    module = getattr(estimator, "model_", None)
    count = sum(weight.numel() for weight in module.parameters()) if module is not None else 0
    rows = [("task", estimator.task), ("made by", repr(estimator)), ("weights", f"{count:,}")]
    shown: list[Figure | Table] = [Table(("", ""), rows)]
    found = getattr(estimator, "validation_", None)
    says: list[str] = []
    if isinstance(found, Figures):
        columns = [name for name in found.model if " of " not in name]
        lines = [
            (name, *(f"{values[column]:.3f}" if column in values else "" for column in columns))
            for name, values in {**found.baselines, "this model": found.model}.items()
        ]
        shown.append(Table(("held out", *(column.replace("_", " ") for column in columns)), lines))
        says.extend(found.notes)
    elif found is not None:
        nats = {**found.baselines, "this model": found.nats_per_token}
        ordered = sorted(nats.items(), key=lambda pair: -pair[1])
        shown.append(Table(("held out", "nats per token"), [(name, f"{value:.3f}") for name, value in ordered]))
    return Section("What is it, and how good?", says, shown)


def _of_the_task(estimator: Any, X: Any, y: Any, command: str) -> Section:
    with tempfile.TemporaryDirectory() as folder:
        shown = [
            Figure(picture.read_bytes(), picture.suffix.removeprefix("."), says)
            for picture, says in estimator.draw(Path(folder), X, y).items()
            if picture.suffix in (".png", ".svg")
        ]
    return Section("What does the task show?", [], shown, command)
