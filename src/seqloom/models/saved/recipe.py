"""How the modules of one class become plain data, and are made again."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import cached_property
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from torch import nn

from seqloom.models.saved.untrusted import Untrusted

__all__ = ["Build", "Constructed", "Recipe", "Save"]

Save = Callable[[nn.Module], Any]
Build = Callable[[Untrusted, type], nn.Module]


class Recipe(ABC):
    """``names`` are the fields of its data; ``made`` is the class, None where it is one of many.

    ``save`` and ``build`` are for the modules inside.
    """

    names: tuple[str, ...]
    made: type[nn.Module] | None = None

    @abstractmethod
    def to_fields(self, module: Any, save: Save) -> dict[str, Any]:
        """What tells ``module`` from others of its kind, by name; UsageError where that cannot be told."""

    @abstractmethod
    def from_fields(self, fields: Mapping[str, Untrusted], build: Build) -> nn.Module:
        """The module, its weights still to be loaded; UsageError or ModelFileError for what cannot be."""


class Constructed(Recipe):
    """A class whose constructor says all: its arguments are the fields, and their annotations say what may stand there.

    An argument is kept as the attribute of its name, or as ``kept`` says. A number that the constructor has as its
    default is always in range.

    >>> from seqloom.layers import LearnedEmbedding
    >>> recipe = Constructed(LearnedEmbedding, features="out_features")
    >>> recipe.to_fields(LearnedEmbedding(5, 3), save=lambda module: None)
    {'vocabulary_size': 5, 'features': 3, 'scale': 1.0}
    """

    made: type[nn.Module]

    def __init__(self, made: type[nn.Module], **kept: str) -> None:
        self.made = made
        self._kept = kept

    @cached_property
    def _arguments(self) -> dict[str, tuple[Any, Any]]:
        """The annotation and the default of each argument."""
        hints = get_type_hints(self.made.__init__)
        parameters = inspect.signature(self.made).parameters
        return {name: (hints[name], parameter.default) for name, parameter in parameters.items()}

    @property
    def names(self) -> tuple[str, ...]:  # type: ignore[override]
        return tuple(self._arguments)

    def to_fields(self, module: Any, save: Save) -> dict[str, Any]:
        return {name: _plain(attrgetter(self._kept.get(name, name))(module), save) for name in self.names}

    def from_fields(self, fields: Mapping[str, Untrusted], build: Build) -> nn.Module:
        make: Any = self.made
        arguments = {}
        for name, (annotation, default) in self._arguments.items():
            value = fields[name].value
            is_default = type(value) is type(default) and value == default
            arguments[name] = default if is_default else _argument(fields[name], annotation, build)
        made: nn.Module = make(**arguments)
        return made


def _plain(value: Any, save: Save) -> Any:
    match value:
        case nn.Dropout():
            return value.p
        case nn.ModuleList():
            return [save(module) for module in value]
        case nn.Module():
            return save(value)
        case Enum():
            return value.value
        case _:
            return value


def _argument(given: Untrusted, annotation: Any, build: Build) -> Any:
    """What stands at ``given``, as an argument of this annotation."""
    if get_origin(annotation) in (Union, UnionType):
        (annotation,) = [kind for kind in get_args(annotation) if kind is not NoneType]
        return None if given.value is None else _argument(given, annotation, build)
    if get_origin(annotation) is Iterable:
        (inner,) = get_args(annotation)
        return [_argument(item, inner, build) for item in given.items()]
    if issubclass(annotation, nn.Module):
        return build(given, annotation)
    if issubclass(annotation, Enum):
        known = {choice.value: choice for choice in annotation}
        return known.get(given.text()) or given.fail(f"one of {', '.join(known)}")
    return {bool: given.flag, int: given.whole, float: given.number}[annotation]()
