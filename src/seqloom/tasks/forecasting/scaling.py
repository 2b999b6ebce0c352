"""The scales of some series: whether they are read as logarithms, and what time and known columns add."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.errors import DataError
from seqloom.tasks.forecasting.effects import effects_of
from seqloom.tasks.forecasting.known import affected
from seqloom.tasks.forecasting.scale import Scale
from seqloom.tasks.forecasting.windows import Window

__all__ = ["Scales", "learned_scales"]

Floats = NDArray[np.float64]
_MARGIN: Final = 6.0
"""By which the criterion of logarithms is to be lower: a tie stays as it is."""
_LAGS: Final = 8
_ROWS_OF_A_LAG: Final = 20
_CERTAIN: Final = 2.0
"""Standard errors that a trend is away from 0."""


class Scales(NamedTuple):
    """That of all series together, and that of each."""

    common: Scale
    each: list[Scale]


def learned_scales(whole: Sequence[Window], ahead: int, logarithms: bool | None) -> Scales:
    """The scales of series, each as one window, that are forecast so many steps ``ahead``.

    Values are read as logarithms where these are likelier (the Box-Cox transformation with λ = 0 beside λ = 1; Box &
    Cox, 1964), or as it is asked for. DataError where logarithms are asked for of what is not above 0.
    """
    everything = np.concatenate([one.series.values[: one.end] for one in whole])
    positive: NDArray[np.bool_] = np.asarray((np.nan_to_num(everything, nan=1.0) > 0).all(0))
    if logarithms and not positive.all():
        raise DataError(f"logarithms: expected values above 0, got {np.nanmin(everything):g}. Leave logarithms out.")
    plain, other = (_scales(whole, ahead, positive & as_logarithms) for as_logarithms in (False, True))
    values, effects = _explained(whole, plain.each)
    chosen = positive if logarithms else np.zeros(len(positive), bool)
    if positive.any() and logarithms is not False:
        in_logarithms, theirs = _explained(whole, other.each)
        chosen = chosen | (positive & (in_logarithms + _MARGIN < values))
        effects = np.where(chosen[:, None], theirs, effects)
    count = whole[0].series.known.shape[1]
    effects = effects if effects[:, count:].any() else effects[:, :count]
    found = _scales(whole, ahead, chosen)
    each = [affected(scale, effects, [one]) for scale, one in zip(found.each, whole, strict=True)]
    return Scales(affected(found.common, effects, whole), each)


def _scales(whole: Sequence[Window], ahead: int, logarithms: NDArray[np.bool_]) -> Scales:
    """Without effects."""
    parts, season = [one.series.values[: one.end] for one in whole], whole[0].sizes.season
    each = [Scale.learned([part], ahead, season, logarithms) for part in parts]
    return Scales(Scale.learned(parts, ahead, season, logarithms), each)


def _explained(whole: Sequence[Window], scales: Sequence[Scale]) -> tuple[Floats, Floats]:
    """The Bayesian information criterion (D,) of the best reading of each column, and what columns that are known
    ahead, a trend and the season add then (D, K + 1 + S), in moves.

    To each column a trend and the season add something where that is worth its parameters.
    """
    count, season = whole[0].series.known.shape[1], whole[0].sizes.season
    places, moves, causes, units = [], [], [], np.zeros(len(scales[0].mean))
    for one, scale in zip(whole, scales, strict=True):
        places.append(one.places(scale._replace(effects=np.zeros((len(units), count)))))
        moves.append(np.diff(places[-1], axis=0))
        causes.append(np.diff(np.concatenate([one.beside[:, :count], one.times], 1), axis=0))
        known = ~np.isnan(moves[-1])
        units += 2 * known.sum(0) * np.log(scale.move)
        logarithms = np.where(known & (scale.floor > 0), np.log(np.fmax(one.series.values[1 : one.end], 1e-300)), 0.0)
        units += 2 * logarithms.sum(0)
    lags = max(1, min(_LAGS, sum(map(len, moves)) // _ROWS_OF_A_LAG))
    together = np.concatenate(moves)
    parts = [np.arange(count), np.delete(np.arange(causes[0].shape[1]), count)]
    long = season > 1 and len(together) > 2 * season
    slope = _slope(places, season if long else 1)
    best, found = np.full(len(units), np.inf), np.zeros((len(units), causes[0].shape[1]))
    for chosen, trend in product(parts if long else parts[:1], (False, True)):
        rest = [one - slope * trend for one in moves]
        effects = effects_of(rest, [one[:, chosen] for one in causes], lags)
        parameters = len(chosen) + trend
        criterion = effects.rows * np.log(np.maximum(effects.left, 1e-300)) + parameters * np.log(effects.rows)
        better = criterion < best
        best = np.where(better, criterion, best)
        found[better] = 0.0
        found[np.ix_(better, chosen)] = effects.values[better]
        found[better, count] = slope[better] * trend
    return best + units, found


def _slope(places: Sequence[Floats], season: int) -> Floats:
    """What a step moves on average (D,), by what a season moves: of whole seasons, which take nothing from when in a
    season the values begin and end. 0 where the mean of the seasons, one after another, is within two standard errors
    of it: what comes back in the end has a first and a last value, but no trend."""
    seasons = np.concatenate([_moved(one, season, 1) for one in places])
    apart = np.concatenate([_moved(one, season, season) for one in places])
    known = [(~np.isnan(one)).sum(0).clip(1) for one in (seasons, apart)]
    slope: Floats = np.nansum(seasons, 0) / known[0]
    variance = np.nansum((apart - np.nansum(apart, 0) / known[1]) ** 2, 0) / known[1]
    return np.where(np.abs(slope) > _CERTAIN * np.sqrt(variance / known[1]), slope, 0.0)


def _moved(places: Floats, season: int, stride: int) -> Floats:
    """What a step moves in a season on average, of every so many seasons (N, D)."""
    return (places[season:] - places[: max(0, len(places) - season)])[::stride] / season
