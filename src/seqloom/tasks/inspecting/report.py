"""All views of one trained model, as the sections of a report."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from seqloom.errors import MissingExtraError, SeqloomError
from seqloom.inspection.report import Figure, Section, Table
from seqloom.inspection.report.section import Shown
from seqloom.tasks.estimator import Estimator
from seqloom.tasks.figures import Figures
from seqloom.tasks.inspecting import explained, gates, looking_back, made_of, training
from seqloom.tasks.inspecting.figures import table_of
from seqloom.tasks.inspecting.subject import NoHalvesError
from seqloom.tasks.language.evaluation import Evaluation
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
    yield _summary(estimator)
    yield made_of.section(estimator, command)
    if records:
        yield training.section(records, "nats")
    if X is None:
        return
    subject = None
    try:
        subject = estimator.subject(X, y)
    except NoHalvesError as error:
        say(f"How far back it looks, and why it answers, is not shown: {error}")
    if subject is not None:
        say("Explaining one answer …")
        why = explained.section(explained.explain(subject, row, step), command)
        say("Measuring how far back it looks …")
        yield looking_back.section(looking_back.memory_of(subject), command)
        if found := gates.gates_of(subject):
            yield gates.section(found, command)
        yield why
    if hasattr(estimator, "draw"):
        say("Drawing what the task shows …")
        try:
            yield _of_the_task(estimator, X, y, command)
        except MissingExtraError:
            raise
        except SeqloomError as error:
            say(f"It is not shown: {error}")


def _summary(estimator: Any) -> Section:
    module = getattr(estimator, "model_", None)
    count = sum(weight.numel() for weight in module.parameters()) if module is not None else 0
    rows = [("task", estimator.task), ("made by", estimator.code), ("weights", f"{count:,}")]
    shown: list[Shown] = [Table(("", ""), rows)]
    found = getattr(estimator, "validation_", None)
    says: list[str] = []
    if isinstance(found, Figures | Evaluation):
        shown.append(table_of(found))
    if isinstance(found, Figures):
        says.extend(found.notes)
    return Section("What is it, and how good?", says, shown)


def _of_the_task(estimator: Any, X: Any, y: Any, command: str) -> Section:
    with tempfile.TemporaryDirectory() as folder:
        pictures = estimator.draw(Path(folder), X, y)
        shown = [
            Figure(picture.read_bytes(), picture.suffix.removeprefix("."), picture.stem.replace("_", " "))
            for picture in map(Path, pictures)
            if picture.suffix in (".png", ".svg")
        ]
    return Section("What does the task show?", [], shown, command)
