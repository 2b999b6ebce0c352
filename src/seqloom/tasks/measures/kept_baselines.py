"""Baselines in a model directory: a line for each in JSON, its numbers beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqloom.errors import ModelFileError
from seqloom.tasks.measures.baselines import Baseline
from seqloom.tasks.measures.features import Heard, Nothing, Pixels, Summary, Terms

__all__ = ["baseline_files", "read_baselines"]

_TOLD, _ARRAYS = "baselines.json", "baselines.safetensors"
_FEATURES = {"nothing": Nothing, "summary": Summary, "heard": Heard, "pixels": Pixels, "terms": Terms}


def baseline_files(baselines: Sequence[Baseline]) -> dict[str, bytes]:
    """Baselines as two files of a model directory, plain data."""
    from safetensors.numpy import save

    told: list[dict[str, Any]] = []
    arrays: dict[str, NDArray[Any]] = {}
    for number, one in enumerate(baselines):
        (kind,) = (name for name, features in _FEATURES.items() if type(one.features) is features)
        terms = one.features.terms if isinstance(one.features, Terms) else {}
        told.append({"name": one.name, "features": kind, "terms": terms, "link": one.link})
        if isinstance(one.features, Heard):
            told[-1]["rate"] = one.features.rate
        arrays |= {f"{number}.weight": one.weight, f"{number}.bias": one.bias}
        if isinstance(one.features, Terms):
            arrays |= {f"{number}.idf.{name}": idf for name, idf in one.features.idf.items()}
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return {_TOLD: json.dumps(told, ensure_ascii=False).encode(), _ARRAYS: save(arrays)}


def read_baselines(files: Mapping[str, bytes]) -> list[Baseline]:
    """The inverse of :func:`baseline_files`; none where there are none. Raises ModelFileError for damaged files."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    if _TOLD not in files:
        return []
    try:
        told, arrays = json.loads(files[_TOLD]), load(files[_ARRAYS])
        return [_read(one, number, arrays) for number, one in enumerate(told)]
    except (SafetensorError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelFileError(f"{_TOLD} is damaged: {error}") from error


def _read(told: Mapping[str, Any], number: int, arrays: Mapping[str, NDArray[Any]]) -> Baseline:
    kind, terms = _FEATURES[told["features"]], {str(name): list(map(str, of)) for name, of in told["terms"].items()}
    idf = {name: arrays[f"{number}.idf.{name}"] for name in terms}
    features = Terms(terms, idf) if kind is Terms else Heard(int(told["rate"])) if kind is Heard else kind()
    return Baseline(str(told["name"]), features, arrays[f"{number}.weight"], arrays[f"{number}.bias"], told["link"])
