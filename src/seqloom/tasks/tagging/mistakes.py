"""Where a tagger errs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np

from seqloom.inspection.errors import Mistake, Mistakes, broken_down, worst
from seqloom.tasks.examples.values import Facts, Given
from seqloom.tasks.inspecting.excerpts import excerpt
from seqloom.tasks.tagging.baseline import MostFrequent
from seqloom.tasks.tagging.known import tags_of
from seqloom.tasks.tagging.lexicon import normal_form

__all__ = ["mistakes_of_tags"]

_UNIT = "wrong tags"


def mistakes_of_tags(facts: Facts, given: Given, said: Sequence[Sequence[str]]) -> Mistakes:
    """Of some sentences or series with tags, and what was ``said`` of them: a step costs 1 where its tag is wrong."""
    y, tags = given.y or [], tags_of(facts)
    simple = [
        tags.decoded(one.argmax(-1).tolist()) for one in MostFrequent(facts["most_frequent"], len(tags.names))(given.X)
    ]
    wrong = [_wrong(true, one) for true, one in zip(y, said, strict=True)]
    costs = np.array(list(chain(*wrong)), np.float64)
    beside = {"the most frequent tag": list(chain(*(_wrong(true, one) for true, one in zip(y, simple, strict=True))))}
    found = [broken_down("true tag", list(chain(*y)), costs, _UNIT, beside)]
    if "lexicon" in facts:
        words = {normal_form(word) for word in facts["most_frequent"]}
        kinds = ["known" if normal_form(token) in words else "new" for token in chain(*given.X)]
        found.append(broken_down("whether the word was learned from", kinds, costs, _UNIT, beside))
    sums = [sum(row) for row in wrong]
    listed = [
        Mistake(row, _marked(given.X[row], wrong[row]), *_tags(y[row], said[row]), sums[row]) for row in worst(sums)
    ]
    return Mistakes(found, listed, says=[f"{costs.mean():.1%} of {len(costs):,} tags are wrong."])


def _wrong(true: Sequence[str], said: Sequence[str]) -> list[int]:
    return [int(a != b) for a, b in zip(true, said, strict=True)]


def _marked(steps: Sequence[object], wrong: Sequence[int]) -> str:
    """The tokens of a sentence, those with wrong tags between stars."""
    if not all(isinstance(step, str) for step in steps):
        return excerpt(steps)
    return " ".join(f"*{step}*" if fault else str(step) for step, fault in zip(steps, wrong, strict=True))


def _tags(true: Sequence[str], said: Sequence[str]) -> tuple[str, str]:
    """The tags that differ, of both."""
    pairs = [(a, b) for a, b in zip(true, said, strict=True) if a != b]
    return excerpt(" ".join(a for a, _ in pairs)), excerpt(" ".join(b for _, b in pairs))
