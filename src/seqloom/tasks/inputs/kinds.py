"""Which kind of input some values are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqloom.data.text.vocabularies.choice import Tokens, vocabulary_from_json
from seqloom.errors import DataError
from seqloom.tasks.inputs.inputs import Inputs
from seqloom.tasks.inputs.series import SeriesInputs
from seqloom.tasks.inputs.texts import TextInputs

__all__ = ["inputs_from_json", "learned_inputs"]


def learned_inputs(
    X: Sequence[Any], tokens: Tokens | None = None, minimum_count: int = 1, size: int | None = None
) -> Inputs:
    """What is to be known of some texts or series.

    >>> inputs = learned_inputs(["one", "two"])
    >>> inputs.encode(["wone"])
    [tensor([6, 4, 3, 2])]
    >>> learned_inputs([[[1.0, 5.0], [3.0, 5.0]]]).encode([[[2.0, 6.0]]])
    [tensor([[0., 1.]])]
    """
    kinds = {isinstance(one, str) for one in X}
    if len(kinds) > 1:
        raise DataError("X: expected texts or series, got both.")
    return TextInputs.learned(X, tokens, minimum_count, size) if True in kinds else SeriesInputs.learned(X)


def inputs_from_json(data: Mapping[str, Any]) -> Inputs:
    """The inverse of ``to_json``."""
    if "vocabulary" in data:
        return TextInputs(vocabulary_from_json(data["vocabulary"]))
    return SeriesInputs(tuple(map(float, data["mean"])), tuple(map(float, data["deviation"])))
