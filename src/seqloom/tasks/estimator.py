"""The conventions of scikit-learn, without scikit-learn.

The constructor stores its arguments and does nothing else; ``fit`` learns, and what it learns ends in an
underscore. So an estimator can be copied unlearned, printed, and varied by a search over its parameters.
"""

from __future__ import annotations

import copy
import dataclasses
import inspect
from typing import Any, Self

from seqloom.errors import UsageError, did_you_mean

__all__ = ["Estimator", "NotFittedError"]


class NotFittedError(UsageError, AttributeError):
    """A method that needs ``fit`` or ``load`` first."""


class Estimator:
    """``get_params``, ``set_params``, ``clone`` and ``repr``, read off the constructor's signature.

    A parameter that is a record (a dataclass) also shows its fields, as ``training__learning_rate``.

    >>> class Constant(Estimator):
    ...     def __init__(self, value=1.0, times=2):
    ...         self.value = value
    ...         self.times = times
    >>> Constant(value=3.0)
    Constant(value=3.0)
    >>> Constant().set_params(times=5).get_params()
    {'value': 1.0, 'times': 5}
    >>> Constant().set_params(tims=5)
    Traceback (most recent call last):
    ...
    seqloom.errors.UsageError: Constant has no parameter 'tims'. Did you mean 'times'?
    """

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        parameters = inspect.signature(cls).parameters
        return {name: parameter.default for name, parameter in parameters.items()}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The constructor's arguments, by name; ``deep`` adds the fields of records."""
        found = {name: getattr(self, name) for name in self._defaults()}
        if deep:
            for name, value in list(found.items()):
                if dataclasses.is_dataclass(value) and not isinstance(value, type):
                    for field in dataclasses.fields(value):
                        found[f"{name}__{field.name}"] = getattr(value, field.name)
        return found

    def set_params(self, **values: Any) -> Self:
        """Change arguments by name; ``record__field`` changes one field of a record."""
        for key, value in values.items():
            name, _, field = key.partition("__")
            known = self.get_params()
            if key not in known:
                hint = did_you_mean(key, known)
                raise UsageError(f"{type(self).__name__} has no parameter {key!r}.{hint}")
            if field:
                value = dataclasses.replace(getattr(self, name), **{field: value})
            setattr(self, name, value)
        return self

    def clone(self) -> Self:
        """A new estimator with the same arguments and nothing learned."""
        return type(self)(**copy.deepcopy(self.get_params(deep=False)))

    def __repr__(self) -> str:
        shown = [
            f"{name}={value!r}"
            for name, value in self.get_params(deep=False).items()
            if not _same(value, self._defaults()[name])
        ]
        return f"{type(self).__name__}({', '.join(shown)})"

    def _check_fitted(self, attribute: str) -> None:
        if attribute not in vars(self):
            name = type(self).__name__
            raise NotFittedError(f"This {name} has learned nothing yet. Call fit, or {name}.load, first.")


def _same(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and value == default)
