"""What comes next in series of numbers, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seqloom.data.batch import Batch
from seqloom.data.lazy_rows import LazyRows
from seqloom.data.named import csv_lines
from seqloom.data.times import TimedSeries, TimedTable, spacing_from_json
from seqloom.errors import DataError, UsageError, listed, warn
from seqloom.inspection.traced.observable import Reading
from seqloom.layers import CausalLayer, parse_spec
from seqloom.tasks.examples.estimator import Division, ExampleEstimator, Examples, Facts, Given, HeldOut
from seqloom.tasks.examples.observing import observed
from seqloom.tasks.figures import Figures
from seqloom.tasks.forecasting.backtest import Backtest, backtest
from seqloom.tasks.forecasting.columns import Chosen, is_file_or_frame, series_of, table_of_times
from seqloom.tasks.forecasting.correction import Correction
from seqloom.tasks.forecasting.inputs import cycles_for, features, width
from seqloom.tasks.forecasting.judging import LEVELS, Comparison
from seqloom.tasks.forecasting.known import (
    checked_levels,
    distribution_of,
    is_constant,
    scale_of,
    seconds_apart,
    sizes_of,
    written_moment,
)
from seqloom.tasks.forecasting.naive import solved
from seqloom.tasks.forecasting.network import ForecastNetwork, Shape
from seqloom.tasks.forecasting.picks import sizes_for
from seqloom.tasks.forecasting.pictures import draw_forecasts
from seqloom.tasks.forecasting.scale import Scale
from seqloom.tasks.forecasting.settings import ForecasterSettings
from seqloom.tasks.forecasting.stream import ForecastStream
from seqloom.tasks.forecasting.trust import best_trust
from seqloom.tasks.forecasting.windows import Window, first_origin, windows_of
from seqloom.training.objectives import Likelihood, Objective

__all__ = ["Forecaster"]

Floats = NDArray[np.float64]
_UPDATES = 300
_WRITTEN = (0.025, 0.1, 0.5, 0.9, 0.975)


class Forecaster(ExampleEstimator):
    """Forecasts the next ``horizon`` steps of series of numbers, as a distribution of each value.

    x_{t+h} = x_t + move · θ: a model in words reads moves, levels and the calendar, and at each step gives the
    parameters θ of how far the next values are from the present one, in units of a usual move. A linear model of the
    last ``lags`` moves, solved by ridge regression, is part of it. Scales are of the training part of each series, of
    its own past where it was not learned from. What
    is held out (the latest steps) says how much of what the network adds is taken, so that it is no worse
    there than the linear model, and corrects the intervals.

    ``fit`` takes series, arrays (T,) or (T, D) of any lengths, NaN where a value is missing, or the path of a table or
    a frame with a column that says when (and one that says which series). ``horizon``, ``past``, ``lags`` and
    ``season`` are picked by how far apart steps are. ``fit`` learns ``model_``, ``facts_``, ``history_`` and
    ``validation_``.

    >>> wave = np.sin(np.arange(200) * np.pi / 6)
    >>> model = Forecaster("gru(8)", horizon=6, season=12, training={"epochs": 5}).fit([wave], progress=False)
    >>> model.predict([wave])[0].shape, float(np.abs(model.predict([wave])[0][:, 0] - wave[8:14]).max()) < 0.1
    ((6, 1), True)
    """

    task, settings = "forecasting", ForecasterSettings
    targets_required = False
    spec: str

    def predict(self, X: Any, quantiles: Sequence[float] = (0.5,)) -> Any:
        """The next steps of each series: (H, D), the median; of several ``quantiles`` (H, D, Q)."""
        self._check_fitted("model_")
        levels = checked_levels(quantiles)
        found = [self._forecast(window, levels) for window in self._last(X)]
        return [one[..., 0] for one in found] if len(levels) == 1 else found

    def evaluate(self, X: Any, y: Any = None, share: float = 1.0) -> Figures:
        """Every figure over the origins in the last ``share`` of each series, beside those of naive forecasts."""
        self._check_fitted("model_")
        series, sizes = self._series(X, self.facts_)[0], sizes_of(self.facts_)
        windows = [window for one in series for window in windows_of(one, sizes, first_origin(len(one), share))]
        if not windows:
            raise DataError(f"X: expected series longer than 2 steps, got {max(map(len, series))}.")
        return self._judge_windows(self.facts_, self.model_, windows)

    def backtest(self, X: Any, begin: float | str = 0.8, stride: int | None = None, refit: bool = False) -> Backtest:
        """Forecasts from origins that roll through each series, from ``begin`` on, ``stride`` steps apart (default: the
        horizon).

        ``begin`` is the share of each series before the first origin, or a moment. With ``refit``, a model with the
        settings of this one learns at each origin from what was known then, with the same share held out.
        UsageError for values that cannot be, DataError where no origin is left.
        """
        self._check_fitted("model_")
        return backtest(self, X, begin, stride, refit)

    def draw(self, folder: str | Path, X: Any, y: Any = None) -> list[Path]:
        """Draw forecasts over the past, the error by steps ahead and the coverage into a folder, and say which files
        these are. MissingExtraError without matplotlib."""
        self._check_fitted("model_")
        return draw_forecasts(self, Path(folder), X)

    def score(self, X: Any, y: Any = None) -> float:
        """Less the mean absolute scaled error: higher is better, above -1 better than the last season."""
        return -self.evaluate(X, y).model["mase"]

    def written(self, file: str | Path) -> Iterator[str]:
        """The next steps of each series of a table, as a table: when, which series, which column, and quantiles."""
        self._check_fitted("model_")
        times, spacing = self.facts_["times"], spacing_from_json(self.facts_["spacing"])
        group = [times["group"]] if times["group"] else []
        yield csv_lines([[times["time"], *group, "column", *(f"{one:g}" for one in _WRITTEN)]])
        for window in self._last(file):
            found, series = self._forecast(window, _WRITTEN), [window.series.name] if group else []
            for moment, row in zip(spacing.after(window.series.stamps, len(found)), found, strict=True):
                yield csv_lines(
                    [written_moment(moment), *series, name, *(f"{cell:.6g}" for cell in cells)]
                    for name, cells in zip(times["targets"], row, strict=True)
                )

    def stream(self, name: str | None = None) -> ForecastStream:
        """Forecasts that go on as observations come in, of the series ``name`` of training, by default of the only one;
        see :class:`ForecastStream`. UsageError for a name that is not known."""
        self._check_fitted("model_")
        facts, scales = self.facts_, self.facts_["scales"]
        if name is not None and name not in scales:
            raise UsageError(f"name: expected one of {listed([*scales])}, got {name!r}.")
        one = name or (next(iter(scales)) if len(scales) == 1 else None)
        scale = Scale.from_json(facts["common"] if one is None else scales[one])
        assert isinstance(self.model_, ForecastNetwork)

        def quantiles(said: Tensor, present: Floats, levels: list[float]) -> Floats:
            return self._values(facts, said, present, scale, checked_levels(levels))

        return ForecastStream(self.model_, scale, facts["cycles"], facts.get("trust", 1.0), quantiles)

    def observable(self, X: Any, y: Any = None) -> Reading:
        """The same, each series whole."""
        self._check_fitted("model_")
        return observed(self, Given(self._last(X)))

    def _read(self, X: Any, y: Any, facts: Facts) -> Given:
        series, about = self._series(X, facts)
        sizes = sizes_of(facts or about)
        short = [one for one in series if len(one) <= sizes.horizon + 1]
        if len(short) == len(series):
            longest = max(map(len, series))
            raise DataError(
                f"The longest series has {longest:,} steps; {sizes.horizon} ahead cannot be learned from that. Give at "
                f"least {sizes.horizon + 2:,}, or a horizon of at most {max(1, longest - 2)}."
            )
        if short:
            warn(f"{len(short):,} series of at most {sizes.horizon + 1} steps teach nothing.")
        windows = [window for one in series for window in windows_of(one, sizes)]
        return Given(windows, windows, about)

    def _series(self, X: Any, facts: Facts) -> tuple[list[TimedSeries], Facts]:
        """The series, and what is to be known of them all to learn from."""
        given = self.get_params(deep=False)
        if not is_file_or_frame(X):
            series, about, spacing = series_of(X), Facts(), None
        else:
            chosen = Chosen(**facts["times"]) if "times" in facts else None
            table = X if isinstance(X, TimedTable) else table_of_times(X, given, chosen)
            for remark in table.remarks:
                warn(remark)
            series, spacing = table.series, table.spacing
            about = {
                "times": {"time": table.time, "group": table.group, "targets": table.columns},
                "spacing": spacing.to_json(),
            }
            longest = max(series, key=len).stamps
            about["cycles"] = cycles_for(longest, seconds_apart(longest))
        if facts and len(series[0].values[0]) != facts["width"]:
            raise DataError(
                f"Expected series of {facts['width']} columns, as in training, got {len(series[0].values[0])}."
            )
        sizes = sizes_for(spacing, max(map(len, series)), given)
        return series, {"cycles": [], **about, "sizes": sizes._asdict(), "width": series[0].values.shape[1]}

    def _divide(self, given: Given, share: float, seed: int) -> Division:
        """The latest origins of each series are held out; those are left out whose next steps are among them."""
        windows: Sequence[Window] = given.X
        if not share:
            return Division(range(len(windows)), (), "")
        cut = [first_origin(len(window.series), share) for window in windows]
        learned = [k for k, one in enumerate(windows) if one.end - 1 + one.sizes.horizon < cut[k]]
        held_out = [k for k, one in enumerate(windows) if one.first >= cut[k]]
        if not learned or not held_out:
            raise DataError(
                "The series are too short to hold a part out: nothing would be left to learn from, or to judge by. "
                "Give longer ones, or a shorter horizon."
            )
        count = sum(windows[k].origins for k in held_out)
        return Division(learned, held_out, f"Held out: the latest {share:.0%} of each series, {count:,} origins.")

    def _learn(self, X: Sequence[Window], y: Sequence[Any]) -> Facts:
        ends: dict[int, Window] = {}
        for window in X:
            known = ends.get(id(window.series))
            if known is None or known.end < window.end:
                ends[id(window.series)] = window
        sizes = X[0].sizes
        parts = {k: (one.series.name, one.series.values[: one.end]) for k, one in enumerate(ends.values())}
        constant = [name or f"row {k}" for k, (name, values) in parts.items() if is_constant(values)]
        if len(constant) == len(parts):
            raise DataError(f"Nothing ever changes in {', '.join(constant[:3])}: there is nothing to forecast.")
        common = Scale.learned([values for _, values in parts.values()], sizes.horizon, sizes.season)
        scales = {
            name: Scale.learned([values], sizes.horizon, sizes.season).to_json()
            for name, values in parts.values()
            if name
        }
        return {"scales": scales, "common": common.to_json(), "origins": sum(one.origins for one in X)}

    def _pick(self, facts: Facts) -> Mapping[str, Any]:
        sizes = sizes_of(facts)
        windows = max(1, facts["origins"] // sizes.origins)
        rows = next(rows for rows in (8, 16, 32, 64) if rows >= min(windows / 16, 64))
        epochs = min(200, max(3, round(_UPDATES * rows / windows)))
        named = {name: getattr(sizes, name) for name in ("horizon", "past", "season", "lags")}
        return {**named, "batch_size": rows, "learning_rate": 1e-3, "averaging": 0.5, "epochs": epochs}

    def _examples(self, facts: Facts, X: Sequence[Window], y: Sequence[Any] | None) -> Examples:
        scales = [scale_of(facts, window) for window in X]
        lengths = [window.end - window.begin for window in X]
        return Examples(
            {"x": LazyRows(lambda k: self._steps(facts, X[k], scales[k]), lengths)},
            LazyRows(lambda k: X[k].targets(scales[k]), lengths),
        )

    def _steps(self, facts: Facts, window: Window, scale: Scale) -> Tensor:
        end = window.end
        return features(window.series.values[:end], window.series.stamps[:end], window.begin, scale, facts["cycles"])

    def _build(self, facts: Facts) -> nn.Module:
        settings, sizes = self._settled(facts), sizes_of(facts)
        body = parse_spec(settings.spec).build(width(facts["width"], facts["cycles"]))
        if not isinstance(body, CausalLayer):
            raise UsageError(
                f"spec: {settings.spec} reads what is still to come, so it cannot forecast. Take layers that only look "
                "back, as gru(32)."
            )
        shape = Shape(sizes.horizon, facts["width"], sizes.lags)
        return ForecastNetwork(body, shape, distribution_of(settings), settings.dropout)

    def _prime(self, facts: Facts, module: nn.Module, learned: Given) -> None:
        assert isinstance(module, ForecastNetwork)
        horizon, columns, lags = module.shape
        if not module.linear.shape[-1]:
            return
        moves, known, seen = [], [], set[int]()
        for window in reversed(learned.X):
            if id(window.series) in seen:
                continue
            seen.add(id(window.series))
            values = window.series.values[: window.end]
            found = features(values, window.series.stamps[: window.end], 0, scale_of(facts, window), [])
            moves.append(found[:, :columns].double().numpy())
            known.append(~np.isnan(values))
        module.linear.copy_(torch.from_numpy(solved(moves, horizon, lags, known)))

    def _objective(self, facts: Facts) -> Objective[Batch]:
        return Likelihood(distribution_of(self._settled(facts)))

    def _finish(self, facts: Facts, module: nn.Module, held_out: HeldOut) -> Facts:
        windows, distribution = held_out.given.X, distribution_of(self._settled(facts))
        facts = {**facts, "trust": self._trust(facts, module, windows)}
        parts = [self._said(facts, module, window) for window in windows]
        moves = [scale_of(facts, window).moves(window.present, window.future) for window in windows]
        facts["correction"] = Correction.learned(distribution, parts, moves).to_json()
        baselines = self._compared(facts, module, windows).baselines()
        return {**facts, "rival": min(baselines, key=lambda name: baselines[name]["mase"])}

    def _trust(self, facts: Facts, module: nn.Module, windows: Sequence[Window]) -> float:
        """What of the network's part helps on these windows; see :func:`best_trust`."""
        scales = [scale_of(facts, window) for window in windows]
        location = distribution_of(self._settled(facts)).location
        plain, whole = (
            [
                scale.values(
                    window.present, self._said({**facts, "trust": trust}, module, window)[..., location].numpy()
                )
                for window, scale in zip(windows, scales, strict=True)
            ]
            for trust in (0.0, 1.0)
        )
        return best_trust(plain, whole, [window.future for window in windows], [scale.season for scale in scales])

    def _judge(self, facts: Facts, module: nn.Module, baselines: Any, given: Given, examples: Examples) -> Figures:
        return self._judge_windows(facts, module, given.X)

    def _judge_windows(self, facts: Facts, module: nn.Module, windows: Sequence[Window]) -> Figures:
        return self._compared(facts, module, windows).figures(facts.get("rival"))

    def _compared(
        self, facts: Facts, module: nn.Module, windows: Sequence[Window], into: Comparison | None = None
    ) -> Comparison:
        """The errors of these windows, added to those ``into`` which they go."""
        assert isinstance(module, ForecastNetwork)
        found = Comparison() if into is None else into
        for window in windows:
            said = self._in_units(facts, window, self._said(facts, module, window), LEVELS)
            found.add(window, scale_of(facts, window), said, module.linear.numpy())
        return found

    def _answers(self, facts: Facts, module: nn.Module, batch: Batch) -> list[Any]:
        raise NotImplementedError

    def _last(self, X: Any) -> list[Window]:
        """Each series whole, its last step the one origin."""
        series, sizes = self._series(X, self.facts_)[0], sizes_of(self.facts_)
        return [Window(one, 0, len(one) - 1, len(one), sizes) for one in series]

    def _forecast(self, window: Window, levels: Sequence[float]) -> Floats:
        """The quantiles (H, D, Q) at the one origin of a window."""
        said = self._said(self.facts_, self.model_, window)
        return np.moveaxis(self._in_units(self.facts_, window, said, levels)[:, 0], 0, -1)

    @torch.no_grad()
    def _said(self, facts: Facts, module: nn.Module, window: Window) -> Tensor:
        """The parameters (N, H, D, P) at each origin."""
        module.eval()
        steps = self._steps(facts, window, scale_of(facts, window))
        found: Tensor = module(steps[None], trust=facts.get("trust", 1.0))[
            0, torch.from_numpy(window.at - window.begin)
        ]
        return found

    def _in_units(self, facts: Facts, window: Window, said: Tensor, levels: Sequence[float]) -> Floats:
        """Quantiles (Q, N, H, D) of the values."""
        return self._values(facts, said, window.present, scale_of(facts, window), levels)

    def _values(self, facts: Facts, said: Tensor, present: Floats, scale: Scale, levels: Sequence[float]) -> Floats:
        """The same from the parameters (N, H, D, P) and the present values (N, D)."""
        correction = Correction.from_json(facts["correction"]) if "correction" in facts else Correction.none()
        moves = correction.quantiles(distribution_of(self._settled(facts)), said, levels)
        return np.stack([scale.values(present, one) for one in moves])
