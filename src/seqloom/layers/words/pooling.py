"""Words for what ends a sequence: ``pool(mean)``, ``pool(attention, hidden=64)``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seqloom.layers.pooling import AttentionPooling, LastPooling, MaxPooling, MeanPooling, Pooling
from seqloom.layers.protocol import SequenceLayer
from seqloom.layers.words.word import Option, Value

__all__ = ["POOL", "POOLINGS", "PoolingWord"]

POOL = "pool"


@dataclass(frozen=True)
class PoolingWord:
    """A class of poolings whose constructor is ``(layer, option=default, …)``; they keep the options as attributes."""

    subject: type[Pooling]

    @cached_property
    def options(self) -> Mapping[str, Option]:
        """What may be given after the word."""
        return Option.of(self.subject, 1)

    def build(self, body: SequenceLayer, options: Mapping[str, Value]) -> Pooling:
        """The pooling of what ``body`` gives."""
        make: Any = self.subject
        pooling: Pooling = make(body, **options)
        return pooling

    def recognise(self, pooling: Pooling) -> Mapping[str, Value] | None:
        """All options of ``pooling`` if this word builds it, else None."""
        return {name: getattr(pooling, name) for name in self.options} if type(pooling) is self.subject else None


POOLINGS: Mapping[str, PoolingWord] = {
    "last": PoolingWord(LastPooling),
    "mean": PoolingWord(MeanPooling),
    "max": PoolingWord(MaxPooling),
    "attention": PoolingWord(AttentionPooling),
}
