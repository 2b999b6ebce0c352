"""What suits the data, for all that is not given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from seqloom.settings.text import Tokens

__all__ = ["pick_settings", "pick_tokens"]

_FEW_WORDS: Final = 3.0
_SHORT: Final = 40.0
"""Characters, in the mean, up to which a side is read letter by letter where the other one is."""
_STEPS: Final = (1_500_000, 6, 60)
"""Examples that are read in all, and how often each is, at least and at most."""
_MANY: Final = 20_000


def pick_tokens(texts: Sequence[str]) -> Tokens:
    """Words, or characters where there are few words, or they are mostly numbers.

    >>> pick_tokens(["a cat sat on it", "so it did"]), pick_tokens(["May 3, 1981", "4 June 2002"])
    (<Tokens.WORDS: 'words'>, <Tokens.CHARACTERS: 'characters'>)
    """
    words = [word for text in texts for word in text.split()]
    numbers = sum(any(letter.isdigit() for letter in word) for word in words)
    few = len(words) < _FEW_WORDS * len(texts) or 2 * numbers > len(words) - len(texts)
    return Tokens.CHARACTERS if few else Tokens.WORDS


def pick_settings(size: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by the ``examples``, whether targets are of ``words`` or their pieces, and the ``longest`` ones."""
    examples, words = size["examples"], size["words"]
    many = examples > _MANY
    width = 256 if many and words else 128
    most, least, often = _STEPS
    return {
        "model": f"gru({width}) bidirectional -> luong({width})",
        "embedding": width if words else 64,
        "dropout": (0.2 if many else 0.3) if words else 0.1,
        "smoothing": 0.1 if words and many else 0.0,
        "batch_size": 64 if many else 32,
        "learning_rate": 0.002,
        "epochs": min(max(round(most / examples), least), often),
    }
