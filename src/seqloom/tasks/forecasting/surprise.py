"""How surprising the steps of a series are to a forecaster: −log density of each in the forecast of the step before."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.last_known import last_known
from seqloom.data.times import TimedSeries, spacing_from_json
from seqloom.errors import DataError
from seqloom.models.distributions import Distribution
from seqloom.tasks.examples.values import Facts
from seqloom.tasks.forecasting.forecasts import Forecasts
from seqloom.tasks.forecasting.known import sizes_of, steps_of
from seqloom.tasks.forecasting.lines import TimedLines
from seqloom.tasks.forecasting.scale import Scale
from seqloom.tasks.forecasting.stream import ForecastStream
from seqloom.tasks.forecasting.windows import Window
from seqloom.tasks.watching.calibration import Calibration
from seqloom.tasks.watching.surprise import Observed, Surprise, SurpriseStream
from seqloom.tasks.watching.watcher import Watcher

if TYPE_CHECKING:
    from seqloom.tasks.forecasting.forecaster import Forecaster

__all__ = ["ForecastSurprises", "kept_calibration", "surprises_of", "watch_of"]

Floats = NDArray[np.float64]
_PIECE: Final = 256
"""Steps that are read at once."""
_OF_STEPS: Final = ("values", "stamps", "known", "also", "numbers", "lines")
"""What a series has of each of its steps."""


class ForecastSurprises(SurpriseStream):
    """The surprise of each step (D,) of a series, NaN where a value is missing, as it comes.

    nats = −Σ_d ln p(x_d − y_d), over the columns d that are known, x and y the places of the step and of the one before
    it. The first ``warm_up`` steps are read and not judged: in training no forecast counted that was made of fewer.
    ``lines`` says how a line is read.
    """

    def __init__(self, stream: ForecastStream, distribution: Distribution, warm_up: int, lines: TimedLines) -> None:
        self._stream, self._distribution = stream, distribution
        self._warm_up, self._lines, self.columns = warm_up, lines, lines.columns
        self.reset()

    def reset(self) -> None:
        self._stream.reset()
        self._lines.reset()
        self._read, self._seen = 0, np.zeros(len(self.columns), bool)

    def push(self, observation: Any, moment: Any = None, beside: Any = ()) -> Surprise | None:
        """Read one step; where the model reads a calendar, with its ``moment``, and where it reads columns beside the
        values, with what is ``beside`` (C,), those that are known ahead first. DataError as of the stream."""
        before = self._stream.following()
        self._stream.push(observation, moment, beside)
        values = np.atleast_1d(np.asarray(observation, np.float64))
        known, self._seen = ~np.isnan(values) & self._seen, self._seen | ~np.isnan(values)
        self._read += 1
        after = self._stream.following()
        if before is None or after is None or not known.any():
            return None
        said, present = before
        moves = np.where(known, after[1] - present, np.nan)
        return _surprise(self._distribution, said[None], moves[None], values[None], self._read > self._warm_up)[0]

    def line(self, text: str) -> list[Observed]:
        return [Observed(one.label, self.push(one.values, one.moment, one.beside)) for one in self._lines.read(text)]


def surprises_of(forecasts: Forecasts, series: TimedSeries, scale: Scale) -> list[Surprise | None]:
    """Those of all steps of a series at once, as a stream that begins with it has them."""
    sizes = sizes_of(forecasts.facts)
    window = Window(series, 0, 0, len(series), sizes)
    places = window.places(scale)
    present, seen = last_known(places), np.logical_or.accumulate(~np.isnan(places))
    known = ~np.isnan(places[1:]) & seen[:-1]
    moves = np.where(known, places[1:] - present[:-1], np.nan)
    x = steps_of(forecasts.inputs(window)._replace(scale=scale), window)
    found: list[Surprise | None] = [None]
    for begin, said in _said(forecasts, x[:-1]):
        part = slice(begin, begin + len(said))
        scored = _surprise(forecasts.distribution, said, moves[part], series.values[1:][part], True)
        for place, one in enumerate(scored, begin + 1):
            one = dataclasses.replace(one, settled=place >= sizes.past - sizes.origins)
            found.append(one if known[place - 1].any() else None)
    return found


def kept_calibration(forecasts: Forecasts, windows: Iterable[Window]) -> Facts:
    """What is to be known of steps that were held out; nothing where they are too few to be judged."""
    try:
        return {"calibration": _calibration(forecasts, windows).to_json()}
    except DataError:
        return {}


def _calibration(forecasts: Forecasts, windows: Iterable[Window]) -> Calibration:
    """What the series of some windows come to, from the first origin on."""
    first: dict[int, Window] = {}
    for window in windows:
        known = first.setdefault(id(window.series), window)
        if window.first < known.first:
            first[id(window.series)] = window
    past = sizes_of(forecasts.facts).past
    runs = []
    for window in first.values():
        begin, whole = max(0, window.first + 1 - past), window.series
        parts = {name: getattr(whole, name)[begin:] for name in _OF_STEPS}
        series = dataclasses.replace(whole, **parts)
        found = surprises_of(forecasts, series, forecasts.inputs(window).scale)
        runs.append(found[window.first + 1 - begin :])
    return Calibration.learned(runs)


def watch_of(model: Forecaster, name: str | None, rate: float | None, calibrate: Any) -> Watcher:
    """See :meth:`Forecaster.watch`."""
    stream, forecasts = model.stream(name), model._forecasts()
    facts, settings = model.facts_, model._settled(model.facts_)
    if calibrate is not None:
        series = model._series(calibrate, facts)[0]
        windows = [Window(one, 0, 0, len(one), sizes_of(facts)) for one in series]
        calibration = _calibration(forecasts, windows)
    else:
        calibration = Calibration.from_json(facts.get("calibration"))
    times, sizes = facts.get("times", {}), sizes_of(facts)
    lines = TimedLines(
        times.get("targets") or [str(k) for k in range(facts["width"])],
        (*times.get("known", ()), *times.get("also", ())),
        times.get("time"),
        times.get("group"),
        name or next(iter(facts["scales"]), ""),
        spacing_from_json(facts["spacing"]) if "spacing" in facts else None,
        settings.decimal,
        settings.time_zone,
    )
    found = ForecastSurprises(stream, forecasts.distribution, sizes.past - sizes.origins, lines)
    return Watcher(found, calibration, rate)


def _said(forecasts: Forecasts, x: Tensor) -> Iterator[tuple[int, Tensor]]:
    """The parameters (T, D, P) of one step ahead after each of the steps x (T, F), some at once, and which is first."""
    network = forecasts.network.eval()
    x, state = x.to(network.head.weight.dtype), network.begin(1)
    with torch.no_grad():
        for begin in range(0, len(x), _PIECE):
            said, state = network.read(x[None, begin : begin + _PIECE], state, forecasts.trust)
            yield begin, said[0, :, 0]


def _surprise(distribution: Distribution, said: Tensor, moves: Floats, values: Floats, settled: bool) -> list[Surprise]:
    """Of steps (T, D) by the parameters (T, D, P) of their moves."""
    known = ~np.isnan(moves)
    parameters, came = said.double(), torch.from_numpy(np.where(known, moves, 0.0))
    nats = np.where(known, distribution.surprise(parameters, came).numpy(), 0.0).sum(1)
    residuals = np.where(known, distribution.normal_score(parameters, came).numpy(), np.nan)
    return [
        Surprise(float(one), 1, z, move, value, settled)
        for one, z, move, value in zip(nats, residuals, moves, values, strict=True)
    ]
