"""The conventions of scikit-learn, without importing scikit-learn.

The constructor stores its arguments and does nothing else; ``fit`` learns, and what it learns ends in an
underscore. So an estimator can be copied unlearned, printed, and varied by a search over its parameters.
"""

from __future__ import annotations

import copy
import dataclasses
import inspect
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from seqloom.errors import UsageError, did_you_mean, raise_together
from seqloom.settings import Settings, code_of, settings_of, take
from seqloom.tasks.constructor import constructor_of

if TYPE_CHECKING:
    from seqloom.inspection.embeddings import TokenVectors
    from seqloom.inspection.errors import Mistakes
    from seqloom.tasks.inspecting.subject import Subject

__all__ = ["Estimator", "NotFittedError"]


class NotFittedError(UsageError, AttributeError):
    """A method that needs ``fit`` or ``load`` first."""


class Estimator:
    """``get_params``, ``set_params``, ``clone`` and ``repr``, read off the constructor's signature.

    A parameter that takes a record, named in ``records``, also shows its fields, as ``training__learning_rate``; None
    stands for the record's defaults. Searches, pipelines and cross-validation of scikit-learn take such an estimator:
    ``estimator_kind`` tells them whether it is a classifier or a regressor, ``targets_required`` whether it learns
    from y. What is printed evaluates to an estimator with the same parameters, as long as the parameters themselves do;
    what was learned, its ``model_``, is said after it.

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

    estimator_kind: ClassVar[Literal["classifier", "regressor"] | None] = None
    targets_required: ClassVar[bool] = False
    records: ClassVar[Mapping[str, type[Settings]]] = {}
    settings: ClassVar[type[Settings]]
    """The record of the arguments, where the constructor is made from it."""

    if TYPE_CHECKING:

        def __init__(self, *values: Any, **named: Any) -> None: ...

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if "settings" in vars(cls):
            cls.__init__ = constructor_of(cls.settings)  # type: ignore[method-assign]

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        parameters = inspect.signature(cls).parameters
        return {name: parameter.default for name, parameter in parameters.items()}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The constructor's arguments, by name; ``deep`` adds the fields of records."""
        found = {name: getattr(self, name) for name in self._defaults()}
        for name in self.records if deep else ():
            record = self._record(name, found[name])
            found |= {f"{name}__{field}": getattr(record, field) for field in self._fields(name)}
        return found

    def set_params(self, **values: Any) -> Self:
        """Change arguments by name; ``record__field`` changes one field of a record, after the record itself.

        All is set or, with UsageError, nothing: for a name that is no parameter, and for fields that a record refuses.
        """
        known = {*self._defaults(), *(f"{name}__{field}" for name in self.records for field in self._fields(name))}
        raise_together(
            f"{type(self).__name__} has no parameter {name!r}.{did_you_mean(name, known)}"
            for name in values
            if name not in known
        )
        fields: dict[str, dict[str, Any]] = {}
        for key in values:
            name, _, field = key.partition("__")
            if field:
                fields.setdefault(name, {})[field] = values[key]
        changed = self.get_params(deep=False) | {name: value for name, value in values.items() if "__" not in name}
        for name, of_record in fields.items():
            changed[name] = self._with_fields(name, changed[name], of_record)
        vars(self).update(changed)
        return self

    def clone(self) -> Self:
        """A new estimator with the same arguments and nothing learned."""
        return type(self)(**copy.deepcopy(self.get_params(deep=False)))

    @property
    def code(self) -> str:
        """What makes an estimator with the same parameters."""
        defaults = self._defaults()
        shown = {k: v for k, v in self.get_params(deep=False).items() if not _same(v, defaults[k])}
        return f"{type(self).__name__}({', '.join(f'{name}={code_of(value)}' for name, value in shown.items())})"

    def __repr__(self) -> str:
        if "model_" not in vars(self):
            return self.code
        return f"{self.code}  # trained: {_listed(vars(self)['model_'])}"

    def _repr_html_(self) -> str:
        drawing = _drawn(vars(self)["model_"]) if "model_" in vars(self) else ""
        return f"<code>{escape(repr(self))}</code>{drawing}"

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks an estimator before it searches, validates or checks it."""
        from sklearn.utils import ClassifierTags, InputTags, RegressorTags, Tags, TargetTags

        kind = self.estimator_kind
        return Tags(
            estimator_type=kind,
            target_tags=TargetTags(required=self.targets_required),
            classifier_tags=ClassifierTags() if kind == "classifier" else None,
            regressor_tags=RegressorTags() if kind == "regressor" else None,
            input_tags=InputTags(one_d_array=kind is None, two_d_array=kind is not None, string=kind is None),
        )

    def subject(self, X: Any, y: Any = None) -> Subject:
        """What an inspection looks at: the model over some examples. NoHalvesError for a task that does not say."""
        from seqloom.tasks.inspecting.subject import NoHalvesError

        raise NoHalvesError(f"A {type(self).__name__} cannot be looked into yet.")

    def mistakes(self, X: Any, y: Any = None) -> Mistakes | None:
        """Where it errs on some examples; None for a task that has no such notion, and without what is right."""
        return None

    def token_vectors(self) -> Sequence[TokenVectors]:
        """The tables of vectors that tokens are read by; none where nothing has such."""
        return ()

    def _fields(self, name: str) -> Iterable[str]:
        return settings_of(self.records[name])

    def _with_fields(self, name: str, value: object, fields: Mapping[str, Any]) -> object:
        """The argument ``name`` with other values in some fields of its record."""
        return dataclasses.replace(self._record(name, value), **fields)

    def _record(self, name: str, value: object) -> Settings:
        record: Settings = take(name, self.records[name].as_kind(), value)
        return record

    def _check_fitted(self, attribute: str) -> None:
        if attribute not in vars(self):
            name = type(self).__name__
            raise NotFittedError(f"This {name} has learned nothing yet. Call fit, or {name}.load, first.")


def _listed(model: Any) -> str:
    """A network in a few words; whatever else was learned by its class."""
    from torch import nn

    from seqloom.models.parts import listed

    return listed(model) if isinstance(model, nn.Module) else type(model).__name__


def _drawn(model: Any) -> str:
    """A network as a picture for a notebook."""
    from torch import nn

    from seqloom.inspection.diagrams.model import draw_model

    return draw_model(model)._repr_html_() if isinstance(model, nn.Module) else ""


def _same(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and value == default)
