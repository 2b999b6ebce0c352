"""From the annotated fields of a record to its settings."""

from __future__ import annotations

import dataclasses
import inspect
import types
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from seqloom.settings.kinds import Either, Kind, Number, OneOf, Switch, Text, Whole
from seqloom.settings.range import Range
from seqloom.settings.taking import read, take

__all__ = ["Key", "Section", "Setting", "settings_of"]


class Section(str):
    """In an annotation: the heading that the setting stands under in the help."""


class Key(str):
    """In an annotation: the name of the setting for people, where it is not the field's."""


@dataclass(frozen=True)
class Setting:
    """One field. Its ``key`` is its name in a TOML file: ``batch_size`` there is ``--batch-size`` as a flag.

    Without ``help`` it has no flag: it is set in Python only.
    """

    name: str
    kind: Kind
    optional: bool
    default: object
    help: str
    section: str
    key: str

    @property
    def flag(self) -> str:
        return "--" + self.key.replace("_", "-")

    def take(self, value: object) -> Any:
        """A value given in Python, in its final type. Raises UsageError."""
        return take(self.name, self.kind, value, self.optional)

    def read(self, value: object, where: str) -> Any:
        """What a person wrote, in its final type. Raises UsageError that begins with ``where``."""
        return read(where, self.kind, value)


def settings_of(record: type) -> Mapping[str, Setting]:
    """The settings of a dataclass, by the names of its fields, in the order of its constructor.

    An annotation is ``Annotated[type, …]`` with, in any order, the help (a string), a :class:`Range` for numbers, a
    :class:`Section`, a :class:`Key`, and a :class:`Kind` where the type alone does not say how to read the value. Types
    that do: bool, int, float, str, a ``StrEnum``, a ``Literal`` of words, a record, and unions of these with each other
    or None. Raises TypeError for another type.
    """
    return _settings_of(cast(Hashable, record))


@cache
def _settings_of(record: Any) -> Mapping[str, Setting]:
    annotations: dict[str, Any] = {}
    for one in reversed(record.__mro__):
        annotations |= inspect.get_annotations(one, eval_str=True)
    fields = sorted(dataclasses.fields(record), key=lambda field: bool(field.kw_only))
    return {field.name: _setting(record, field, annotations[field.name]) for field in fields}


def _setting(record: type, field: dataclasses.Field[Any], annotation: Any) -> Setting:
    told: list[Any] = []
    if get_origin(annotation) is Annotated:
        annotation, *told = get_args(annotation)
    parts = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    bounds, kinds = _first(told, Range, Range()), [one for one in told if isinstance(one, Kind)]
    for part in parts if not kinds else ():
        if part is not types.NoneType:
            kinds.append(_kind(part, bounds, f"{record.__name__}.{field.name}"))
    return Setting(
        name=field.name,
        kind=kinds[0] if len(kinds) == 1 else Either(tuple(kinds)),
        optional=types.NoneType in parts,
        default=None if field.default is dataclasses.MISSING else field.default,
        help=_first(told, str, ""),
        section=_first(told, Section, "Options"),
        key=_first(told, Key, field.name),
    )


def _kind(annotation: Any, bounds: Range, where: str) -> Kind:
    plain: dict[Any, Kind] = {bool: Switch(), int: Whole(bounds), float: Number(bounds), str: Text()}
    if annotation in plain:
        return plain[annotation]
    if get_origin(annotation) is Literal:
        return OneOf(get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return OneOf(tuple(annotation))
    if hasattr(annotation, "as_kind"):
        kind: Kind = annotation.as_kind()
        return kind
    raise TypeError(f"{where}: no kind of value is known for {annotation}. Put one into the annotation.")


def _first(told: list[Any], kind: type, default: Any) -> Any:
    return next((one for one in told if type(one) is kind), default)
