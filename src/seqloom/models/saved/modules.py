"""Modules as plain data, and back."""

from __future__ import annotations

import warnings
from typing import Any, TypeVar

from torch import nn

from seqloom.errors import ModelFileError, SeqloomWarning, UsageError
from seqloom.models.saved.kinds import KINDS, kind_of
from seqloom.models.saved.shared import share, shared_weights
from seqloom.models.saved.untrusted import Untrusted

__all__ = ["module_from_data", "module_to_data"]

M = TypeVar("M", bound=nn.Module)

_KIND, _SHARED = "kind", "shared"
_DEEPEST, _MOST_MODULES = 64, 1024


def module_to_data(module: nn.Module) -> dict[str, Any]:
    """What ``module`` is made of, ready for JSON, its weights left out; UsageError for one that cannot be told so.

    >>> from seqloom.layers import parse_spec
    >>> data = module_to_data(parse_spec("mingru(4) + window(3)").build(2))
    >>> data["kind"], [layer["spec"] for layer in data["layers"]]
    ('causal-stack', ['mingru(4)', 'window(3)'])
    """
    data = _save(module)
    if _is_too_large(data):
        raise UsageError(f"This {type(module).__name__} cannot be saved: it has too many modules, or too deep a nest.")
    weights = shared_weights(module)
    return data | ({_SHARED: weights} if weights else {})


def module_from_data(data: Any, expected: type[M], path: str = "model") -> M:
    """The module that :func:`module_to_data` told, one of the class ``expected``, its weights still to be loaded.

    Raises ModelFileError for anything else; ``path`` is where in config.json the data stand.
    """
    if not isinstance(data, dict) or _is_too_large(data):
        Untrusted(data, path).fail(f"an object of at most {_MOST_MODULES} modules, nested at most {_DEEPEST} deep")
    own = {name: part for name, part in data.items() if name != _SHARED}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SeqloomWarning)  # whoever made the model has seen them
        module = _build(Untrusted(own, path), expected)
    if _SHARED in data:
        share(module, Untrusted(data[_SHARED], f"{path}.{_SHARED}"))
    return module  # type: ignore[return-value]


def _save(module: nn.Module) -> dict[str, Any]:
    kind = kind_of(module)
    return {_KIND: kind, **KINDS[kind].to_fields(module, _save)}


def _build(given: Untrusted, expected: type) -> nn.Module:
    kind = given.value.get(_KIND) if isinstance(given.value, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        given.fail(f"an object whose {_KIND} is one of {', '.join(KINDS)}")
    recipe = KINDS[kind]
    fields = given.fields({_KIND, *recipe.names})
    try:
        module = recipe.from_fields(fields, _build)
    except UsageError as error:
        raise ModelFileError(f"config.json: {given.path} cannot be built: {error}") from error
    if not isinstance(module, expected):
        given.fail(f"a {expected.__name__}")
    return module


def _is_too_large(data: Any) -> bool:
    """Whether plain data nest too deep to be walked by a function that calls itself, or hold too many modules."""
    modules, waiting = 0, [(data, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > _DEEPEST or modules > _MOST_MODULES:
            return True
        if isinstance(value, dict):
            modules += _KIND in value
            waiting += [(part, depth + 1) for part in value.values()]
        elif isinstance(value, list):
            waiting += [(part, depth + 1) for part in value]
    return modules > _MOST_MODULES
