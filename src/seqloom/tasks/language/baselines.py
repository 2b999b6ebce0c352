"""What a model has to beat: counting models of the same training text, kept beside the network."""

from __future__ import annotations

from typing import Final, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save

from seqloom.errors import ModelFileError
from seqloom.models.ngram import WittenBell

__all__ = ["Baselines"]

_NAMES: Final = ("uniform", "unigram", "bigram", "trigram")
_ORDER: Final = 4
_LEAST_ORDER: Final = 2
_MOST_COUNTS: Final = 500_000


class Baselines:
    """Witten-Bell models of a text: uniform, unigram, bigram, and longer while the counts stay small enough
    to save.

    >>> baselines = Baselines.fit([0, 1, 2, 1, 2, 1, 2, 0], vocabulary_size=3)
    >>> list(baselines.nats_per_token([0, 1, 2, 1, 2]))
    ['uniform', 'unigram', 'bigram', 'trigram', '4-gram']
    """

    def __init__(self, model: WittenBell) -> None:
        self._model = model

    @classmethod
    def fit(cls, ids: ArrayLike, vocabulary_size: int) -> Self:
        """Count the ids (N,) of the training text."""
        model = WittenBell(_ORDER, vocabulary_size).fit(ids)
        sizes = np.cumsum([len(keys) for keys, _ in model.counts()])
        fitting = int(np.searchsorted(sizes, _MOST_COUNTS, "right"))
        return cls(model.lower(max(_LEAST_ORDER, fitting)))

    def nats_per_token(self, ids: ArrayLike, without: int | None = None) -> dict[str, float]:
        """Name → nats per token of the ids after the first, best last as a rule; the id ``without`` is not counted."""
        orders = range(self._model.order + 1)
        return {_name(order): self._model.lower(order).nats_per_token(ids, without) for order in orders}

    def nats(self, ids: ArrayLike) -> dict[str, NDArray[np.float64]]:
        """Name → −ln p (N − 1,) of each id after the first, given those before it."""
        orders = range(self._model.order + 1)
        return {_name(order): self._model.lower(order).nats(ids) for order in orders}

    def seen(self, ids: ArrayLike) -> list[NDArray[np.int64]]:
        """How often the n-gram that ends at each id (N,) came in the text, for each length n; see
        :meth:`WittenBell.seen`."""
        return self._model.seen(ids)

    def count(self, token: int) -> int:
        """How often an id came in the text.

        >>> Baselines.fit([0, 1, 2, 1, 2, 1, 2, 0], vocabulary_size=3).count(1)
        3
        """
        return int(self.counts()[token])

    def counts(self) -> NDArray[np.int64]:
        """The same of all ids (V,)."""
        found = np.zeros(self._model.vocabulary_size, np.int64)
        for keys, counts in self._model.counts()[:1]:
            found[keys] = counts
        return found

    def to_bytes(self) -> bytes:
        """The counts as the content of a safetensors file."""
        tensors = {}
        for number, (keys, counts) in enumerate(self._model.counts()):
            tensors[f"keys_{number}"] = torch.from_numpy(keys)
            tensors[f"counts_{number}"] = torch.from_numpy(counts.astype(np.int32))
        content: bytes = save(tensors)
        return content

    @classmethod
    def from_bytes(cls, content: bytes, vocabulary_size: int) -> Self:
        """The inverse of :meth:`to_bytes`, checked."""
        try:
            tensors = load(content)
            numbers = range(len(tensors) // 2)
            if len(numbers) > _ORDER:
                raise ValueError(f"at most {_ORDER} orders, found {len(numbers)}.")
            counts = [(_array(tensors[f"keys_{number}"]), _array(tensors[f"counts_{number}"])) for number in numbers]
            return cls(WittenBell.from_counts(vocabulary_size, counts))
        except (SafetensorError, KeyError, ValueError) as error:
            raise ModelFileError(f"baselines.safetensors is damaged: {error}") from error


def _array(tensor: torch.Tensor) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    if tensor.dtype not in (torch.int32, torch.int64) or tensor.ndim != 1:
        raise ValueError("expected rows of integers.")
    return tensor.numpy().astype(np.int64)


def _name(order: int) -> str:
    return _NAMES[order] if order < len(_NAMES) else f"{order}-gram"
