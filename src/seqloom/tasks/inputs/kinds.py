"""Which kind of input some values are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqloom.data.sounds.sound import Sound
from seqloom.data.text.vocabularies.choice import Tokens, vocabulary_from_json
from seqloom.errors import DataError
from seqloom.tasks.inputs.inputs import Inputs
from seqloom.tasks.inputs.pictures import PictureInputs, are_pictures
from seqloom.tasks.inputs.series import SeriesInputs
from seqloom.tasks.inputs.sounds import SoundInputs
from seqloom.tasks.inputs.texts import TextInputs

__all__ = ["inputs_from_json", "learned_inputs"]


def learned_inputs(
    X: Sequence[Any],
    tokens: Tokens | None = None,
    minimum_count: int = 1,
    size: int | None = None,
    of_sounds: Mapping[str, Any] | None = None,
    side: int | None = None,
) -> Inputs:
    """What is to be known of some texts, series, sounds or pictures; see ``learned`` of each kind for its arguments.

    >>> inputs = learned_inputs(["one", "two"])
    >>> inputs.encode(["wone"])
    [tensor([6, 4, 3, 2])]
    >>> learned_inputs([[[1.0, 5.0], [3.0, 5.0]]]).encode([[[2.0, 6.0]]])
    [tensor([[0., 1.]])]
    """
    if are_pictures(X):
        return PictureInputs.learned(X, side)
    kinds = {str if isinstance(one, str) else Sound if isinstance(one, Sound) else None for one in X}
    if len(kinds) > 1:
        raise DataError("X: expected texts, series or sounds, got several of them.")
    if Sound in kinds:
        return SoundInputs.learned(X, **(of_sounds or {}))
    return TextInputs.learned(X, tokens, minimum_count, size) if str in kinds else SeriesInputs.learned(X)


def inputs_from_json(data: Mapping[str, Any]) -> Inputs:
    """The inverse of ``to_json``."""
    if "vocabulary" in data:
        return TextInputs(vocabulary_from_json(data["vocabulary"]))
    if "sound" in data:
        return SoundInputs.from_json(data["sound"])
    if "picture" in data:
        return PictureInputs.from_json(data["picture"])
    return SeriesInputs(tuple(map(float, data["mean"])), tuple(map(float, data["deviation"])))
