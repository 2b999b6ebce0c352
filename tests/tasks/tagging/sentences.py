"""Sentences that are learned in a moment."""

from __future__ import annotations

from typing import Any

from seqloom.tasks import Tagger
from seqloom.tasks.tagging.schemes import Scheme, Span

NAMES = ["Ann Lee", "Bob", "New York", "Oslo"]
SENTENCES = [
    f"{a} {verb} {b} in {c} ." for a in NAMES[:2] for verb in ("meets", "sees") for b in NAMES[:2] for c in NAMES[2:]
]
"""Sentences with names of people and places."""


def tagged(scheme: str = "IOB2") -> tuple[list[list[str]], list[list[str]]]:
    """The sentences as tokens, and the tags of their names."""
    tokens = [sentence.split() for sentence in SENTENCES]
    tags = []
    for row in tokens:
        spans = []
        for name in NAMES:
            words = name.split()
            spans += [
                Span("place" if name in NAMES[2:] else "person", k, k + len(words))
                for k in range(len(row))
                if row[k : k + len(words)] == words
            ]
        tags.append(Scheme(scheme).tags(sorted(spans, key=lambda span: span.begin), len(row)))
    return tokens, tags


def small(spec: str = "lstm(12) bidirectional", epochs: int = 12, **changes: Any) -> Tagger:
    """A tagger that learns the sentences in a moment."""
    training = {"epochs": epochs, "learning_rate": 0.02, "schedule": "constant", "device": "cpu"} | changes.pop(
        "training", {}
    )
    arguments = {"characters": "lstm(6) + pool(last)", "embedding": 8, "batch_size": 4, "dropout": 0.0}
    return Tagger(spec, training=training, **arguments | changes)
