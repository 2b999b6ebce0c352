"""What is in a file of tagged words, in figures ready for JSON: before anything is trained."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from seqloom.data.spread import spread
from seqloom.data.tagged.lists import TokenLists
from seqloom.data.tagged.sentences import TaggedSentences
from seqloom.data.tagged.table import TokenTable

__all__ = ["described"]


def described(found: TaggedSentences | TokenTable | TokenLists) -> dict[str, Any]:
    """How many sentences, tokens and different words; lengths; each tag's count; sentences that repeat another."""
    tokens = found.tokens
    return {
        "sentences": len(tokens),
        "tokens": sum(map(len, tokens)),
        "words": len({word for sentence in tokens for word in sentence}),
        "lengths": spread(np.array([len(sentence) for sentence in tokens])),
        "tags": {
            column: dict(Counter(tag for tags in sentences for tag in tags).most_common())
            for column, sentences in found.tags.items()
        },
        "duplicates": len(tokens) - len({tuple(sentence) for sentence in tokens}),
        "remarks": list(found.remarks),
    }
