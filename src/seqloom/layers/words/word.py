"""What a word of a model specification is."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import Enum
from types import NoneType
from typing import Any, NamedTuple, get_args, get_type_hints

from seqloom.layers.protocol import SequenceLayer

__all__ = ["Option", "Value", "Word"]

Value = Enum | bool | int | float | None


class Option(NamedTuple):
    """An option of a word: its default, and the type of its values."""

    default: Value
    kind: type

    @classmethod
    def annotated(cls, default: Any, annotation: Any) -> Option:
        """The option of an argument; ``int | None`` means a whole number that may be left out.

        >>> Option.annotated(None, int | None)
        Option(default=None, kind=<class 'int'>)
        """
        kinds = [kind for kind in get_args(annotation) if kind is not NoneType] or [annotation]
        return cls(default, kinds[0])

    @classmethod
    def of(cls, subject: type, leading: int) -> Mapping[str, Option]:
        """The options of a class: the arguments of its constructor after so many ``leading`` ones."""
        given = list(inspect.signature(subject).parameters.values())[leading:]
        hints = get_type_hints(subject.__init__)  # type: ignore[misc]
        return {one.name: cls.annotated(one.default, hints[one.name]) for one in given}


class Word(ABC):
    """A word of the grammar."""

    options: Mapping[str, Option]

    @property
    @abstractmethod
    def subject(self) -> type:
        """The class whose docstring describes the layer."""

    @abstractmethod
    def build(self, in_features: int, width: int, options: Mapping[str, Value]) -> SequenceLayer:
        """The layer, with every option given."""

    @abstractmethod
    def recognise(self, layer: SequenceLayer) -> Mapping[str, Value] | None:
        """All options of ``layer`` if this word builds it, else None."""

    def width(self, layer: SequenceLayer) -> int:
        """The width that builds ``layer``, which this word recognises: that of its outputs, unless a word differs."""
        return layer.out_features
