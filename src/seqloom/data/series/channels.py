"""The channels of recordings held against those that a model learned from: by name, or by place where there is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from seqloom.data.series.recordings import Recordings
from seqloom.errors import DataError, listed

__all__ = ["arranged"]

_PLACE: Final = re.compile(r"(column|channel|dimension) \d+")
"""What doors call a channel that has no name in its file."""


def arranged(found: Recordings, channels: Sequence[str]) -> Recordings:
    """The recordings with the channels in the order of ``channels``, those that were learned from.

    Equal names are put in order; what has another name is left out, and that is said. Where either side has no names,
    the channels are taken as they stand. Raises DataError where one is missing, or their number differs.
    """
    here, wanted = list(found.channels), list(channels)
    fits = {*wanted} == {*here} or ({*wanted} < {*here} and _are_named(here))
    if fits and len(set(here)) == len(here):
        places = [here.index(name) for name in wanted]
        others = [name for name in here if name not in wanted]
        said = (f"left out, for nothing was learned from it: {listed(others)}",) if others else ()
        series = [series[:, places] for series in found.series]
        return replace(found, series=series, channels=tuple(wanted), remarks=found.remarks + said)
    if len(here) != len(wanted):
        raise DataError(
            f"{found.source}: expected {len(wanted)} channels, as in training{_names(wanted)}, got {len(here)}"
            f"{_names(here)}."
        )
    if _are_named(here) and _are_named(wanted):
        raise DataError(
            f"{found.source}: expected the channels {listed(wanted)}, as in training, got {listed(here)}. Name its "
            "columns as those were."
        )
    return found


def _are_named(channels: Sequence[str]) -> bool:
    return not all(map(_PLACE.fullmatch, channels))


def _names(channels: Sequence[str]) -> str:
    return f" ({listed(channels)})" if channels and _are_named(channels) else ""
