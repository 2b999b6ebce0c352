"""Made reviews of products, positive or negative: the words alone do not tell, for some are denied or overruled."""

from __future__ import annotations

from typing import Final

import numpy as np

from seqloom.data.draws import Purpose, generator
from seqloom.data.made.words import some, words

__all__ = ["made_sentences"]

_PRODUCTS: Final = words("kettle headphones backpack lamp keyboard blender jacket tent camera chair speaker umbrella")
_PARTS: Final = words("battery handle sound colour price delivery manual cable fabric zip screen packaging switch fit")
_GOOD: Final = words(
    "great solid lovely reliable sturdy quiet excellent comfortable bright sharp clever neat smooth perfect handy fine"
)
_BAD: Final = words(
    "flimsy loud dull useless awful cheap blurry stiff fragile clumsy ugly slow confusing faulty poor disappointing"
)
_HOW: Final = ("", "", "", "really ", "quite ", "very ", "a bit too ", "surprisingly ")
_ASIDE: Final = (
    "I bought this {product} in {month}.",
    "It came in {days} days.",
    "My old {product} broke in {month}.",
    "We use the {product} every day.",
    "This is my {nth} {product}.",
    "It was a present from my sister.",
)
_PLAIN: Final = ("the {part} is {how}{word}", "the {part} feels {how}{word}", "I find the {part} {how}{word}")
_DENIED: Final = (
    "the {part} is not {word} at all",
    "there is nothing {word} about the {part}",
    "nobody would call the {part} {word}",
    "the {part} is far from {word}",
)
_OVERRULED: Final = ("{other}, but {verdict}", "although {other}, {verdict}", "{verdict}, even though {other}")
_MONTHS: Final = words("January March April May June July September October December")


def made_sentences(rows: int, seed: int) -> list[tuple[str, str]]:
    """``rows`` reviews, all different, with the label ``positive`` or ``negative``; a function of both arguments.

    >>> made_sentences(1, seed=8)
    [('The packaging feels clumsy. It came in 17 days.', 'negative')]
    """
    draw = generator(seed, Purpose.MADE)
    found: dict[str, str] = {}
    while len(found) < rows:
        good = bool(draw.random() < 0.5)
        found.setdefault(_review(draw, good), "positive" if good else "negative")
    return list(found.items())


def _review(draw: np.random.Generator, good: bool) -> str:
    kind = draw.random()
    if kind < 0.25:
        verdict = some(draw, _OVERRULED).format(other=_clause(draw, not good), verdict=_clause(draw, good))
    elif kind < 0.5:
        verdict = f"{_clause(draw, good)} and {_clause(draw, good)}"
    else:
        verdict = _clause(draw, good)
    aside = some(draw, _ASIDE).format(
        product=some(draw, _PRODUCTS),
        month=some(draw, _MONTHS),
        days=draw.integers(2, 30),
        nth=some(draw, ("first", "second", "third")),
    )
    sentence = f"{verdict[0].upper()}{verdict[1:]}{some(draw, ('.', '.', '!'))}"
    return f"{aside} {sentence}" if draw.random() < 0.6 else f"{sentence} {aside}"


def _clause(draw: np.random.Generator, good: bool) -> str:
    denied = draw.random() < 0.15
    word = some(draw, _GOOD if good != denied else _BAD)
    return some(draw, _DENIED if denied else _PLAIN).format(part=some(draw, _PARTS), how=some(draw, _HOW), word=word)
