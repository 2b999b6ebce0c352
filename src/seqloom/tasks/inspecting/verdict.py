"""What should be changed: one verdict over all that was measured of a model and its training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seqloom.errors import UsageError
from seqloom.inspection.report import Section
from seqloom.inspection.signs import signs_of
from seqloom.inspection.verdict import Evidence, Verdict, judge
from seqloom.layers.spec import Spec, spec_of
from seqloom.tasks.inspecting.looking_back import Memory
from seqloom.tasks.inspecting.subject import Subject
from seqloom.training.log import Record

__all__ = ["Advice", "evidence_of", "section"]


@dataclass(frozen=True)
class Advice(Section):
    """What should be changed, with the verdict that says so."""

    verdict: Verdict = Verdict("healthy", "")


def evidence_of(subject: Subject, memory: Memory, records: Sequence[Record] = ()) -> Evidence:
    """What is known of a model over some examples; ``records`` are those of its training.

    Gates and units are looked at on the first batch.
    """
    body = subject.model.body
    vectors, lengths = subject.vectors(subject.batches[0])
    return Evidence(
        inputs=memory.inputs,
        states=memory.states,
        cut=memory.contexts.get("cut"),
        shuffled=memory.contexts.get("shuffled beyond"),
        signs=signs_of(body, lambda: body(vectors, None, lengths)),
        records=records,
        words=_words(subject),
        window=subject.window,
    )


def section(evidence: Evidence, command: str = "") -> Advice:
    """The answer for a report."""
    verdict = judge(evidence)
    says = [f"{verdict.kind.capitalize()}. {verdict.says}", *map(str, verdict.cures)]
    return Advice("What should I change?", says, (), command, verdict)


def _words(subject: Subject) -> Spec | None:
    """The words that build the layers, and their pooling where there is one; None where no words do."""
    try:
        return spec_of(getattr(subject.model, "reader", subject.model.body))
    except UsageError:
        return None
