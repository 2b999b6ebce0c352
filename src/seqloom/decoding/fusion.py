"""What a language model adds to the score of a prefix while something else, such as sounds, is decoded.

score(tokens) = ln p(tokens | input) + weight · ln p_language(tokens) + bonus · length ("shallow fusion"; Hannun et al.,
2014, "Deep Speech: scaling up end-to-end speech recognition", section 3.2). The language model may go by the same
tokens (:class:`TokenFusion`), or by words where the tokens are characters (:class:`WordFusion`), which count when the
word is over. It is known by ``step`` alone; its states are joined and selected as :mod:`seqloom.layers.state` does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.decoding.protocol import Step
from seqloom.layers.state import join, select

__all__ = ["Context", "Fusion", "TokenFusion", "WordFusion"]

Floats = NDArray[np.float64]
_NEVER = -20.0
"""ln p of what the language model has no token for."""


class Context(NamedTuple):
    """Where a language model stands: ln p of its next token (V,), and its state, of one row."""

    log_probabilities: Floats
    state: Any


class Fusion(ABC):
    """What a language model says of prefixes; where it stands after one is an opaque ``place``."""

    @abstractmethod
    def begin(self) -> Any:
        """The place before the first token."""

    @abstractmethod
    def follow(self, places: Sequence[Any], tokens: Sequence[int]) -> list[Any]:
        """The places after one more token each."""

    @abstractmethod
    def gains(self, place: Any) -> Floats:
        """What each token (K,) would add to the score, were it the next."""

    @abstractmethod
    def end(self, place: Any) -> float:
        """What it adds that nothing follows."""


class _Model:
    """A language model by its ``step``; ``opening`` is what it gave before the first token: logits (1, V) and state."""

    def __init__(self, step: Step, opening: tuple[Tensor, Any]) -> None:
        self._step = step
        self.begin = _contexts(*opening)[0]

    @torch.no_grad()
    def follow(self, contexts: Sequence[Context], tokens: Sequence[int]) -> list[Context]:
        """The contexts after one more token each, in one step."""
        if not contexts:
            return []
        return _contexts(*self._step(torch.tensor(tokens), join([context.state for context in contexts])))


class TokenFusion(Fusion):
    """A language model of the same tokens: token k is its token ``ids[k]``, or below 0 one that it does not know.

    ``end`` is its token for the end, None where it has none. ``weight`` and ``bonus`` are those of the score.

    >>> def step(tokens, state):  # it knows "0 1 0 1 …"
    ...     return torch.eye(2)[1 - tokens] * 5, tokens
    >>> fusion = TokenFusion(step, (torch.tensor([[5.0, 0.0]]), torch.tensor([1])), ids=[0, 1])
    >>> place = fusion.follow([fusion.begin()], [0])[0]
    >>> fusion.gains(place).round(2).tolist()
    [-5.01, -0.01]
    """

    def __init__(
        self,
        step: Step,
        opening: tuple[Tensor, Any],
        ids: Sequence[int],
        end: int | None = None,
        weight: float = 1.0,
        bonus: float = 0.0,
    ) -> None:
        self._model = _Model(step, opening)
        self._ids, self._known = np.maximum(ids, 0), np.asarray(ids) >= 0
        self._end, self._weight, self._bonus = end, weight, bonus

    def begin(self) -> Context:
        return self._model.begin

    def follow(self, places: Sequence[Context], tokens: Sequence[int]) -> list[Context]:
        return self._model.follow(places, self._ids[list(tokens)].tolist())

    def gains(self, place: Context) -> Floats:
        found: Floats = np.where(self._known, place.log_probabilities[self._ids], _NEVER)
        return self._weight * found + self._bonus

    def end(self, place: Context) -> float:
        return 0.0 if self._end is None else self._weight * float(place.log_probabilities[self._end])


class _Place(NamedTuple):
    """The ``context`` before the word that is being spelt, and its tokens so far."""

    context: Context
    word: tuple[int, ...]


class WordFusion(Fusion):
    """A language model of words over K tokens that spell them, with ``breaks`` (spaces, say) between words.

    ``encode`` gives the language model's tokens for a word, from the tokens that spell it. A word counts, and earns the
    ``bonus``, at the break after it, or at the end. ``end`` and ``weight`` are as for :class:`TokenFusion`.
    """

    def __init__(
        self,
        step: Step,
        opening: tuple[Tensor, Any],
        encode: Callable[[Sequence[int]], Sequence[int]],
        tokens: int,
        breaks: Collection[int],
        end: int | None = None,
        weight: float = 1.0,
        bonus: float = 0.0,
    ) -> None:
        self._model, self._encode = _Model(step, opening), encode
        self._tokens, self._breaks = tokens, frozenset(breaks)
        self._end, self._weight, self._bonus = end, weight, bonus

    def begin(self) -> _Place:
        return _Place(self._model.begin, ())

    def follow(self, places: Sequence[_Place], tokens: Sequence[int]) -> list[_Place]:
        pairs = zip(places, tokens, strict=True)
        return [
            self._after(one) if token in self._breaks else one._replace(word=(*one.word, token)) for one, token in pairs
        ]

    def gains(self, place: _Place) -> Floats:
        found = np.zeros(self._tokens)
        if place.word:
            found[list(self._breaks)] = self._worth(place)[0]
        return found

    def end(self, place: _Place) -> float:
        gain, context = self._worth(place) if place.word else (0.0, place.context)
        return gain + (0.0 if self._end is None else self._weight * float(context.log_probabilities[self._end]))

    def _after(self, place: _Place) -> _Place:
        """The place after the break."""
        return _Place(self._worth(place)[1], ()) if place.word else place

    def _worth(self, place: _Place) -> tuple[float, Context]:
        """What the word adds to the score, and the context after it."""
        context, found = place.context, 0.0
        for token in self._encode(place.word):
            found += float(context.log_probabilities[token])
            (context,) = self._model.follow([context], [token])
        return self._weight * found + self._bonus, context


def _contexts(logits: Tensor, state: Any) -> list[Context]:
    """Each row by itself."""
    found = logits.detach().cpu().double().log_softmax(-1).numpy()
    rows = torch.arange(len(found))
    return [Context(row, select(state, rows[place : place + 1])) for place, row in enumerate(found)]
