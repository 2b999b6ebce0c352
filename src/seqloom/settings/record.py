"""A record of settings: checked as a whole when it is made, and plain data on demand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, ClassVar, Self

from seqloom.errors import UsageError, did_you_mean, raise_together
from seqloom.settings.kinds import Kind
from seqloom.settings.setting import settings_of

__all__ = ["RecordOf", "Settings", "code_of"]


@dataclass(frozen=True)
class Settings:
    """The base of records of settings, for an example see :mod:`seqloom.settings`.

    Values are checked and brought to their final types when a record is made; UsageError names all problems at once,
    in ``title``. What is printed is the code that makes the record again: the fields that differ from their defaults.
    """

    title: ClassVar[str] = "the settings"

    def __init_subclass__(cls) -> None:
        cls.__repr__ = Settings.__repr__  # type: ignore[method-assign] # or each dataclass has one of its own

    def __repr__(self) -> str:
        values = {name: (getattr(self, name), setting.default) for name, setting in settings_of(type(self)).items()}
        shown = [f"{name}={code_of(value)}" for name, (value, default) in values.items() if value != default]
        return f"{type(self).__name__}({', '.join(shown)})"

    def __post_init__(self) -> None:
        problems: list[str] = []
        for name, setting in settings_of(type(self)).items():
            try:
                object.__setattr__(self, name, setting.take(getattr(self, name)))
            except UsageError as error:
                problems += error.problems
        raise_together([*problems, *self.conflicts()], self.title)

    def conflicts(self) -> Iterator[str]:
        """What is wrong with fields beside each other, one line each; a field may hold what it should not."""
        yield from ()

    @classmethod
    def as_kind(cls) -> Kind:
        """How a field whose type is this record takes its value."""
        return RecordOf(cls)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """The record of plain names and values (TOML, JSON). Raises UsageError that names every problem at once."""
        names = [field.name for field in fields(cls)]
        problems = [f"{key}: no such setting.{did_you_mean(key, names)}" for key in values if key not in names]
        try:
            record = cls(**{name: value for name, value in values.items() if name in names})
        except UsageError as error:
            problems += error.problems
        raise_together(problems, cls.title)
        return record

    def to_mapping(self) -> dict[str, Any]:
        """Plain values that JSON and TOML can hold, and :meth:`from_mapping` takes back."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


def code_of(value: object) -> str:
    """The value as code that needs no import for a word: a member of an enumeration is the text that it stands for."""
    return repr(value.value if isinstance(value, Enum) else value)


def _plain(value: Any) -> Any:
    if isinstance(value, Settings):
        return value.to_mapping()
    return value.value if isinstance(value, Enum) else value


@dataclass(frozen=True)
class RecordOf(Kind):
    """A kind of value: a record inside a record, as itself, as a mapping, or None for its defaults."""

    record: type[Settings]

    metavar = ""

    @property
    def expected(self) -> Sequence[str]:
        return (self.record.__name__, "None")

    def take(self, value: object) -> Settings:
        if isinstance(value, self.record):
            return value
        if value is None or isinstance(value, Mapping):
            return self.record.from_mapping(value or {})
        raise ValueError
