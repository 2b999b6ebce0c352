"""The constructor of an estimator, made from its record of settings."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from enum import Enum
from typing import Any

from seqloom.errors import did_you_mean, raise_together
from seqloom.settings import Settings

__all__ = ["constructor_of"]


def constructor_of(record: type[Settings]) -> Callable[..., None]:
    """``__init__`` that stores an argument for each field of ``record`` under its name, unchecked: ``fit`` checks.

    Defaults are the fields', those of an enumeration as the text that they stand for; a record inside has None, which
    stands for its own defaults. UsageError names every argument that is not known.

    >>> from seqloom.tasks.examples.settings import ExampleSettings
    >>> class Constant:
    ...     __init__ = constructor_of(ExampleSettings)
    >>> inspect.signature(Constant)
    <Signature (*, batch_size=32, training=None)>
    >>> vars(Constant(batch_size=8))
    {'batch_size': 8, 'training': None}
    >>> Constant(batchsize=8)
    Traceback (most recent call last):
    ...
    seqloom.errors.UsageError: Constant has no parameter 'batchsize'. Did you mean 'batch_size'?
    """
    fields = list(inspect.signature(record).parameters.values())
    given = [field.replace(annotation=inspect.Parameter.empty, default=_default(field)) for field in fields]
    signature = inspect.Signature(given)
    names = list(signature.parameters)

    def __init__(self: Any, *values: Any, **named: Any) -> None:
        kind = type(self).__name__
        raise_together(
            f"{kind} has no parameter {name!r}.{did_you_mean(name, names)}" for name in named if name not in names
        )
        bound = signature.bind(*values, **named)
        bound.apply_defaults()
        vars(self).update(bound.arguments)

    self = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    __init__.__signature__ = signature.replace(parameters=[self, *given])  # type: ignore[attr-defined]
    return __init__


def _default(field: inspect.Parameter) -> Any:
    if isinstance(field.default, Enum):
        return field.default.value
    plain = field.default is inspect.Parameter.empty or isinstance(field.default, bool | int | float | str | None)
    return field.default if plain else None
