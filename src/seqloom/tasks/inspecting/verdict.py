"""What should be changed: one verdict over all that was measured of a model and its training."""

from __future__ import annotations

from collections.abc import Sequence

from seqloom.errors import UsageError
from seqloom.inspection.report import Section
from seqloom.inspection.signs import signs_of
from seqloom.inspection.verdict import Evidence, Verdict
from seqloom.layers.spec import Spec, spec_of
from seqloom.tasks.inspecting.looking_back import Memory
from seqloom.tasks.inspecting.subject import Subject
from seqloom.training.log import Record

__all__ = ["evidence_of", "section"]


def evidence_of(
    subject: Subject, memory: Memory, records: Sequence[Record] = (), window: int | None = None
) -> Evidence:
    """What is known of a model over some examples.

    ``records`` are those of its training, and ``window`` the steps that training saw at once where the data are longer.
    """
    body, batch = subject.model.body, subject.batches[0]
    vectors, lengths = subject.vectors(batch)
    return Evidence(
        inputs=memory.inputs,
        states=memory.states,
        cut=memory.contexts.get("cut"),
        shuffled=memory.contexts.get("shuffled beyond"),
        signs=signs_of(body, lambda: body(vectors, None, lengths)),
        records=records,
        words=_words(subject),
        window=window,
    )


def section(verdict: Verdict, command: str = "") -> Section:
    """The answer for a report."""
    return Section("What should I change?", [f"{verdict.kind}: {verdict.says}", *map(str, verdict.cures)], (), command)


def _words(subject: Subject) -> Spec | None:
    """The words that build the layers, and their pooling where there is one; None where no words do."""
    try:
        return spec_of(getattr(subject.model, "reader", subject.model.body))
    except UsageError:
        return None
