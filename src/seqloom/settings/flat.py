"""A record of settings as one flat table, the records inside it opened: so flags and TOML files have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seqloom.settings.record import RecordOf, Settings
from seqloom.settings.setting import Setting, settings_of

__all__ = ["flat", "flattened", "nested"]


def flat(record: type[Settings]) -> tuple[Setting, ...]:
    """Every setting that has help, in the order of the fields."""
    return tuple(_flat(record))


def nested(record: type[Settings], values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of ``record`` among ``values`` by key; what belongs to a record inside it comes as a mapping."""
    arguments: dict[str, Any] = {}
    for name, setting in settings_of(record).items():
        if isinstance(setting.kind, RecordOf):
            arguments[name] = nested(setting.kind.record, values)
        elif setting.key in values:
            arguments[name] = values[setting.key]
    return arguments


def flattened(record: type[Settings], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of :func:`nested`: values by key. What is no setting of the record is left out."""
    values: dict[str, Any] = {}
    for name, setting in settings_of(record).items():
        if isinstance(setting.kind, RecordOf):
            values |= flattened(setting.kind.record, arguments.get(name) or {})
        elif name in arguments:
            values[setting.key] = arguments[name]
    return values


def _flat(record: type[Settings]) -> Iterator[Setting]:
    for setting in settings_of(record).values():
        if isinstance(setting.kind, RecordOf):
            yield from _flat(setting.kind.record)
        elif setting.help:
            yield setting
