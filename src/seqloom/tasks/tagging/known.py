"""What a tagger has learned of its data, from plain facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor

from seqloom.errors import DataError
from seqloom.tasks.examples.values import Facts
from seqloom.tasks.tagging.baseline import MostFrequent
from seqloom.tasks.tagging.given import Steps
from seqloom.tasks.tagging.lexicon import Lexicon
from seqloom.tasks.tagging.tag_set import TagSet

__all__ = ["about_tags", "encoder_of", "tags_of"]


def about_tags(X: Sequence[Steps], y: Sequence[list[str]], tags: TagSet) -> Facts:
    """What is known of tags, whatever they are of."""
    counts = MostFrequent.learned(X, y, tags).counts
    return {"tags": tags.to_json(), "examples": len(X), "most_frequent": counts}


def tags_of(facts: Facts) -> TagSet:
    """The tags that are learned."""
    return TagSet.from_json(facts["tags"])


def encoder_of(facts: Facts) -> Callable[[Sequence[Steps]], list[Tensor]]:
    """From examples to what the module reads of each, (T, …). DataError for those of another kind than was learned."""
    lexicon = Lexicon.from_json(facts["lexicon"]) if "lexicon" in facts else None

    def encode(X: Sequence[Steps]) -> list[Tensor]:
        words = [one for one in X if isinstance(one, list)]
        series = [one for one in X if isinstance(one, Tensor)]
        if lexicon is not None:
            if series:
                raise DataError("Expected sentences, as this tagger was trained on; got series.")
            return lexicon.encoded(words)
        if words:
            raise DataError("Expected series, as this tagger was trained on; got sentences.")
        channels = len(facts["mean"])
        wrong = next((one.shape[1] for one in series if one.shape[1] != channels), None)
        if wrong is not None:
            raise DataError(f"Expected series of {channels} channels, as this tagger was trained on; got {wrong}.")
        return series

    return encode
