"""What is known of pairs: how both sides are read, how many there are, and answers that need no model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from seqloom.data.text.vocabularies.choice import Tokens
from seqloom.errors import UsageError
from seqloom.tasks.examples.going_on import Rows
from seqloom.tasks.examples.values import Facts
from seqloom.tasks.inputs import Inputs, TextInputs, inputs_from_json
from seqloom.tasks.inputs.targets import TextTargets, written_rows
from seqloom.tasks.measures.word_table import word_table

__all__ = ["facts_of", "grown_sides", "named_rows"]

_RUNNING: Final = 5
"""Words of a target, in the mean, from which on BLEU tells more than chrF: it counts up to four in a row."""


def facts_of(inputs: Inputs, targets: TextTargets, X: Sequence[Any], y: Sequence[str], longest: int = 0) -> Facts:
    """The facts of pairs to learn from, whose targets may have been as ``longest`` before."""
    size = {
        "examples": len(X),
        "words": targets.vocabulary.kind in (Tokens.WORDS, Tokens.BPE),
        "running": sum(len(text.split()) for text in y) >= _RUNNING * len(y),
        "longest": max(longest, *map(len, targets.encode(y))),
    }
    table = word_table(X, y) if isinstance(inputs, TextInputs) else {}
    simple = {"most_frequent": Counter(y).most_common(1)[0][0], "table": table}
    return {"inputs": inputs.to_json(), "targets": targets.to_json(), "size": size, "simple": simple}


def grown_sides(before: Facts, X: Sequence[Any], y: Sequence[str], asked: Any) -> tuple[Inputs, TextTargets]:
    """Both sides as they were known ``before``, and what further pairs have, as far as the settings that are ``asked``
    for let them grow. UsageError for tokens of another kind."""
    inputs, targets = inputs_from_json(before["inputs"]), TextTargets.from_json(before["targets"])
    had = {"target_tokens": targets.vocabulary.kind}
    if isinstance(inputs, TextInputs):
        had["source_tokens"] = inputs.vocabulary.kind
    for name, kind in had.items():
        if getattr(asked, name) not in (None, kind):
            raise UsageError(f"{name}: the model has {kind}, now {getattr(asked, name)} are asked for. Leave them out.")
    most = asked.minimum_count, asked.vocabulary_size
    return inputs.grown(X, None, *most), targets.grown(y, *most)


def named_rows(facts: Facts) -> list[Rows]:
    """The tokens of both sides, whose vocabularies grow at their ends, in the weights."""
    inputs, targets = inputs_from_json(facts["inputs"]), TextTargets.from_json(facts["targets"])
    of_targets = written_rows(targets, "targets")
    if not isinstance(inputs, TextInputs):
        return [of_targets]
    vocabulary = inputs.vocabulary
    texts = [vocabulary.piece(token) for token in range(vocabulary.size)]
    return [Rows(f"{vocabulary.kind} of sources", range(vocabulary.size), {"front.table": (0,)}, texts), of_targets]
