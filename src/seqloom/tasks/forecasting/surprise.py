"""How surprising the steps of a series are to a forecaster: −log density of each in the forecast of the step before."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seqloom.data.times import TimedSeries, spacing_from_json
from seqloom.errors import DataError
from seqloom.models.distributions import Distribution
from seqloom.tasks.examples.values import Facts
from seqloom.tasks.forecasting.inputs import features
from seqloom.tasks.forecasting.known import distribution_of, scale_of, sizes_of
from seqloom.tasks.forecasting.lines import TimedLines
from seqloom.tasks.forecasting.network import ForecastNetwork
from seqloom.tasks.forecasting.scale import Scale
from seqloom.tasks.forecasting.stream import ForecastStream
from seqloom.tasks.forecasting.windows import Window, last_known
from seqloom.tasks.watching.calibration import Calibration
from seqloom.tasks.watching.surprise import Observed, Surprise, SurpriseStream
from seqloom.tasks.watching.watcher import Watcher

if TYPE_CHECKING:
    from seqloom.tasks.forecasting.forecaster import Forecaster

__all__ = ["ForecastSurprises", "kept_calibration", "surprises_of", "watch_of"]

Floats = NDArray[np.float64]
_PIECE: Final = 256
"""Steps that are read at once."""


class ForecastSurprises(SurpriseStream):
    """The surprise of each step (D,) of a series, NaN where a value is missing, as it comes.

    nats = −Σ_d ln p((x_d - y_d) / move_d), over the columns d that are known, y the step before. The first
    ``warm_up`` steps are read and not judged: in training no forecast counted that was made of fewer. ``lines`` says
    how a line is read.
    """

    def __init__(self, stream: ForecastStream, distribution: Distribution, warm_up: int, lines: TimedLines) -> None:
        self._stream, self._scale, self._distribution = stream, stream._scale, distribution
        self._warm_up, self._lines, self.columns = warm_up, lines, lines.columns
        self.reset()

    def reset(self) -> None:
        self._stream.reset()
        self._lines.reset()
        self._read, self._seen = 0, np.zeros(len(self.columns), bool)

    def push(self, observation: Any, moment: Any = None) -> Surprise | None:
        """Read one step; where the model reads a calendar, with its ``moment``. DataError as of the stream."""
        before = self._stream.following()
        self._stream.push(observation, moment)
        values = np.atleast_1d(np.asarray(observation, np.float64))
        known, self._seen = ~np.isnan(values) & self._seen, self._seen | ~np.isnan(values)
        self._read += 1
        if before is None or not known.any():
            return None
        said, present = before
        moves = np.where(known, (values - present) / self._scale.move, np.nan)
        return _surprise(self._distribution, said[None], moves[None], values[None], self._read > self._warm_up)[0]

    def line(self, text: str) -> list[Observed]:
        return [Observed(label, self.push(values, moment)) for label, values, moment in self._lines.read(text)]


def surprises_of(
    facts: Facts, module: ForecastNetwork, distribution: Distribution, series: TimedSeries, scale: Scale
) -> list[Surprise | None]:
    """Those of all steps of a series at once, as a stream that begins with it has them."""
    values, present = series.values, last_known(series.values)
    seen = np.logical_or.accumulate(~np.isnan(values))
    known = ~np.isnan(values[1:]) & seen[:-1]
    moves = np.where(known, (values[1:] - present[:-1]) / scale.move, np.nan)
    x = features(values, series.stamps, 0, scale, facts["cycles"])
    sizes = sizes_of(facts)
    found: list[Surprise | None] = [None]
    for begin, said in _said(module, x[:-1], facts.get("trust", 1.0)):
        part = slice(begin, begin + len(said))
        scored = _surprise(distribution, said, moves[part], values[1:][part], True)
        for place, one in enumerate(scored, begin + 1):
            one = dataclasses.replace(one, settled=place >= sizes.past - sizes.origins)
            found.append(one if known[place - 1].any() else None)
    return found


def kept_calibration(facts: Facts, module: nn.Module, distribution: Distribution, windows: Iterable[Window]) -> Facts:
    """What is to be known of steps that were held out; nothing where they are too few to be judged."""
    try:
        return {"calibration": _calibration(facts, module, distribution, windows).to_json()}
    except DataError:
        return {}


def _calibration(facts: Facts, module: nn.Module, distribution: Distribution, windows: Iterable[Window]) -> Calibration:
    """What the series of some windows come to, from the first origin on."""
    assert isinstance(module, ForecastNetwork)
    first: dict[int, Window] = {}
    for window in windows:
        known = first.setdefault(id(window.series), window)
        if window.first < known.first:
            first[id(window.series)] = window
    past = sizes_of(facts).past
    runs = []
    for window in first.values():
        begin = max(0, window.first + 1 - past)
        whole = window.series
        series = TimedSeries(whole.name, whole.values[begin:], whole.stamps[begin:])
        found = surprises_of(facts, module, distribution, series, scale_of(facts, window))
        runs.append(found[window.first + 1 - begin :])
    return Calibration.learned(runs)


def watch_of(model: Forecaster, name: str | None, rate: float | None, calibrate: Any) -> Watcher:
    """See :meth:`Forecaster.watch`."""
    stream = model.stream(name)
    facts, settings = model.facts_, model._settled(model.facts_)
    module, distribution = model.model_, distribution_of(settings)
    if calibrate is not None:
        series = model._series(calibrate, facts)[0]
        windows = [Window(one, 0, 0, len(one), sizes_of(facts)) for one in series]
        calibration = _calibration(facts, module, distribution, windows)
    else:
        calibration = Calibration.from_json(facts.get("calibration"))
    times, sizes = facts.get("times", {}), sizes_of(facts)
    lines = TimedLines(
        times.get("targets") or [str(k) for k in range(facts["width"])],
        times.get("time"),
        times.get("group"),
        name or next(iter(facts["scales"]), ""),
        spacing_from_json(facts["spacing"]) if "spacing" in facts else None,
        settings.decimal,
        settings.time_zone,
    )
    found = ForecastSurprises(stream, distribution, sizes.past - sizes.origins, lines)
    return Watcher(found, calibration, rate)


def _said(module: ForecastNetwork, x: Tensor, trust: float) -> Iterator[tuple[int, Tensor]]:
    """The parameters (T, D, P) of one step ahead after each of the steps x (T, F), some at once, and which is first."""
    module.eval()
    state = module.begin(1)
    with torch.no_grad():
        for begin in range(0, len(x), _PIECE):
            said, state = module.read(x[None, begin : begin + _PIECE], state, trust)
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
